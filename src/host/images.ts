import type { Observation } from '../plan/observation.js';
import { linesOf } from './sections.js';

/** How Docker writes sizes for people. */
const SIZE = /^([\d.]+)([kMGT]?B)$/;
const KIB: Readonly<Record<string, number>> = {
  B: 1 / 1024,
  kB: 1000 / 1024,
  MB: 1000 ** 2 / 1024,
  GB: 1000 ** 3 / 1024,
  TB: 1000 ** 4 / 1024,
};

/**
 * Image ids and sizes by reference.
 *
 * @param text lines `ID SIZE NAME:TAG NAME@DIGEST`, where `<none>` stands for what there is not
 */
export function parseImages(text: string): Pick<Observation, 'images' | 'imageSizesKb'> {
  const named = linesOf(text).flatMap((line) => {
    const [id = '', size = '', ...references] = line.split(' ');
    return references
      .filter((reference) => !reference.includes('<none>'))
      .map((reference) => ({ id, kb: kibibytes(size), name: reference.replace(/:latest$/, '') }));
  });
  return {
    images: Object.fromEntries(named.map(({ name, id }) => [name, id])),
    imageSizesKb: Object.fromEntries(
      named.flatMap(({ name, kb }) => (kb === undefined ? [] : [[name, kb]])),
    ),
  };
}

/** @param size such as `77.8MB` */
function kibibytes(size: string): number | undefined {
  const [, number, unit = ''] = SIZE.exec(size) ?? [];
  const kib = KIB[unit];
  return number === undefined || kib === undefined ? undefined : Number(number) * kib;
}
