import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { listOf, objectOf, textOf } from '../plan/compose/json.js';
import type { ArchivedImage } from './layers.js';

/** An archive that `docker save` wrote. */
export interface ImageArchive {
  readonly path: string;
  readonly images: readonly ArchivedImage[];
  /** Bytes of each file in it. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** No index and no image configuration is larger. */
const MOST_TEXT_BYTES = 8 * 1024 * 1024;

/**
 * Reads what the archive says of its images. Every engine since 1.10 writes `manifest.json`; those since 25
 * write an OCI layout beside it, with the layers under their digests.
 *
 * @throws Error for anything else
 */
export async function readArchive(path: string): Promise<ImageArchive> {
  const sizes = new Map<string, number>();
  const index = await readTexts(path, ['manifest.json'], sizes);
  const entries = listOf(JSON.parse(index.get('manifest.json') ?? '[]')).map(objectOf);
  const configs = await readTexts(
    path,
    entries.map((entry) => textOf(entry['Config']) ?? ''),
  );
  const images = entries.map((entry) => {
    const config = objectOf(JSON.parse(configs.get(textOf(entry['Config']) ?? '') ?? '{}'));
    const diffIds = strings(objectOf(config['rootfs'])['diff_ids']);
    const paths = strings(entry['Layers']);
    if (paths.length !== diffIds.length || paths.length === 0) {
      throw new Error('docker save wrote an archive whose layers do not match its images');
    }
    return {
      references: strings(entry['RepoTags']),
      layers: paths.map((layer, at) => ({ path: layer, diffId: diffIds[at] ?? '' })),
    };
  });
  if (images.length === 0) throw new Error('docker save wrote an archive without an image');
  return { path, images, sizes };
}

function strings(value: unknown): readonly string[] {
  return listOf(value).flatMap((each) => textOf(each) ?? []);
}

/** The files of an archive, one after the other; rejects where it cannot be read. */
function entriesOf(path: string): ReturnType<typeof extract> {
  const entries = extract();
  writeAll(createReadStream(path), entries).catch((error: unknown) => {
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return entries;
}

/** The text of some files of the archive; `sizes` gets the bytes of all. */
async function readTexts(
  path: string,
  names: readonly string[],
  sizes?: Map<string, number>,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(names);
  const found = new Map<string, string>();
  for await (const entry of entriesOf(path)) {
    const { name, size } = entry.header;
    sizes?.set(name, size);
    if (wanted.has(name) && size <= MOST_TEXT_BYTES) found.set(name, await text(entry));
    else entry.resume();
  }
  return found;
}

/** The archive as a stream, without the files in `omitted`. Destroyed with an error where it cannot be read. */
export function packWithout(path: string, omitted: ReadonlySet<string>): Readable {
  const packed = pack();
  const copy = async (): Promise<void> => {
    for await (const entry of entriesOf(path)) {
      if (omitted.has(entry.header.name)) entry.resume();
      else
        await writeAll(
          bytesOf(entry),
          packed.entry(entry.header, () => undefined),
        );
    }
    packed.finalize();
  };
  copy().catch((error: unknown) => {
    packed.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(packed, { objectMode: false });
}

async function* bytesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

/** What Node's and tar-stream's streams have in common. */
interface Sink {
  write(chunk: Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
  end(data: undefined): unknown;
}

/** Writes all chunks at the speed of the sink. */
async function writeAll(chunks: AsyncIterable<Uint8Array>, sink: Sink): Promise<void> {
  for await (const chunk of chunks) {
    if (sink.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      sink.once('drain', resolve);
    });
  }
  sink.end(undefined);
}
