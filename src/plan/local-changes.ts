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
