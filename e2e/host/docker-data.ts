import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { cacheDirectory, hostScript, up } from './host.js';
import type { Host, Suite } from './host.js';
import { runOrThrow } from './process.js';

export interface DockerDataRecipe {
  /** The suite of the hosts that will start with it: an engine reads its own version's data. */
  readonly suite: Suite;
  /** All that the result depends on (names and digests of the images): another key, other data. */
  readonly key: string;
  /** Loads or builds the images on a fresh host; leaves no container there. */
  readonly fill: (host: Host) => Promise<void>;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives the directory for `HostOptions.dockerData`: an engine's data with the images of the recipe in it.
 * Made once on a host of its own and kept in the cache; a host that starts with it has the images in
 * well under a second, where loading them takes seconds each time.
 */
export async function prepareDockerData(recipe: DockerDataRecipe): Promise<string> {
  const { suite, key, fill } = recipe;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const directory = path.join(cacheDirectory(), 'docker', `${suite}-${digest}`);
  if (await exists(directory)) return directory;
  const host = await up({ name: `data-${digest}-${String(process.pid)}`, suite });
  try {
    await fill(host);
    await runOrThrow(hostScript('save-data.sh', host.name, directory));
  } finally {
    await host.down();
  }
  return directory;
}
