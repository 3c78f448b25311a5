import { DeployError } from '../errors.js';
import { listOf, numberOf, objectOf, textOf } from '../plan/compose/json.js';

/** How a request to the API ended badly. */
export type ApiFailureKind =
  /** 401: the token is none, or is not valid any more. */
  | 'token'
  /** 403: the token lacks the permission, or the zone. */
  | 'permission'
  /** 404 */
  | 'not-found'
  /** 409 */
  | 'conflict'
  /** 429, after every wait that was allowed. */
  | 'rate-limit'
  /** Any other answer that says no: what was asked is wrong. */
  | 'rejected'
  /** 5xx */
  | 'unavailable'
  | 'timeout'
  /** No connection, or one that broke. */
  | 'unreachable'
  /** An answer that is not the API's. */
  | 'malformed'
  | 'cancelled';

/** What was asked, for a person. */
export interface Asked {
  /** As a token's page names it: `Zone → Cache Purge → Purge`. */
  readonly permission: string;
  /** In the form "…ing …": `purging the cache`. */
  readonly doing: string;
  /** False where sending it again might do it twice. */
  readonly repeatable: boolean;
}

/** One code and message of the envelope. */
export interface ApiComplaint {
  readonly code: number | undefined;
  readonly message: string;
}

export class ApiError extends DeployError {
  override readonly name = 'ApiError';
  readonly kind: ApiFailureKind;
  /** Of the envelope. */
  readonly codes: readonly number[];

  constructor(
    kind: ApiFailureKind,
    asked: Asked,
    seen: { readonly said: string; readonly codes?: readonly number[] },
  ) {
    super({ what: `${asked.doing} failed: ${seen.said}`, next: remedy(kind, asked) });
    this.kind = kind;
    this.codes = seen.codes ?? [];
  }
}

function remedy(kind: ApiFailureKind, { permission, repeatable }: Asked): string {
  const once = repeatable ? '' : ' Whether it was done is not known; the next run looks first.';
  switch (kind) {
    case 'token':
      return 'Check the secret that `cloudflare-api-token` is given: the whole secret of an API token that is active and has not expired (Cloudflare → My Profile → API Tokens).';
    case 'permission':
      return `Give the token the permission \`${permission}\` for this zone (Cloudflare → My Profile → API Tokens → Edit). If it has it: the token may be limited to other zones, or to addresses of clients.`;
    case 'not-found':
      return 'Check `cloudflare-zone-id`: it is the id on the page Overview of the zone, and the token must be of the same account.';
    case 'conflict':
      return 'Something else changed the zone at the same time. The next run looks again.';
    case 'rate-limit':
      return 'The account has used up its requests for now (the Free plan: 5 purges a minute). Do it again in some minutes.';
    case 'rejected':
      return 'Cloudflare says why above. If the zone is right, this is a bug of the action: please report it.';
    case 'unavailable':
    case 'malformed':
      return `See https://www.cloudflarestatus.com, and run the workflow again.${once}`;
    case 'timeout':
    case 'unreachable':
      return `The runner must reach the API over HTTPS; run the workflow again.${once}`;
    case 'cancelled':
      return `Run the workflow again.${once}`;
  }
}

/** Codes with which a 400 says that the token's form is wrong: `Invalid request headers`, and what is below it. */
const TOKEN_CODES: ReadonlySet<number> = new Set([1000, 6003, 6111]);
/** `Could not route to …, perhaps your object identifier is invalid?`, which comes as a 400 or a 404. */
const ROUTE_CODES: ReadonlySet<number> = new Set([7000, 7003]);

/** What an answer that says no means. `status` may be 200, where the envelope says no. */
export function failureOf(status: number, codes: readonly number[]): ApiFailureKind {
  if (status === 429) return 'rate-limit';
  if (status >= 500) return 'unavailable';
  if (status === 401 || codes.some((code) => TOKEN_CODES.has(code))) return 'token';
  if (status === 403) return 'permission';
  if (status === 404 || codes.some((code) => ROUTE_CODES.has(code))) return 'not-found';
  if (status === 409) return 'conflict';
  return 'rejected';
}

export function codesOf(complaints: readonly ApiComplaint[]): readonly number[] {
  return complaints.flatMap(({ code }) => code ?? []);
}

/** What an answer holds: its result, or what is wrong; undefined for a body that is not the API's envelope. */
export function openEnvelope(
  text: string,
):
  | { readonly success: boolean; readonly result: unknown; readonly complaints: ApiComplaint[] }
  | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { success, result, errors } = objectOf(body);
  if (typeof success !== 'boolean') return undefined;
  const complaints = listOf(errors).flatMap((error) => [
    complaintOf(error),
    ...listOf(objectOf(error)['error_chain']).map(complaintOf),
  ]);
  return { success, result, complaints };
}

function complaintOf(error: unknown): ApiComplaint {
  const { code, message } = objectOf(error);
  return { code: numberOf(code), message: textOf(message) ?? '' };
}

/** `status 403: Authentication error (10000)` */
export function describeComplaints(status: number, complaints: readonly ApiComplaint[]): string {
  const words = complaints.map(({ code, message }) =>
    code === undefined ? message : `${message} (${code})`,
  );
  return `status ${status}${words.length === 0 ? '' : `: ${words.join('; ')}`}`;
}
