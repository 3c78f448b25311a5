import { createHash } from 'node:crypto';
import { access, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeArchive } from './archive.js';
import { base, type LayerName, proxies, type StandIn } from './catalog.js';
import { run } from './run.js';

const here = dirname(fileURLToPath(import.meta.url));

function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const base =
    env['RESEE_E2E_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'resee-e2e');
  return join(base, 'images');
}

function isLayerName(name: string): name is LayerName {
  return [...base, ...proxies].some((image) => image.layers.some((layer) => layer === name));
}

/** build.sh tells each layer as `NAME PATH`. */
function parseLayers(output: string): Map<LayerName, string> {
  const layers = new Map<LayerName, string>();
  for (const line of output.split('\n')) {
    const [name, path] = line.split(' ');
    if (name !== undefined && path !== undefined && isLayerName(name)) layers.set(name, path);
  }
  return layers;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Archives of former recipes are only in the way. */
async function removeOthers(directory: string, set: string, kept: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (new RegExp(`^${set}-[0-9a-f]+\\.tar$`).test(name) && name !== kept) {
      await rm(join(directory, name), { force: true });
    }
  }
}

/**
 * The archives that a stand-in host loads (`docker load --input`) in place of pulling: one file with
 * python:3.13-slim, node:24, nginx:alpine, postgres:17 and redis:8-alpine. Built once, minutes, and
 * kept in the e2e cache under a hash of the recipe; needs root, and the package registries.
 *
 * @throws if a layer cannot be built; its log is named on standard error
 */
export async function baseImages(env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  return [await archiveOf('base', base, env)];
}

/** As `baseImages`, with caddy:2-alpine and traefik:v3, a quarter of a gigabyte, besides. */
export async function allImages(env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  return [await archiveOf('base', base, env), await archiveOf('proxies', proxies, env)];
}

async function archiveOf(
  set: string,
  images: readonly StandIn[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const cache = cacheDirectory(env);
  const script = join(here, 'build.sh');
  const layers = parseLayers(await run('bash', [script, join(cache, 'layers'), set]));
  const recipe = JSON.stringify([
    images,
    [...layers].map(([name, path]) => [name, basename(path)]),
  ]);
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const name = `${set}-${key}.tar`;
  const archive = join(cache, name);
  if (!(await exists(archive))) {
    await writeArchive(images, layers, archive);
    await removeOthers(cache, set, name);
  }
  return archive;
}

// As a program (`tsx e2e/images/images.ts`) it prints the paths.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  void allImages().then((archives) => {
    process.stdout.write(`${archives.join('\n')}\n`);
  });
}
