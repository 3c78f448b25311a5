import { objectOf, textOf, type JsonObject } from '../plan/compose/json.js';
import type { Translation } from './translation.js';

const OF_DEPLOY: ReadonlySet<string> = new Set([
  'mode',
  'replicas',
  'labels',
  'update_config',
  'rollback_config',
  'restart_policy',
  'placement',
  'endpoint_mode',
]);

/** What stands below `deploy`, which was Swarm's own. */
export function translateDeploy(value: unknown, service: JsonObject): Translation {
  const { resources, ...deploy } = objectOf(value);
  const mode = textOf(deploy['mode']) ?? 'replicated';
  const kept = Object.entries(deploy).filter(([key]) => OF_DEPLOY.has(key));
  const { scale } = service;
  return {
    lost: [
      ...Object.keys(deploy)
        .filter((key) => !OF_DEPLOY.has(key))
        .map((key) => `Swarm ignores deploy.${key}`),
      ...(mode.endsWith('-job') ? ['this version deploys no jobs to a Swarm'] : []),
    ],
    set: {
      deploy: {
        ...Object.fromEntries(kept),
        ...(scale === undefined || mode === 'global' ? {} : { replicas: scale }),
        ...(resources === undefined ? {} : { resources: limitsAsText(objectOf(resources)) }),
      },
    },
  };
}

/** `docker stack deploy` takes processors as text. */
function limitsAsText(resources: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(resources).map(([kind, value]) => {
      const { cpus, ...limits } = objectOf(value);
      return [kind, cpus === undefined ? limits : { ...limits, cpus: textOf(cpus) ?? '' }];
    }),
  );
}
