import { createHash } from 'node:crypto';

/** An image in an archive of `docker save`. */
export interface ArchivedImage {
  readonly references: readonly string[];
  /** From the lowest to the highest. */
  readonly layers: readonly ArchivedLayer[];
}

export interface ArchivedLayer {
  /** Its file in the archive. */
  readonly path: string;
  /** Digest of its uncompressed content, as the image's configuration names it. */
  readonly diffId: string;
}

/**
 * The chain ID of each layer: an engine stores a layer under the digest of itself and all below it
 * (OCI image specification, "Layer ChainID"), so the same content above others is another layer.
 */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  let chain: string | undefined;
  return diffIds.map((diffId) => {
    chain = chain === undefined ? diffId : `sha256:${sha256(`${chain} ${diffId}`)}`;
    return chain;
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Files of the archive that the host does not need, because it has the layer in each place where an image
 * uses it.
 *
 * @param onHost the diff IDs of each image on the host, from the lowest to the highest
 */
export function layersOnHost(
  images: readonly ArchivedImage[],
  onHost: readonly (readonly string[])[],
): ReadonlySet<string> {
  const present = new Set(onHost.flatMap(chainIds));
  const needed = new Set<string>();
  const all = new Set<string>();
  for (const { layers } of images) {
    const chains = chainIds(layers.map(({ diffId }) => diffId));
    layers.forEach(({ path }, index) => {
      all.add(path);
      if (!present.has(chains[index] ?? '')) needed.add(path);
    });
  }
  return new Set([...all].filter((path) => !needed.has(path)));
}

/** Lines of remote/layers.sh: the diff IDs of one image, separated by blanks. */
export function parseHostLayers(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.every((word) => /^sha256:[0-9a-f]{64}$/.test(word)));
}
