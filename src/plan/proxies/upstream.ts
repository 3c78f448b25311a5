import { plainAddress } from '../compose/addresses.js';

/** A host that a proxy sends requests to, with the port where one is written. */
export interface Upstream {
  readonly name: string;
  readonly port: number | undefined;
}

/** `name`, `name:port`, or `[address]:port` of IPv6; undefined for anything else. */
export function parseAddress(text: string): Upstream | undefined {
  const match = /^(?:([A-Za-z0-9](?:[\w.-]*\w)?)|\[([\da-f:.]*:[\da-f:.]*)\])(?::(\d+))?$/i.exec(
    text,
  );
  const [, host, address, port] = match ?? [];
  const name = address === undefined ? host : plainAddress(address);
  return name === undefined
    ? undefined
    : { name, port: port === undefined ? undefined : Number(port) };
}
