import type { ApiCall } from '../api.js';

/** One change at Cloudflare, as data: what is said of it, and the request that makes it. */
export interface Change {
  /** `ssl: full → strict` */
  readonly words: string;
  readonly call: ApiCall;
}

/** What a part of the zone lacks of what the configuration says. */
export interface Difference {
  readonly changes: readonly Change[];
  /** What is not as it should be and stays so, each with the reason and what to do. */
  readonly left: readonly string[];
}

/** A part of the zone that is read and changed by itself: a failure in one leaves the others alone. */
export interface Area {
  readonly name: string;
  /** Reads what is there, and compares. @throws ApiError */
  compare(): Promise<Difference>;
}
