import type { JsonObject } from '../../../src/plan/compose/json.js';

/** A request as it came; the path is below the zone. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly text: string;
}

export interface Route {
  readonly method: string;
  /** Of the path below the zone; groups are the ids in it. */
  readonly path: RegExp;
  /** '' where the route looks for itself. */
  readonly permission: string;
  /** Fields of the query that it knows, and what each may be; none unless told. */
  readonly query?: Fields;
  /** @returns the result, or a Refusal */
  perform(request: {
    readonly body: JsonObject;
    readonly query: URLSearchParams;
    readonly ids: readonly string[];
  }): unknown;
}

/** An answer that says no. */
export class Refusal {
  readonly status: number;
  readonly errors: readonly JsonObject[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    errors: readonly JsonObject[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

export function complaint(code: number, message: string): JsonObject {
  return { code, message };
}

/** Field by field: what each value must be. A field that is not named here is refused. */
export type Fields = Readonly<Record<string, (value: unknown) => boolean>>;

/** What is wrong with a body; undefined: nothing. */
export function wrongFields(
  body: JsonObject,
  fields: Fields,
  required: readonly string[],
): string | undefined {
  const unknown = Object.keys(body).find((name) => fields[name] === undefined);
  if (unknown !== undefined) return `unknown field ${unknown}`;
  const missing = required.find((name) => body[name] === undefined);
  if (missing !== undefined) return `missing field ${missing}`;
  const wrong = Object.entries(body).find(([name, value]) => fields[name]?.(value) !== true);
  return wrong === undefined ? undefined : `bad value of ${wrong[0]}: ${JSON.stringify(wrong[1])}`;
}
