import { ApiError } from '../api-errors.js';
import type { Api } from '../api.js';
import type { TellNote } from '../note.js';
import type { Area, Difference } from './change.js';

/** After such a failure nothing else is worth a try. */
const FINAL: ReadonlySet<ApiError['kind']> = new Set(['token', 'cancelled', 'not-found']);

/** Tells what would be changed, and changes nothing. Never rejects. */
export async function foreseeChanges(
  areas: readonly Area[],
  file: string,
  note: TellNote,
): Promise<void> {
  let changes = 0;
  for (const area of areas) {
    const difference = await compare(area, note);
    if (difference === 'stop') return;
    for (const { words } of difference?.changes ?? []) {
      changes += 1;
      note({ kind: 'planned', text: `Cloudflare: ${words}` });
    }
    tellLeft(difference, note);
  }
  if (changes === 0) note({ kind: 'planned', text: `Cloudflare: nothing to change by ${file}` });
}

/**
 * Makes the edge as the file says. What fails is told, and leaves the rest alone: the next run looks again, and goes on
 * from what is there. Never rejects.
 *
 * @param isDrift true where the release has not changed the file: what differs was changed at Cloudflare, or left by a run that failed
 */
export async function applyChanges(
  api: Api,
  areas: readonly Area[],
  { file, isDrift }: { readonly file: string; readonly isDrift: boolean },
  note: TellNote,
): Promise<void> {
  let isAsSaid = true;
  for (const area of areas) {
    const difference = await compare(area, note);
    if (difference === 'stop') return;
    isAsSaid &&= difference?.changes.length === 0 && difference.left.length === 0;
    tellLeft(difference, note);
    for (const [index, { words, call }] of (difference?.changes ?? []).entries()) {
      try {
        await api.call(call);
        const why = isDrift
          ? `. It differed from ${file}, which this release does not change: it was changed at Cloudflare, or an earlier run did not finish`
          : '';
        note({ kind: 'done', text: `Cloudflare: ${words}${why}` });
      } catch (error) {
        const undone = difference?.changes.slice(index).map((each) => each.words) ?? [];
        note({
          kind: 'warning',
          text: `${told(error)}\nNot done at Cloudflare: ${undone.join('; ')}. The release serves; the next run goes on from there.`,
        });
        if (error instanceof ApiError && FINAL.has(error.kind)) return;
        break;
      }
    }
  }
  if (isAsSaid) note({ kind: 'done', text: `Cloudflare is as ${file} says` });
}

/** @returns undefined where this area cannot be read; `stop` where no other can be either */
async function compare(area: Area, note: TellNote): Promise<Difference | 'stop' | undefined> {
  try {
    return await area.compare();
  } catch (error) {
    note({
      kind: 'warning',
      text: `${told(error)}\nWhat is there was not seen, and nothing was changed: ${area.name}.`,
    });
    return error instanceof ApiError && FINAL.has(error.kind) ? 'stop' : undefined;
  }
}

function tellLeft(difference: Difference | undefined, note: TellNote): void {
  for (const text of difference?.left ?? []) note({ kind: 'warning', text: `Cloudflare: ${text}` });
}

function told(error: unknown): string {
  return error instanceof ApiError ? error.message : `Cloudflare: ${String(error)}`;
}
