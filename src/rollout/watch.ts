import { DeployError } from '../errors.js';
import { waitForHealth } from '../health/check.js';
import { remoteScript } from '../remote/load.js';
import { candidatesOf, type RolloutContext } from './context.js';

const BETWEEN_CHECKS_MS = 100;
const BETWEEN_SOAK_CHECKS_MS = 1_000;

/** @throws DeployError unless the health endpoint answers well, so many times in a row. */
export async function requireHealth(context: RolloutContext): Promise<void> {
  const { url, status, successes, timeoutMs } = context.inputs.health;
  const rule = { status, successes, timeoutMs, intervalMs: BETWEEN_CHECKS_MS };
  const result = await waitForHealth(context.checkHealth, rule, context.clock, context.signal);
  if (result.kind === 'healthy') {
    context.log.info(`${url.href} answered ${String(status)}, ${String(successes)} times in a row`);
    return;
  }
  if (result.kind === 'lost') {
    throw new DeployError({ what: result.message, next: 'Run the workflow again.' });
  }
  throw new DeployError({
    what: `the health endpoint did not answer ${String(status)} ${String(successes)} times in a row within ${String(timeoutMs / 1000)} s`,
    where: url.href,
    next: result.hint ?? 'See its last answers and the logs above.',
    evidence: result.evidence,
  });
}

/**
 * Watches real traffic for the soak: the candidates' state on the host, the health endpoint, and what
 * the availability probe saw. One bad health answer does not kill a release; `successes` in a row do.
 *
 * @throws DeployError for a release that must not stay
 */
export async function soak(context: RolloutContext): Promise<void> {
  const { soakMs } = context.inputs;
  if (soakMs === 0) return;
  const mark = context.probe?.mark();
  const watched = context.transaction.step({
    name: 'soak',
    script: remoteScript('soak'),
    variables: {
      CANDIDATES: candidatesOf(context)
        .map(({ service, id }) => `${service} ${id}\n`)
        .join(''),
      SECONDS_TO_SOAK: String(Math.ceil(soakMs / 1000)),
    },
  });
  const over = new AbortController();
  const ended = watched.finally(() => {
    over.abort();
  });
  await Promise.all([ended, watchHealth(context, over.signal)]);
  const failures = mark === undefined ? {} : (context.probe?.failuresSince(mark) ?? {});
  const kinds = Object.entries(failures).map(([kind, times]) => `${kind}: ${String(times)}`);
  if (kinds.length > 0) {
    throw new DeployError({
      what: `requests failed during the soak (${kinds.join(', ')})`,
      where: context.inputs.health.url.href,
      next: 'The log of the service that answered says why.',
    });
  }
}

async function watchHealth(context: RolloutContext, over: AbortSignal): Promise<void> {
  const { status, successes, url } = context.inputs.health;
  let bad = 0;
  while (!over.aborted) {
    const answer = await context.checkHealth();
    if (answer.kind === 'lost') return;
    bad = answer.kind === 'response' && answer.status === status ? 0 : bad + 1;
    if (bad >= successes) {
      throw new DeployError({
        what: `the health endpoint failed ${String(bad)} times in a row during the soak`,
        where: url.href,
        next: 'The log of the service that answered says why.',
        evidence: answer.kind === 'response' ? `status ${String(answer.status)}` : answer.kind,
      });
    }
    await context.clock.sleep(BETWEEN_SOAK_CHECKS_MS, over).catch((error: unknown) => {
      if (!over.aborted) throw error;
    });
  }
}
