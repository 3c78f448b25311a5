import { generateKeyPairSync } from 'node:crypto';
import { readInputs } from '../../src/inputs/read.js';
import { describeProblem } from '../../src/inputs/problem.js';
import type { Inputs } from '../../src/inputs/types.js';

/** A throw-away private key, made anew for each test file. */
export const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'sec1', format: 'pem' })
  .toString();

export const SHA = '0123456789abcdef0123456789abcdef01234567';

const MINIMUM: Readonly<Record<string, string>> = {
  host: '203.0.113.7',
  key: KEY,
  needs: '{"test":{"result":"success","outputs":{}}}',
  repository: 'org/Resee-project',
  sha: SHA,
};

type Given = Readonly<Record<string, string>>;

/** Reads the least that a workflow must say, changed by `given`. */
export function read(given: Given, environment: Given = {}): ReturnType<typeof readInputs> {
  const inputs: Given = { ...MINIMUM, ...given };
  return readInputs((name) => inputs[name] ?? '', environment);
}

/** The inputs, where nothing may be wrong with them. */
export function accepted(given: Given, environment: Given = {}): Inputs {
  const result = read(given, environment);
  if ('problems' in result) throw new Error(result.problems.map(describeProblem).join('\n'));
  return result.inputs;
}

/** The problems as a user reads them; empty when there is none. */
export function problemsOf(given: Given, environment: Given = {}): readonly string[] {
  const result = read(given, environment);
  return 'problems' in result ? result.problems.map(describeProblem) : [];
}
