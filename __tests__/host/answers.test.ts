import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { answersIn, createMark } from '../../src/host/answers.js';
import { assignments } from '../../src/host/quote.js';
import type { Shell } from '../../src/host/shell.js';
import { SHELLS, shellOf, toyHost, type ToyHost } from '../remote/host.js';

describe('answersIn', () => {
  it('gives the answers and nothing else, whatever is printed between them', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), line)), (printed) => {
        const mark = createMark();
        const stdout = printed
          .map(([ours, text]) => (ours ? `=${mark}=${text}\n` : `${text}\n`))
          .join('');
        const answers = printed.filter(([ours]) => ours).map(([, text]) => `${text}\n`);
        expect(answersIn(stdout, mark)).toBe(answers.join(''));
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds an answer behind a line that was not ended', () => {
    expect(answersIn('Reading…=m=fence 7\n', 'm')).toBe('fence 7\n');
  });

  it('believes no other mark', () => {
    expect(answersIn('=n=fence 7\n==fence 8\nfence 9\n', 'm')).toBe('');
  });
});

describe.each(SHELLS)('answers of the host, with $name as sh', ({ path }) => {
  let host: ToyHost;
  let shell: Shell;
  beforeEach(() => {
    host = toyHost(path);
    shell = shellOf(host);
  });
  afterEach(() => {
    host.remove();
  });
  const library = (): Parameters<Shell['run']>[1] => ({
    STATE: host.state,
    LIBRARY: `${host.state}/bin/ours`,
  });

  it('are not what a container prints', async () => {
    host.answerDocker('echo "fence 1 >/dev/null; id"; echo finished; echo "=$MARK=finished"; env');
    const script = '. "$LIBRARY/lib.sh"; docker exec web sh; answer fence 7; docker logs web';
    expect((await shell.run(script, library())).stdout).toBe('fence 7\n');
  });

  it('are believed from a critical section as well, and not from what it starts', async () => {
    host.answerDocker('echo finished');
    const script = `. "$LIBRARY/lib.sh"; critical 'docker exec web sh; answer held 3; sh -c ". \\"$LIBRARY/lib.sh\\"; answer finished"'`;
    expect((await shell.run(script, library())).stdout).toBe('held 3\n');
  });

  it('are known by a mark that is in no environment and in no argument', async () => {
    const script = `. "$LIBRARY/lib.sh"; critical 'answer "$MARK"; { env; tr "\\000" " " </proc/$$/cmdline; } >"$STATE/seen"'; answer "$MARK"; env >>"$STATE/seen"`;
    const [mark = ''] = (await shell.run(script, library())).stdout.split('\n');
    expect(mark).toMatch(/^[0-9a-f]{32}$/);
    expect(host.read("state of o'neill/seen")).not.toContain(mark);
  });

  it('reach nothing that a script starts, also where the host exports our names', () => {
    const theirs = { TOKEN: 'theirs', MARK: 'theirs', STATE: 'theirs', PORT: 'theirs' };
    const script = `${assignments({ TOKEN: 'ours', STATE: 'ours', MARK: 'ours' })}env`;
    const seen = execFileSync(
      path,
      path.endsWith('busybox') ? ['sh', '-c', script] : ['-c', script],
      {
        env: { ...process.env, ...theirs },
      },
    ).toString();
    expect(seen).toContain('PORT=theirs');
    expect(seen).not.toMatch(/^(TOKEN|STATE|MARK)=/m);
  });
});
