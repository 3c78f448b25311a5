import { access, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from '../host/process.js';

export interface Bundle {
  /** Holds action.yml and dist/, as the runner's copy of an action does. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/**
 * Takes a copy of the action as it is built now, so that a build in the middle of a long test does
 * not change what is tested. Builds `dist/` only where there is none.
 */
export async function takeBundle(): Promise<Bundle> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  try {
    await access(join(root, 'dist', 'index.js'));
  } catch {
    await runOrThrow(['npm', 'run', 'build'], { cwd: root });
  }
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-action-'));
  await cp(join(root, 'dist'), join(directory, 'dist'), { recursive: true });
  await cp(join(root, 'action.yml'), join(directory, 'action.yml'));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
