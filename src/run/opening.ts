import type { Clock } from '../clock.js';
import { openEntrance, type Entrance } from '../health/entrance.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import type { Connection } from '../ssh/connect.js';
import type { Session } from '../ssh/session.js';

/** What a deploy needs beside its shell. Either may have failed; whoever needs it hears of it. */
export interface Opening {
  /** For keeping the lease. */
  readonly session: Promise<Session>;
  readonly entrance: Promise<Entrance>;
}

/** Opens both, without waiting: each costs round trips, which others may take at the same time. */
export function openEagerly(
  connection: Connection,
  { health }: Inputs,
  deps: { readonly clock: Clock; readonly log: Log },
): Opening {
  const opening = {
    session: connection.openSession(),
    entrance: openEntrance(connection, health, deps),
  };
  // A run that ends before it needs them asks for neither.
  for (const each of Object.values(opening)) each.catch(() => undefined);
  return opening;
}
