import type { Clock } from '../clock.js';

const ATTEMPTS = 3;
const BETWEEN_ATTEMPTS_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Asks the public address, as a visitor would, over whatever stands before the host (DNS, a CDN).
 * A redirect is a good answer: it is what an entrance often gives.
 *
 * @returns undefined when it answers below 400; otherwise what it said last, for a person
 */
export async function publicProblem(url: string, clock: Clock): Promise<string | undefined> {
  let problem: string | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    problem = await ask(url);
    if (problem === undefined) return undefined;
    if (attempt < ATTEMPTS) await clock.sleep(BETWEEN_ATTEMPTS_MS);
  }
  return problem;
}

async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await answer.body?.cancel();
    return answer.status < 400 ? undefined : `status ${String(answer.status)}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}
