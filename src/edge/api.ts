import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { objectOf, type JsonObject } from '../plan/compose/json.js';
import {
  ApiError,
  codesOf,
  describeComplaints,
  failureOf,
  openEnvelope,
  type ApiFailureKind,
  type Asked,
} from './api-errors.js';

export interface ApiCall extends Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the zone, with its query: `/purge_cache`. */
  readonly path: string;
  readonly body?: JsonObject;
}

/** Cloudflare's API, for one zone. */
export interface Api {
  /**
   * Sends one request, and again where that does no harm and may help.
   *
   * @returns `result` of the envelope
   * @throws ApiError
   */
  call(call: ApiCall): Promise<unknown>;
}

export interface ApiOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly token: string;
  readonly zoneId: string;
  /** For one try. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const TRIES = 3;
const FIRST_PAUSE_MS = 1_000;
/** A longer wait holds up a job for nothing that the site needs; the Free plan's bucket gains one in 12 s. */
const LONGEST_PAUSE_MS = 60_000;
const SHOWN = 400;

/** What may be better the next time. */
const PASSING: ReadonlySet<ApiFailureKind> = new Set([
  'rate-limit',
  'unavailable',
  'timeout',
  'unreachable',
  'malformed',
]);

/** The token is sent in a header to `baseUrl` alone: no redirect is followed, and no log names it. */
export function createApi(
  options: ApiOptions,
  deps: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Api {
  const hidden = (text: string): string => text.replaceAll(options.token, '***');
  return {
    call: async (call) => {
      const shown = call.body === undefined ? '' : ` ${JSON.stringify(call.body)}`;
      const line = `Cloudflare: ${call.method} /zones/${options.zoneId}${call.path}${shown}`;
      deps.log.info(line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line);
      for (let attempt = 1; ; attempt += 1) {
        const answer = await send(call, options, deps.signal);
        if (answer.kind === 'result') return answer.result;
        const said = hidden(answer.said);
        const error = new ApiError(answer.kind, call, { ...answer, said });
        const pauseMs = answer.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
        const mayRepeat = call.repeatable || answer.kind === 'rate-limit';
        const isLast = attempt === TRIES || pauseMs > LONGEST_PAUSE_MS;
        if (!PASSING.has(answer.kind) || !mayRepeat || isLast) throw error;
        deps.log.info(`Cloudflare: ${said}; again in ${Math.ceil(pauseMs / 1000)} s`);
        try {
          await deps.clock.sleep(pauseMs, deps.signal);
        } catch {
          throw new ApiError('cancelled', call, { said: `${said}, and the run was cancelled` });
        }
      }
    },
  };
}

type Answer =
  | { readonly kind: 'result'; readonly result: unknown }
  | {
      readonly kind: ApiFailureKind;
      readonly said: string;
      readonly codes?: readonly number[];
      readonly retryAfterMs?: number | undefined;
    };

/** One try. Never rejects. */
async function send(call: ApiCall, options: ApiOptions, signal: AbortSignal): Promise<Answer> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${options.baseUrl}/zones/${options.zoneId}${call.path}`, {
      method: call.method,
      headers: {
        authorization: `Bearer ${options.token}`,
        accept: 'application/json',
        'user-agent': 'resee-deploy-action',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    return judge(response, await response.text());
  } catch (error) {
    if (signal.aborted) return { kind: 'cancelled', said: 'the run was cancelled' };
    if (timeout.aborted) {
      return { kind: 'timeout', said: `no answer within ${timeoutMs / 1000} s` };
    }
    return { kind: 'unreachable', said: reasonOf(error) };
  }
}

function judge(response: Response, text: string): Answer {
  const { status, headers } = response;
  const retryAfterMs = readRetryAfter(headers.get('retry-after'), Date.now());
  const envelope = openEnvelope(text);
  if (envelope === undefined) {
    // An overloaded API, and what stands before it, answer without its envelope.
    const kind = status === 429 || status >= 500 ? failureOf(status, []) : 'malformed';
    const said = `status ${status}, and what came is not an answer of the API`;
    return { kind, said, retryAfterMs };
  }
  if (envelope.success && response.ok) return { kind: 'result', result: envelope.result };
  const { complaints } = envelope;
  const said = describeComplaints(status, complaints);
  const codes = codesOf(complaints);
  return { kind: failureOf(status, codes), said, codes, retryAfterMs };
}

/** Milliseconds, of seconds or an HTTP date (RFC 9110, 10.2.3); undefined where there is none. */
export function readRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** `fetch` says only "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = objectOf(error);
  const { message: why, code } = objectOf(cause);
  return (
    [why, code, message].find((text) => typeof text === 'string' && text !== '')?.toString() ??
    String(error)
  );
}
