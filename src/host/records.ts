import { objectOf, textOf } from '../plan/json.js';
import type { ReleaseRecord } from '../plan/observation.js';

/** A release's record as it lies in `releases/` on the host. */
export function parseRecord(name: string, text: string): ReleaseRecord {
  const json = objectOf(JSON.parse(text));
  return {
    name,
    sha: textOf(json['sha']) ?? '',
    deployedAt: textOf(json['deployedAt']) ?? '',
    services: Object.fromEntries(
      Object.entries(objectOf(json['services'])).map(([service, value]) => {
        const released = objectOf(value);
        return [
          service,
          {
            imageId: textOf(released['imageId']) ?? '',
            keptAs: textOf(released['keptAs']),
            image: textOf(released['image']) ?? '',
            definition: textOf(released['definition']) ?? '',
          },
        ];
      }),
    ),
  };
}

export function renderRecord(record: Omit<ReleaseRecord, 'name'>): string {
  return JSON.stringify(record, null, 2);
}
