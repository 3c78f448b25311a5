import { linesOf } from './sections.js';

/**
 * Image ids by reference.
 *
 * @param text lines `ID NAME:TAG NAME@DIGEST`, where `<none>` stands for what there is not
 */
export function parseImages(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text).flatMap((line) => {
      const [id = '', ...references] = line.split(' ');
      return references
        .filter((reference) => !reference.includes('<none>'))
        .map((reference) => [reference.replace(/:latest$/, ''), id]);
    }),
  );
}
