import { DeployError } from '../errors.js';
import { describeAnswer, waitForHealth, type HealthRule } from '../health/check.js';
import { warnOfDoubt } from '../health/doubt.js';
import type { HttpAnswer } from '../health/http.js';
import type { Probe, ProbeMark } from '../health/probe.js';
import { acceptedStatuses, decidesNothing, verdictOf } from '../health/verdict.js';
import type { Operation, Plan } from '../plan/plan.js';
import type { ServicePlan } from '../plan/service-plan.js';
import { accessLogs } from '../plan/proxies/access-logs.js';
import { remoteScript } from '../remote/load.js';
import { unlessAborted } from '../ssh/abort.js';
import type { RolloutContext } from './context.js';
import { candidateLines, stoppedBy, whileAlive } from './liveness.js';
import { judgeTraffic, SEE_THE_LOGS } from './real-traffic.js';

const BETWEEN_CHECKS_MS = 100;
const BETWEEN_SOAK_CHECKS_MS = 1_000;
const LONGEST_BETWEEN_MS = 5_000;

/** @throws DeployError unless the health endpoint answers well, so many times in a row. */
export async function requireHealth(context: RolloutContext): Promise<void> {
  const { url, status, successes, timeoutMs } = context.inputs.health;
  const before = (await context.entrance)?.first;
  const usual = context.probe?.before();
  const rule: HealthRule = {
    ...{ url, status, successes, timeoutMs },
    intervalMs: BETWEEN_CHECKS_MS,
    accepted: acceptedStatuses(before, status),
    decidesNothing: (answer) => decidesNothing(answer, usual),
  };
  const result = await waitForHealth(context.checkHealth, rule, context.clock, context.signal);
  if (result.kind === 'healthy') {
    const seen = result.status;
    context.log.info(`${url.href} answered ${String(seen)}, ${String(successes)} times in a row`);
    if (seen !== status) context.log.warn(behindLogin(context, seen));
    else if (before?.kind !== 'response' || before.status !== status) void warnOfDoubtNow(context);
    return;
  }
  if (result.kind === 'lost') {
    throw new DeployError({
      what: result.message,
      where: url.href,
      next: 'Run the workflow again.',
    });
  }
  throw new DeployError({
    what: `the health endpoint did not answer ${String(status)} ${String(successes)} times in a row within ${String(timeoutMs / 1000)} s`,
    where: url.href,
    next: [sameBefore(result.last, before), result.hint, SEE_THE_LOGS]
      .filter((line) => line !== undefined)
      .join('\n'),
    evidence: result.evidence,
  });
}

function behindLogin({ inputs: { health } }: RolloutContext, status: number): string {
  return `${health.url.href} answered ${String(status)} before this deploy, and does so now: the release is held to be as good as the old one, though nobody saw ${String(health.status)}. Set \`health-url\` to a path that needs no login, or \`health-status: ${String(status)}\`.`;
}

/** Where the old release answered the same, the new one may be as good. */
function sameBefore(
  last: HttpAnswer | undefined,
  before: HttpAnswer | undefined,
): string | undefined {
  if (last?.kind !== 'response' || before?.kind !== 'response') return undefined;
  return last.status === before.status
    ? `Before the deploy it answered ${String(before.status)} too: check \`health-url\`, \`health-host\` and \`health-status\`.`
    : undefined;
}

/** A first release, or the first one that answers: what it answers was not judged before. */
async function warnOfDoubtNow({
  entrance,
  checkHealth,
  inputs,
  log,
}: RolloutContext): Promise<void> {
  const way = await entrance;
  if (way !== undefined) await warnOfDoubt(way, await checkHealth(), inputs, log);
}

type Part = Extract<Operation, { kind: 'soak' }>['part'];

/** How much of the time of `soak` each part takes: what the incumbents' stop divides lasts no longer. */
const SHARE: Readonly<Record<Part, number>> = { whole: 1, beside: 0.75, alone: 0.25 };

/**
 * Watches the release for a part of the soak: the candidates' state on the host, the health endpoint, what
 * the availability probe saw, and what visitors got. One bad health answer does not kill a release;
 * `successes` in a row do. What fails at the public address alone is no part of the verdict. The candidates
 * are watched from now on, the answers from when `healthy` has resolved; the part `alone` judges all that
 * the probe has seen since the part `beside` began, the drain between them too.
 *
 * @throws DeployError for a release that must not stay
 */
