export interface Card {
  readonly id: number;
  readonly front: string;
  readonly back: string;
}

export interface Review {
  readonly id: number;
  readonly card: Card;
  readonly due_at: string;
  readonly interval_days: number;
}

/** An answer that is not what was asked for: its message is fit for the page. */
export class ApiError extends Error {}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isReview(value: unknown): value is Review {
  return isRecord(value) && typeof value['id'] === 'number' && isRecord(value['card']);
}

async function call(path: string, body?: object): Promise<Record<string, unknown>> {
  const init =
    body === undefined
      ? {}
      : {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'Content-Type': 'application/json' },
        };
  const response = await fetch(`/api/${path}`, init);
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && isRecord(answer)) return answer;
  const told = isRecord(answer) && typeof answer['error'] === 'string' ? answer['error'] : '';
  throw new ApiError(told === '' ? `the server answered ${response.status.toString()}` : told);
}

/** The reviews that are due, the longest overdue first. */
export async function dueReviews(): Promise<Review[]> {
  const { reviews } = await call('reviews/due/');
  return Array.isArray(reviews) ? reviews.filter(isReview) : [];
}

/** Grades a review (0: no idea … 5: at once); resolves to the days until the card comes again. */
export async function answerReview(id: number, grade: number): Promise<number> {
  const { next } = await call(`reviews/${id.toString()}/answer/`, { grade });
  return isReview(next) ? next.interval_days : 0;
}

export async function addCard(front: string, back: string): Promise<void> {
  await call('cards/', { front, back });
}

/** The release of the backend that answers. */
export async function backendRelease(): Promise<string> {
  const { release } = await call('health/');
  return typeof release === 'string' ? release : 'unknown';
}
