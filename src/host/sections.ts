/** Parts of what a script on the host printed, by the name that it gave them. */
export type Sections = ReadonlyMap<string, string>;

/**
 * Splits the output of a script into the sections that it announced with lines `=MARK=NAME=`. The mark
 * is random, so that nothing that the host prints can be taken for one.
 */
export function parseSections(output: string, mark: string): Sections {
  const sections = new Map<string, string>();
  const parts = output.split(new RegExp(`(?:^|\\n)=${mark}=(.*)=\\n`));
  for (let index = 1; index < parts.length; index += 2) {
    const name = parts[index];
    if (name !== undefined) sections.set(name, parts[index + 1] ?? '');
  }
  return sections;
}

/** The non-empty lines of a section. */
export function linesOf(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line.trim() !== '');
}
