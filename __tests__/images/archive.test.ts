import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { packWithout, readArchive } from '../../src/images/archive.js';
import { compressionFor, outgoing } from '../../src/images/stream.js';

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function archiveOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'archive-'));
  directories.push(directory);
  const path = join(directory, 'images.tar');
  const packed = pack();
  for (const [name, content] of Object.entries(files)) packed.entry({ name }, content);
  packed.finalize();
  await pipeline(packed, createWriteStream(path));
  return path;
}

async function filesIn(bytes: Buffer): Promise<Readonly<Record<string, Buffer>>> {
  const entries = extract();
  entries.end(bytes);
  const files: Record<string, Buffer> = {};
  for await (const entry of entries) files[entry.header.name] = await buffer(entry);
  return files;
}

const layer = (name: string): string => `sha256:${name.repeat(64)}`;
/** Larger than what a stream holds at once. */
const large = randomBytes(300_000);
const saved = {
  'blobs/sha256/config': JSON.stringify({ rootfs: { diff_ids: [layer('a'), layer('b')] } }),
  'blobs/sha256/one': large,
  'blobs/sha256/two': 'two',
  'manifest.json': JSON.stringify([
    {
      Config: 'blobs/sha256/config',
      RepoTags: ['shop-api:latest'],
      Layers: ['blobs/sha256/one', 'blobs/sha256/two'],
    },
  ]),
};

describe('readArchive', () => {
  it('tells the layers of each image with their digests', async () => {
    const archive = await readArchive(await archiveOf(saved));
    expect(archive.images).toEqual([
      {
        references: ['shop-api:latest'],
        layers: [
          { path: 'blobs/sha256/one', diffId: layer('a') },
          { path: 'blobs/sha256/two', diffId: layer('b') },
        ],
      },
    ]);
    expect(archive.sizes.get('blobs/sha256/one')).toBe(large.length);
  });

  it('takes no archive without an image, and none whose layers do not match', async () => {
    await expect(readArchive(await archiveOf({ other: '{}' }))).rejects.toThrow('without an image');
    const fewer = JSON.stringify({ rootfs: { diff_ids: [layer('a')] } });
    const path = await archiveOf({ ...saved, 'blobs/sha256/config': fewer });
    await expect(readArchive(path)).rejects.toThrow('do not match');
  });
});

describe('packWithout', () => {
  it('gives the archive without some files, and the others byte for byte', async () => {
    const path = await archiveOf(saved);
    const packed = await buffer(packWithout(path, new Set(['blobs/sha256/two'])));
    const files = await filesIn(packed);
    expect(Object.keys(files)).toEqual([
      'blobs/sha256/config',
      'blobs/sha256/one',
      'manifest.json',
    ]);
    expect(files['blobs/sha256/one']?.equals(large)).toBe(true);
  });

  it('fails where the archive cannot be read', async () => {
    await expect(buffer(packWithout('/no/such/archive.tar', new Set()))).rejects.toThrow('ENOENT');
  });
});

describe('an outgoing stream', () => {
  it('is compressed, counted on both sides, and has a digest', async () => {
    const path = await archiveOf(saved);
    const whole = await buffer(packWithout(path, new Set()));
    const sent = outgoing(packWithout(path, new Set()), 'gzip');
    const bytes = await buffer(sent.stream);
    expect(gunzipSync(bytes).equals(whole)).toBe(true);
    expect(sent.read.bytes).toBe(whole.length);
    expect(sent.sent.bytes).toBe(bytes.length);
    expect(sent.digest()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('fails with its source', async () => {
    const sent = outgoing(packWithout('/no/such/archive.tar', new Set()), 'gzip');
    await expect(buffer(sent.stream)).rejects.toThrow('ENOENT');
  });

  it('is never Zstandard for an engine that cannot unpack it', () => {
    expect(compressionFor('20.10.24')).toBe('gzip');
  });
});
