import { createHash } from 'node:crypto';
import { PassThrough, Transform, type Duplex, type Readable, pipeline } from 'node:stream';
import * as zlib from 'node:zlib';

/** What has passed a stream so far. */
export interface Passed {
  bytes: number;
}

/** The same bytes; `passed` counts them. */
export function counted(passed: Passed): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed.bytes += chunk.length;
      done(null, chunk);
    },
  });
}

export type Compression = 'zstd' | 'gzip';

/** Engines since 23 unpack Zstandard, which is several times faster; Node.js has it since 22.15. */
export function compressionFor(engineVersion: string): Compression {
  const major = Number.parseInt(engineVersion, 10);
  return major >= 23 && zstdFactory() !== undefined ? 'zstd' : 'gzip';
}

function compressor(compression: Compression): Duplex {
  const zstd = zstdFactory();
  return compression === 'zstd' && zstd !== undefined ? zstd() : zlib.createGzip({ level: 4 });
}

function zstdFactory(): (() => Duplex) | undefined {
  const factory: unknown = Reflect.get(zlib, 'createZstdCompress');
  return isStreamFactory(factory) ? factory : undefined;
}

function isStreamFactory(value: unknown): value is () => Duplex {
  return typeof value === 'function';
}

/** A stream on its way to the host. */
export interface Outgoing {
  readonly stream: Readable;
  /** Before compression. */
  readonly read: Passed;
  /** After it. */
  readonly sent: Passed;
  /** SHA-256 of what was sent, in hex; to be called once the stream has ended. */
  digest(): string;
}

/** Compresses a stream, counts it, and computes its digest. */
export function outgoing(source: Readable, compression: Compression): Outgoing {
  const read = { bytes: 0 };
  const sent = { bytes: 0 };
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const stream = new PassThrough();
  // A failure destroys the stream, which tells whoever reads it.
  pipeline(
    source,
    counted(read),
    compressor(compression),
    counted(sent),
    hashing,
    stream,
    () => undefined,
  );
  return { stream, read, sent, digest: () => hash.digest('hex') };
}
