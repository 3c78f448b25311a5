import { objectOf, textOf } from '../../plan/compose/json.js';
import type { Api } from '../api.js';
import { isUnasked } from '../origin-certificate.js';
import type { Area, Change } from './change.js';

const ASKED = {
  permission: 'Zone → Zone Settings → Edit',
  doing: 'changing the settings of the zone at Cloudflare',
} as const;

/** Why the host cannot serve Cloudflare over checked TLS; undefined where it can. */
export type JudgeOrigin = () => Promise<string | undefined>;

/** @param wanted values by Cloudflare's names of settings */
export function settingsArea(
  api: Api,
  wanted: Readonly<Record<string, string>>,
  judgeOrigin: JudgeOrigin,
): Area {
  return {
    name: 'settings',
    compare: async () => {
      const changes: Change[] = [];
      const left: string[] = [];
      for (const [id, value] of Object.entries(wanted)) {
        const path = `/settings/${id}`;
        const found = await api.call({ ...ASKED, method: 'GET', path, repeatable: true });
        const now = textOf(objectOf(found)['value']) ?? '';
        const problem = id === 'ssl' && value === 'strict' ? await judgeOrigin() : undefined;
        if (now === value) {
          if (problem !== undefined && !isUnasked(problem)) {
            left.push(
              `ssl is strict, and visitors get error 526, or will when Cloudflare asks again. ${problem} See docs/cloudflare.md of this action for a certificate.`,
            );
          }
          continue;
        }
        if (problem === undefined) {
          changes.push({
            words: `${id}: ${now} → ${value}`,
            call: { ...ASKED, method: 'PATCH', path, body: { value }, repeatable: true },
          });
        } else {
          left.push(
            `ssl stays ${now}: with strict, visitors would get error 526. ${problem} See docs/cloudflare.md of this action for a certificate.`,
          );
        }
      }
      return { changes, left };
    },
  };
}
