import { complaint, Refusal, wrongFields, type Route } from './routes.js';
import type { Zone } from './stand-in.js';

const VALUES: Readonly<Record<string, readonly string[]>> = {
  ssl: ['off', 'flexible', 'full', 'strict'],
  min_tls_version: ['1.0', '1.1', '1.2', '1.3'],
  always_use_https: ['on', 'off'],
};

export function settingsRoutes(zone: Zone): readonly Route[] {
  const path = /^\/settings\/(ssl|min_tls_version|always_use_https)$/;
  const shown = (id: string): object => ({ id, value: zone.settings[id], editable: true });
  return [
    {
      method: 'GET',
      path,
      permission: 'Zone Settings',
      perform: ({ ids: [id = ''] }) => shown(id),
    },
    {
      method: 'PATCH',
      path,
      permission: 'Zone Settings',
      perform: ({ body, ids: [id = ''] }) => {
        const isValue = (value: unknown): boolean =>
          typeof value === 'string' && VALUES[id]?.includes(value) === true;
        const wrong = wrongFields(body, { value: isValue }, ['value']);
        if (wrong !== undefined) {
          return new Refusal(400, [
            complaint(1007, `Invalid value for zone setting ${id}: ${wrong}`),
          ]);
        }
        zone.settings[id] = String(body['value']);
        return shown(id);
      },
    },
  ];
}
