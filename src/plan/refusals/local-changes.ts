import { listed } from '../changes/changes.js';
import type { Observation } from '../observation.js';
import type { Refusal } from '../refusal.js';

/** Of files that are told in one sentence so many are named: a `chmod -R` changes thousands. */
export const MOST_FILES = 20;

/** The command that drops local changes in these files of a clone; of too many to name, in all of them. */
export function dropping(clone: string, paths: readonly string[]): string {
  if (paths.length > MOST_FILES) {
    return `git -C ${clone} reset --hard (which drops every local change there; git -C ${clone} status names them)`;
  }
  const words = paths.map((path) => `'${path.replaceAll("'", `'\\''`)}'`);
  return `git -C ${clone} checkout -- ${words.join(' ')}`;
}

/** What was made in the live directory by hand, and would be lost: changed files, files of the same names, commits. */
export function filesInTheWay({ live, commit }: Observation): readonly Refusal[] {
  const changed = new Set(commit.changes.map(({ path }) => path));
  const overwritten = live.modified.filter((path) => changed.has(path));
  return [
    ...(overwritten.length === 0
      ? []
      : [
          {
            what: `local changes in ${live.path} would be overwritten: ${listed(overwritten, MOST_FILES)}`,
            next: `On the host, keep them (git stash, or commit and push them) or drop them: ${dropping(live.path, overwritten)}`,
          },
        ]),
    ...(live.conflicts.length === 0
      ? []
      : [
          {
            what: `untracked files in ${live.path} would be overwritten: ${listed(live.conflicts, MOST_FILES)}`,
            next: 'The commit brings files of the same names with another content. Move them away on the host.',
          },
        ]),
    ...(live.localCommits.length === 0
      ? []
      : [
          {
            what: `${live.path} has commits that the branch does not have: ${live.localCommits.join('; ')}`,
            next: `They were made on the host, or the branch was force-pushed. Bring them to the branch (merge ${(live.head ?? '').slice(0, 12)}), or drop them on the host: git -C ${live.path} reset --hard ${live.commonCommit?.slice(0, 12) ?? `origin/${live.branch ?? 'main'}`}`,
          },
        ]),
  ];
}
