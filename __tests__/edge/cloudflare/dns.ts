import { isIP } from 'node:net';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { complaint, Refusal, wrongFields, type Fields, type Route } from './routes.js';
import type { Zone } from './stand-in.js';

const PERMISSION = 'DNS';

/** Records: a second POST adds a second one, an identical one is refused, and a CNAME stands alone. */
export function dnsRoutes(zone: Zone): readonly Route[] {
  const isOfZone = (name: unknown): boolean =>
    typeof name === 'string' && (name === zone.name || name.endsWith(`.${zone.name}`));
  const fields: Fields = {
    type: (value) => value === 'A' || value === 'AAAA',
    name: isOfZone,
    content: (value) => typeof value === 'string',
    proxied: (value) => typeof value === 'boolean',
    ttl: (value) => value === 1 || (typeof value === 'number' && value >= 60),
    comment: (value) => typeof value === 'string' && value.length <= 100,
  };
  const judge = (body: JsonObject): Refusal | undefined => {
    const wrong = wrongFields(body, fields, ['type', 'name', 'content', 'ttl']);
    if (wrong !== undefined) return new Refusal(400, [complaint(9000, wrong)]);
    const family = body['type'] === 'A' ? 4 : 6;
    return isIP(String(body['content'])) === family
      ? undefined
      : new Refusal(400, [
          complaint(9005, `Content for ${String(body['type'])} record is invalid`),
        ]);
  };
  return [
    {
      method: 'GET',
      path: /^\/dns_records$/,
      permission: PERMISSION,
      query: {
        type: (value) => value === 'A' || value === 'AAAA',
        name: isOfZone,
        per_page: (value) => Number(value) >= 5 && Number(value) <= 5_000_000,
      },
      perform: ({ query }) =>
        zone.records.filter((record) =>
          ['type', 'name'].every((key) => !query.has(key) || query.get(key) === record[key]),
        ),
    },
    {
      method: 'POST',
      path: /^\/dns_records$/,
      permission: PERMISSION,
      perform: ({ body }) => {
        const refused = judge(body);
        if (refused !== undefined) return refused;
        const same = zone.records.filter((record) => record['name'] === body['name']);
        if (same.some((record) => record['type'] === 'CNAME')) {
          return new Refusal(400, [
            complaint(81054, 'A CNAME record with that host already exists.'),
          ]);
        }
        const isThere = same.some(
          (record) => record['type'] === body['type'] && record['content'] === body['content'],
        );
        if (isThere)
          return new Refusal(400, [complaint(81058, 'An identical record already exists.')]);
        const record = { ...body, id: `record-${zone.records.length + 1}`, proxiable: true };
        zone.records.push(record);
        return record;
      },
    },
    {
      method: 'PATCH',
      path: /^\/dns_records\/([^/]+)$/,
      permission: PERMISSION,
      perform: ({ body, ids: [id] }) => {
        const index = zone.records.findIndex((record) => record['id'] === id);
        if (index === -1) return new Refusal(404, [complaint(81044, 'Record does not exist.')]);
        const refused = judge(body);
        if (refused !== undefined) return refused;
        const changed = { ...zone.records[index], ...body };
        zone.records[index] = changed;
        return changed;
      },
    },
  ];
}
