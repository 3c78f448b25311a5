import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assignments, commandLine, quote } from '../../src/host/quote.js';
import { variablesBefore } from '../../src/host/state.js';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS } from '../remote/host.js';

const CASES = 1_000;
/** What shells obey, in every order, among anything else; a shell's text holds no NUL. */
const text = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...Array.from(`'"\`$\\!*?[]{}()<>|&;~#=-%^ \t\n\r`)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('$(id)', '${IFS}', "'\\''", '-n', '--', '\\n', 'EOS'),
      },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 5 }) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const texts = fc.sample(text, CASES);
const showAll = `for word; do printf '%s\\000' "$word"; done`;

describe.each(SHELLS)('quoting, through $name', ({ name, path }) => {
  const run = (script: string, args: readonly string[] = []): string =>
    execFileSync(path, [...(name === 'busybox' ? ['sh'] : []), '-s', ...args], {
      input: script,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  const words = (output: string): readonly string[] => output.split('\0').slice(0, -1);

  it(`gives every one of ${String(CASES)} texts as one word`, () => {
    expect(words(run(`set -- ${texts.map(quote).join(' ')}\n${showAll}`))).toEqual(texts);
    expect(words(run(`set -- ${commandLine(texts)}\n${showAll}`))).toEqual(texts);
  });

  it('gives them to variables of a script, and to the environment of a command', () => {
    const values = Object.fromEntries(texts.map((value, at) => [`V${String(at)}`, value]));
    const shown = Object.keys(values)
      .map((variable) => `printf '%s\\000' "$${variable}"`)
      .join('\n');
    expect(words(run(assignments(values) + shown))).toEqual(texts);
    const few = Object.fromEntries(Object.entries(values).slice(0, 100));
    const told = run(`${variablesBefore(few)} env -0`).split('\0');
    for (const [variable, value] of Object.entries(few))
      expect(told).toContain(`${variable}=${value}`);
  });

  it('is the same on the host, for what becomes text of another script there', () => {
    const library = ['lib/narrate', 'lib/journal'].map(remoteScript).join('\n');
    const once = texts
      .slice(0, 300)
      .map((value) => `printf 'show '; quoted ${quote(value)}; echo`)
      .join('\n');
    const script = run(`${library}\n${once}`);
    const again = run(`show() { printf '%s\\000' "$1"; }\n${script}`);
    expect(words(again)).toEqual(texts.slice(0, 300));
  });
});
