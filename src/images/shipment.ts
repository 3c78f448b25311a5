/** How a release's images came to the host. */
export interface Shipment {
  readonly layersShipped: number;
  readonly layersReused: number;
  /** Sent to the host, after compression. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** One line for people. */
export function describeShipment({
  layersShipped,
  layersReused,
  bytes,
  durationMs,
}: Shipment): string {
  return `${String(layersShipped)} layers shipped (${readableBytes(bytes)}) in ${(durationMs / 1000).toFixed(1)} s, ${String(layersReused)} were there already`;
}

/** Bytes for people: `1.5 MB`, `10.5 kB`. */
export function readableBytes(bytes: number): string {
  return bytes < 1_000_000
    ? `${(bytes / 1000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
