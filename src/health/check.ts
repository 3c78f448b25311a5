import type { Clock } from '../clock.js';
import { isLoopback } from './http.js';
import type { HttpAnswer, HttpResponse } from './http.js';

export interface HealthRule {
  /** Exactly this; redirects are not followed. */
  readonly status: number;
  /** Others that are as good. */
  readonly accepted?: readonly number[];
  /** What is asked, for the hints. */
  readonly url?: URL;
  /** Good answers in a row. */
  readonly successes: number;
  /** For all of them together. */
  readonly timeoutMs: number;
  readonly intervalMs: number;
  /** True for bad answers that do not start the count again; after each one the pause is twice as long. */
  readonly decidesNothing?: (answer: HttpAnswer) => boolean;
}

export type HealthResult =
  | {
      readonly kind: 'healthy';
      readonly checks: number;
      readonly durationMs: number;
      /** Of the last answer. */
      readonly status: number;
    }
  | {
      readonly kind: 'unhealthy';
      readonly checks: number;
      readonly durationMs: number;
      readonly last: HttpAnswer | undefined;
      /** The last answers, a line each, oldest first. */
      readonly evidence: string;
      /** What to look at, a sentence; undefined when the answers suggest nothing. */
      readonly hint: string | undefined;
    }
  /** Our own connection broke: nothing is known. */
  | { readonly kind: 'lost'; readonly message: string };

const answersKept = 3;
const bodyShown = 300;
const longestPauseMs = 2_000;

/** More at once say nothing more. */
const mostUnderWay = 5;

/**
 * Waits until `check` has been answered well so many times in a row. A bad answer only starts the
 * count again. Checks are sent an interval apart without waiting for those before, as one takes two
 * round trips to the host; they are judged in the order in which they were sent. `check` must end by
 * itself and never reject.
 * Rejects only with the signal's reason.
 */
export async function waitForHealth(
  check: () => Promise<HttpAnswer>,
  rule: HealthRule,
  clock: Clock,
  signal: AbortSignal = new AbortController().signal,
): Promise<HealthResult> {
  const startedAt = clock.now();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const timer = <T>(ms: number, word: T): Promise<T | 'stopped'> =>
    clock.sleep(ms, either).then(
      () => word,
      () => 'stopped' as const,
    );
  const timeUp = timer(rule.timeoutMs, 'time-up' as const);
  const underWay: Promise<HttpAnswer>[] = [];
  const lastAnswers: HttpAnswer[] = [];
  let due: Promise<'due' | 'stopped'> | undefined;
  let inARow = 0;
  let pauseMs = rule.intervalMs;
  let checks = 0;
  const durationMs = (): number => clock.now() - startedAt;
  try {
    while (inARow < rule.successes) {
      if (due === undefined && underWay.length < Math.min(rule.successes, mostUnderWay)) {
        underWay.push(check());
        due = timer(pauseMs, 'due' as const);
      }
      const events = [timeUp, underWay[0], due].filter((event) => event !== undefined);
      const answer = await Promise.race(events);
      signal.throwIfAborted();
      if (answer === 'time-up') break;
      if (typeof answer === 'string') {
        due = undefined;
        continue;
      }
      void underWay.shift();
      checks += 1;
      if (answer.kind === 'lost') return { kind: 'lost', message: answer.message };
      lastAnswers.push(answer);
      if (lastAnswers.length > answersKept) lastAnswers.shift();
      if (!isGood(answer, rule) && rule.decidesNothing?.(answer) === true) {
        pauseMs = Math.max(pauseMs, Math.min(2 * pauseMs, longestPauseMs));
        continue;
      }
      inARow = isGood(answer, rule) ? inARow + 1 : 0;
    }
  } finally {
    over.abort();
  }
  const counted = { checks, durationMs: durationMs() };
  if (inARow < rule.successes) return { ...unhealthy(lastAnswers, rule), ...counted };
  const last = lastAnswers.at(-1);
  const status = last?.kind === 'response' ? last.status : rule.status;
  return { kind: 'healthy', ...counted, status };
}

