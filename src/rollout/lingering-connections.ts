import type { RolloutContext } from './context.js';

/**
 * Notes, behind the step that moves requests away from these containers, what is connected to them: whoever
 * opens something new from then on was not moved. Nobody waits for it.
 */
export function noteLeft(
  { transaction }: RolloutContext,
  leaving: readonly string[],
  moved: readonly string[],
  lateSeconds?: number,
): void {
  if (leaving.length === 0) return;
  const noted = transaction.step({
    name: 'note',
    script: `note_left "$LEAVING" "$MOVED" "$LATE" || say 'who goes on with the old containers will not be known'`,
    variables: {
      LEAVING: [...new Set(leaving)].join(' '),
      MOVED: [...new Set(moved)].map((line) => `${line}\n`).join(''),
      LATE: String(lateSeconds ?? ''),
    },
  });
  // Where it was not done, the step before it failed, or the lease is lost: the next one says the same.
  noted.catch(() => undefined);
}
