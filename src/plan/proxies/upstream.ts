/** A host that a proxy sends requests to, with the port where one is written. */
export interface Upstream {
  readonly name: string;
  readonly port: number | undefined;
}

/** `name` or `name:port`; undefined for anything else. */
export function parseAddress(text: string): Upstream | undefined {
  const match = /^([A-Za-z0-9](?:[\w.-]*\w)?)(?::(\d+))?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { name: match[1], port: match[2] === undefined ? undefined : Number(match[2]) };
}
