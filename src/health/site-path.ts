/** A path is no address of another site, whatever it begins with. */
export function atPath(path: string, { origin }: URL): URL {
  return new URL(`${origin}${path}`);
}
