import type { Refusal } from '../plan/refusal.js';
import { listOf, numberOf, objectOf, textOf, type JsonObject } from '../plan/compose/json.js';
import { STAYS, type ServicePlan } from '../plan/service-plan.js';

/** The defaults of Docker. */
const MONITOR_MS = 5_000;
const INTERVAL_MS = 30_000;
const RETRIES = 3;

type Order = 'start-first' | 'stop-first';

/** What Swarm does where the file says nothing: the old task stops first. */
export function orderOf(definition: JsonObject | undefined): Order {
  const { order } = objectOf(objectOf(objectOf(definition)['deploy'])['update_config']);
  return order === 'start-first' ? 'start-first' : 'stop-first';
}

/** What must not be done to the services that change. */
export function lintRefusals(
  services: readonly ServicePlan[],
  definitions: Readonly<Record<string, JsonObject>>,
  { allowDowntime }: { readonly allowDowntime: boolean },
): readonly Refusal[] {
  return changing(services).flatMap(({ service, role, action, ifImageChanges }) => {
    const definition = definitions[service];
    const order = orderOf(definition);
    const hasOld = action !== 'start';
    return [
      ...(role === 'data' && order === 'start-first'
        ? [
            {
              what: `${service} holds data, and deploy.update_config.order: start-first would run two of it at once`,
              next: `Set order: stop-first at ${service}.`,
            },
          ]
        : []),
      ...(order === 'start-first' && hostPorts(definition).length > 0
        ? [
            {
              what: `${service} publishes port ${hostPorts(definition).join(', ')} of the node (mode: host), which the new task cannot take while the old one runs (order: start-first)`,
              next: `Set order: stop-first and allow-downtime: true, or publish it with mode: ingress.`,
            },
          ]
        : []),
      ...(hasOld && !ifImageChanges && SERVING.has(role) && order === 'stop-first' && !allowDowntime
        ? [stopsFirst(service)]
        : []),
    ];
  });
}

/** Services whose change visitors notice. */
const SERVING: ReadonlySet<string> = new Set(['routed', 'direct', 'proxy']);

function stopsFirst(service: string): Refusal {
  return {
    what: `${service} cannot change without a gap: Swarm stops its old task before the new one starts (deploy.update_config.order is stop-first, its default)`,
    next: `Set order: start-first below deploy.update_config of ${service}, and a healthcheck; or accept the gap: allow-downtime: true.`,
  };
}

/** What a person should know of the services that change. */
export function lintNotes(
  services: readonly ServicePlan[],
  definitions: Readonly<Record<string, JsonObject>>,
): readonly string[] {
  return changing(services).flatMap(({ service, role, action }) => {
    const definition = objectOf(definitions[service]);
    return [
      ...withoutHealthcheck(service, definition),
      ...shortMonitor(service, definition),
      ...(SERVING.has(role) && action !== 'start' && orderOf(definition) === 'start-first'
        ? [
            `${service}: Swarm stops the old task as soon as the new one is healthy, and requests that are sent to it in that moment may fail: let it serve for some seconds after SIGTERM, within stop_grace_period`,
          ]
        : []),
    ];
  });
}

function changing(services: readonly ServicePlan[]): readonly ServicePlan[] {
  return services.filter(({ action }) => !STAYS.has(action) && action !== 'remove');
}

function withoutHealthcheck(service: string, definition: JsonObject): readonly string[] {
  const check = objectOf(definition['healthcheck']);
  return Object.keys(check).length > 0 && check['disable'] !== true
    ? []
    : [
        `${service} has no healthcheck in the Compose file: without one in its image either, Swarm takes a task for ready as soon as its process runs`,
      ];
}

/** Swarm forgets about a new task after `monitor`: one that turns unhealthy later does not stop the update. */
function shortMonitor(service: string, definition: JsonObject): readonly string[] {
  const check = objectOf(definition['healthcheck']);
  if (Object.keys(check).length === 0) return [];
  const { monitor } = objectOf(objectOf(definition['deploy'])['update_config']);
  const monitorMs = durationOf(monitor) ?? MONITOR_MS;
  const neededMs =
    (durationOf(check['start_period']) ?? 0) +
    (durationOf(check['interval']) ?? INTERVAL_MS) * (numberOf(check['retries']) ?? RETRIES);
  return monitorMs >= neededMs
    ? []
    : [
        `${service}: deploy.update_config.monitor (${String(monitorMs / 1000)} s) is shorter than its healthcheck needs to fail (start_period + interval × retries: ${String(neededMs / 1000)} s)`,
      ];
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration as Compose prints it: `1m30s`; undefined where there is none. */
function durationOf(value: unknown): number | undefined {
  const parts = [...(textOf(value) ?? '').matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0);
}

function hostPorts(definition: JsonObject | undefined): readonly string[] {
  return listOf(objectOf(definition)['ports'])
    .map(objectOf)
    .filter(({ mode }) => mode === 'host')
    .map(({ published, target }) => textOf(published) ?? textOf(target) ?? '');
}