type Unhealthy = Extract<HealthResult, { kind: 'unhealthy' }>;

function unhealthy(
  answers: readonly HttpAnswer[],
  rule: HealthRule,
): Omit<Unhealthy, 'checks' | 'durationMs'> {
  const last = answers.at(-1);
  return { kind: 'unhealthy', last, evidence: evidenceOf(answers, rule), hint: hintOf(last, rule) };
}

function isGood(answer: HttpAnswer, rule: HealthRule): boolean {
  if (answer.kind !== 'response') return false;
  return answer.status === rule.status || rule.accepted?.includes(answer.status) === true;
}

function evidenceOf(answers: readonly HttpAnswer[], rule: HealthRule): string {
  if (answers.length === 0) return `no answer at all within ${rule.timeoutMs} ms`;
  return answers.map(describeAnswer).join('\n');
}

/** One line: the status and the beginning of the body, or what went wrong. */
export function describeAnswer(answer: HttpAnswer): string {
  const after = `after ${Math.round(answer.durationMs)} ms`;
  if (answer.kind !== 'response') return `${answer.kind} ${after}: ${answer.message}`;
  const location = isRedirect(answer) ? ` to ${answer.headers.location ?? '(nowhere)'}` : '';
  const body = answer.body.replace(/\s+/g, ' ').trim().slice(0, bodyShown);
  return `status ${answer.status}${location} ${after}${body === '' ? '' : `: ${body}`}`;
}

function isRedirect(answer: HttpResponse): boolean {
  return answer.status >= 300 && answer.status < 400 && answer.status !== 304;
}

function hintOf(answer: HttpAnswer | undefined, rule: HealthRule): string | undefined {
  if (answer === undefined) return 'The service took every request and answered none in time.';
  switch (answer.kind) {
    case 'response':
      return responseHint(answer, rule);
    case 'refused':
      return 'Nothing listens there: check the port in `health-url`, and that the proxy runs.';
    case 'unknown-name':
      return '`health-url` is seen from the host: use localhost, or a name that the host can resolve.';
    case 'tls':
      return 'TLS failed. A proxy that has a certificate for a name only needs that name: set `health-host`, for example `health-host: links.example.com`. If the port has no TLS, let `health-url` begin with http://.';
    case 'not-http':
      return 'Something else than HTTP answers there: check `health-url`.';
    case 'forbidden':
      return answer.message;
    case 'timeout':
    case 'reset':
    case 'unreachable':
    case 'aborted':
    case 'lost':
      return undefined;
  }
}

/** The address as seen from the host: the proxy there is asked, by the name that it redirects to. */
function redirectHint(location: string | undefined, { url }: HealthRule): string {
  const target = url === undefined || location === undefined ? null : URL.parse(location, url.href);
  if (url === undefined || target === null) {
    return `Redirects are not followed; set \`health-url\` to ${location ?? 'the address that it names'}`;
  }
  if (target.host === url.host || !isLoopback(url.hostname)) {
    return `Redirects are not followed; set \`health-url: ${target.href}\``;
  }
  const { hostname } = target;
  target.hostname = url.hostname;
  return `Redirects are not followed; set \`health-url: ${target.href}\` and \`health-host: ${hostname}\``;
}

function responseHint(answer: HttpResponse, rule: HealthRule): string | undefined {
  if (isRedirect(answer)) {
    return redirectHint(answer.headers.location, rule);
  }
  if (answer.status === 400) {
    return (
      'Django answers 400 to a Host that is not in ALLOWED_HOSTS: set `health-host` to a name that ' +
      'the site answers to.'
    );
  }
  if (answer.status === 404) return 'Nothing is served under the path of `health-url`.';
  if (answer.status >= 200 && answer.status < 300) {
    return `The service answers ${answer.status}; if that is right, set \`health-status\` (now ${rule.status}).`;
  }
  return undefined;
}
