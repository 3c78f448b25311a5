import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LayerName, StandIn } from './catalog.js';
import { run } from './run.js';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Writes one archive for `docker load` with all images; a layer that several share is in it once.
 * No engine is needed. `target` appears whole or not at all.
 *
 * @throws if a layer's tar is missing, or `tar` fails
 */
export async function writeArchive(
  images: readonly StandIn[],
  layerTars: ReadonlyMap<LayerName, string>,
  target: string,
): Promise<void> {
  const staging = `${target}.${process.pid.toString()}`;
  await mkdir(staging, { recursive: true });
  try {
    const digests = new Map<LayerName, string>();
    for (const name of new Set(images.flatMap((image) => image.layers))) {
      const tar = layerTars.get(name);
      if (tar === undefined) throw new Error(`the layer '${name}' was not built`);
      digests.set(name, await sha256OfFile(tar));
      // A hard link would change the file's ctime under a tar that reads it for somebody else.
      await symlink(tar, join(staging, `${name}.tar`));
    }
    const manifest = [];
    for (const image of images) {
      const config = JSON.stringify({
        architecture: ARCHITECTURES[process.arch] ?? process.arch,
        os: 'linux',
        // Fixed, so that the same layers make the same image id.
        created: '2026-01-01T00:00:00Z',
        config: image.config,
        rootfs: {
          type: 'layers',
          diff_ids: image.layers.map((name) => `sha256:${digests.get(name) ?? ''}`),
        },
      });
      const file = `${createHash('sha256').update(config).digest('hex')}.json`;
      await writeFile(join(staging, file), config);
      manifest.push({
        Config: file,
        RepoTags: [image.tag],
        Layers: image.layers.map((name) => `${name}.tar`),
      });
    }
    await writeFile(join(staging, 'manifest.json'), JSON.stringify(manifest));
    await run('tar', ['-chf', `${staging}.tar`, '-C', staging, '.']);
    await rename(`${staging}.tar`, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(`${staging}.tar`, { force: true });
  }
}
