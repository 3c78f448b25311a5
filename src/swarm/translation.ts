import type { JsonObject } from '../plan/compose/json.js';

/** What one key of a service becomes for `docker stack deploy`. */
export interface Translation {
  readonly set?: JsonObject;
  /** What would be lost. */
  readonly lost?: readonly string[];
  readonly note?: string;
}
