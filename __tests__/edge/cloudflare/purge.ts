import { complaint, Refusal, wrongFields, type Fields, type Route } from './routes.js';
import type { Zone } from './stand-in.js';

function listOf(isItem: (item: string) => boolean): (value: unknown) => boolean {
  return (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 100 &&
    value.every((item) => typeof item === 'string' && isItem(item));
}

/** One kind of purge a request; 100 items; addresses of the zone alone; a bucket of requests. */
export function purgeRoutes(zone: Zone): readonly Route[] {
  const isOfZone = (host: string): boolean => host === zone.name || host.endsWith(`.${zone.name}`);
  const fields: Fields = {
    purge_everything: (value) => value === true,
    files: listOf((item) => URL.canParse(item) && isOfZone(new URL(item).hostname)),
    prefixes: listOf((item) => !item.includes('://') && isOfZone(item.replace(/\/.*$/, ''))),
    hosts: listOf(isOfZone),
    tags: listOf((item) => !item.includes(' ')),
  };
  return [
    {
      method: 'POST',
      path: /^\/purge_cache$/,
      permission: 'Cache Purge',
      perform: ({ body }) => {
        const wrong =
          Object.keys(body).length === 1 ? wrongFields(body, fields, []) : 'one kind of purge';
        if (wrong !== undefined) return new Refusal(400, [complaint(1012, wrong)]);
        if (zone.purgesLeft === 0) {
          return new Refusal(429, [complaint(10429, 'Purge rate limit reached')], {
            'retry-after': '12',
          });
        }
        zone.purgesLeft -= 1;
        zone.purged.push(body);
        return { id: 'purge' };
      },
    },
  ];
}