export async function soak(
  context: RolloutContext,
  {
    services,
    operations = [],
  }: {
    readonly services: readonly Pick<ServicePlan, 'service' | 'role'>[];
    readonly operations?: Plan['operations'];
  },
  part: Part = 'whole',
  healthy: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const soakMs = context.inputs.soakMs * SHARE[part];
  if (soakMs === 0) return;
  const candidates = candidateLines(context, services);
  const watched = context.transaction.step({
    name: 'soak',
    script: remoteScript('soak'),
    variables: {
      CANDIDATES: candidates,
      STOPPED: part === 'alone' ? operations.flatMap(stoppedBy).join(' ') : '',
      HUNDREDTHS_TO_SOAK: String(Math.ceil(soakMs / 10)),
      GOES_ON: part === 'alone' ? 'yes' : '',
      PROXIES: accessLogs(context.observation, { operations })
        .map(({ proxy, files }) => `${[proxy, ...files].join(' ')}\n`)
        .join(''),
    },
  });
  const over = new AbortController();
  const ended = watched.finally(() => {
    over.abort();
  });
  const watch = async (): Promise<ProbeMark | undefined> => {
    await healthy;
    if (part !== 'alone') context.results.soakBegan = context.probe?.mark();
    await watchHealth(context, over.signal);
    return context.results.soakBegan;
  };
  const [output, mark] = await Promise.all([ended, watch()]);
  const { probe } = context;
  await whileAlive(context, candidates, async () => {
    judgeTraffic(context, output);
    if (probe !== undefined && mark !== undefined) await judgeProbe(context, probe, mark);
  });
}

function sum(times: Readonly<Record<string, number>>): number {
  return Object.values(times).reduce((all, each) => all + each, 0);
}

/** What the probe's requests met, against what they met before the first change: `verdictOf`. */
async function judgeProbe(context: RolloutContext, probe: Probe, mark: ProbeMark): Promise<void> {
  const { inputs, log, signal } = context;
  // A site that has begun to hang shows in the requests that are still under way.
  await unlessAborted(probe.settle(), signal);
  const summary = probe.since(mark);
  const { sent, failed } = summary;
  const { kind, failures } = verdictOf(probe.before(), summary);
  const shown = kind === 'bad' ? failures : summary.failures;
  const kinds = Object.entries(shown).map(([each, times]) => `${each}: ${String(times)}`);
  const what = `${String(sum(shown))} of ${String(sent)} requests failed during the soak (${kinds.join(', ')})`;
  if (kind !== 'bad') {
    const why = sum(failures) === 0 ? 'as before the first change' : 'one alone';
    if (failed > 0) log.info(`${what}: ${why} does not take a release back`);
    if (kind === 'unclear') await requireHealth(context);
    return;
  }
  throw new DeployError({
    what,
    where: inputs.health.url.href,
    next: SEE_THE_LOGS,
  });
}

/**
 * The last word, when the old containers are gone: a run whose last answers were bad is not green, though
 * nothing can be taken back any more.
 *
 * @throws DeployError where the site has stopped answering well, and does not begin again
 */
export async function requireLastAnswers(context: RolloutContext): Promise<void> {
  const { probe, signal, inputs } = context;
  if (probe === undefined) return;
  await unlessAborted(probe.settle(), signal);
  const summary = probe.snapshot();
  if (summary.failedAtEnd === 0) return;
  try {
    await requireHealth(context);
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    throw new DeployError({
      what: `the site does not answer since the old containers were removed: the last ${String(summary.failedAtEnd)} of its answers were bad`,
      where: inputs.health.url.href,
      next: '`operation: rollback` brings the previous release back, without a build.',
      ...(error.evidence === undefined ? {} : { evidence: error.evidence }),
      cause: error,
    });
  }
}

async function watchHealth(context: RolloutContext, over: AbortSignal): Promise<void> {
  const { status, successes, url } = context.inputs.health;
  const good = acceptedStatuses((await context.entrance)?.first, status);
  const usual = context.probe?.before();
  let bad = 0;
  let pauseMs = BETWEEN_SOAK_CHECKS_MS;
  while (!over.aborted) {
    const answer = await context.checkHealth();
    if (answer.kind === 'lost') return;
    if (answer.kind === 'response' && good.includes(answer.status)) bad = 0;
    else if (decidesNothing(answer, usual)) pauseMs = Math.min(2 * pauseMs, LONGEST_BETWEEN_MS);
    else bad += 1;
    if (bad >= successes) {
      throw new DeployError({
        what: `the health endpoint failed ${String(bad)} times in a row during the soak`,
        where: url.href,
        next: SEE_THE_LOGS,
        evidence: describeAnswer(answer),
      });
    }
    await context.clock.sleep(pauseMs, over).catch((error: unknown) => {
      if (!over.aborted) throw error;
    });
  }
}
