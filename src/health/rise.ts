/** Requests, and those of them that failed. */
export interface Counted {
  readonly requests: number;
  readonly failed: number;
}

/** The same, before a change and after it. */
export interface Comparison {
  readonly before: Counted;
  readonly after: Counted;
}

/** Fewer requests on either side decide nothing. */
const ENOUGH_REQUESTS = 20;
const ENOUGH_FAILURES = 5;
/** By chance alone so clear a rise comes once in so many releases. */
const CHANCE = 1 / 1_000;
const LEAST_RISE = 0.01;

/**
 * Whether 5xx answers have clearly risen: Fisher's exact test, and a rise that a visitor would notice. A
 * site that failed as much before is not taken back for it.
 */
export function hasRisen({ before, after }: Comparison): boolean {
  if (before.requests < ENOUGH_REQUESTS || after.requests < ENOUGH_REQUESTS) return false;
  if (after.failed < ENOUGH_FAILURES) return false;
  const [shareBefore, shareAfter] = [shareOf(before), shareOf(after)];
  if (shareAfter < Math.max(2 * shareBefore, shareBefore + LEAST_RISE) && shareAfter < 0.9) {
    return false;
  }
  return shareAfter > shareBefore && chanceOf(before, after) < CHANCE;
}

function shareOf({ requests, failed }: Counted): number {
  return requests === 0 ? 0 : failed / requests;
}

/**
 * How probable at least so many failures after the cutover are where it changed nothing: all failures fall
 * on any of the requests alike.
 */
function chanceOf(before: Counted, after: Counted): number {
  const failed = before.failed + after.failed;
  const requests = before.requests + after.requests;
  const all = logChoose(requests, failed);
  let chance = 0;
  for (let count = after.failed; count <= Math.min(failed, after.requests); count += 1) {
    const logChance =
      logChoose(after.requests, count) + logChoose(before.requests, failed - count) - all;
    chance += Math.exp(logChance);
    if (chance >= CHANCE) break;
  }
  return chance;
}

function logChoose(from: number, take: number): number {
  if (take < 0 || take > from) return -Infinity;
  return logFactorial(from) - logFactorial(take) - logFactorial(from - take);
}

/** Stirling's series, which is exact enough from 10 on. */
function logFactorial(number: number): number {
  if (number < 10) {
    let product = 1;
    for (let factor = 2; factor <= number; factor += 1) product *= factor;
    return Math.log(product);
  }
  return (
    number * Math.log(number) -
    number +
    0.5 * Math.log(2 * Math.PI * number) +
    1 / (12 * number) -
    1 / (360 * number ** 3)
  );
}
