import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../host/process.js';
import type { Checks } from '../scenarios/checks.js';

const DIRECTORIES = ['.github/workflows', 'examples/resee/.github/workflows', 'examples/workflows'];

/** Lets actionlint judge every workflow of this repository, and those of the examples in it. */
export async function lint(actionlint: string, checks: Checks): Promise<void> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  for (const directory of DIRECTORIES) {
    const names = (await readdir(join(root, directory))).filter((name) => name.endsWith('.yml'));
    checks.that(names.length > 0, `${directory} has no workflow`);
    const files = names.map((name) => join(directory, name));
    const found = await run([actionlint, '-no-color', ...files], { cwd: root });
    checks.equal(
      found,
      { code: 0, stdout: '', stderr: '' },
      `what actionlint says of ${directory}`,
    );
  }
}
