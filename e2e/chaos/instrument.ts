import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '../harness/bundle.js';

/** `name() {` or `name() (` at the beginning of a line: how the host's library defines a function. */
const DEFINITION = /^([a-z_0-9]+)\(\) ([{(])/gm;

/**
 * A copy of the action in which each function of the host's library tells that it is called, and can be stopped there:
 * see traced.sh. The action itself has nothing of it.
 */
export async function instrumentedCopy(action: string): Promise<Bundle> {
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-traced-'));
  await cp(action, directory, { recursive: true });
  const library = join(directory, 'dist', 'lib');
  for (const name of await readdir(library)) {
    const file = join(library, name);
    await writeFile(file, instrumented(await readFile(file, 'utf8')));
  }
  // The first file of each library.
  const first = join(library, 'narrate.sh');
  const traced = await readFile(new URL('./traced.sh', import.meta.url), 'utf8');
  await writeFile(first, `${traced}\n${await readFile(first, 'utf8')}`);
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** The text of a file of the library, in which each function begins with a call of `traced`. */
export function instrumented(text: string): string {
  return text.replaceAll(DEFINITION, '$1() $2 traced $1 "$$@";');
}
