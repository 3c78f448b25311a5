import { changeOf } from './decision.js';
import type { Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';

interface Accepted {
  readonly allowDowntime: boolean;
}

/**
 * What `depends_on` with `restart: true` asks for: services whose dependency gets new containers get new ones as well.
 * A proxy that a cutover leads to the new ones needs none. What would mean a gap that nobody has accepted is told.
 * Asked again once it is known which images differ.
 */
export function withDependants(
  observation: Observation,
  services: readonly ServicePlan[],
  accepted: Accepted,
): readonly ServicePlan[] {
  const plans = new Map(services.map((plan) => [plan.service, plan] as const));
  // A set that grows while it is walked is walked to its end: each may be the dependency of another one.
  const renewed = new Set(services.filter(isRenewed));
  for (const dependency of renewed)
    for (const [service, plan] of plans) {
      if (!dependsOn(observation, service, dependency)) continue;
      const next = followed(observation, plan, dependency, accepted);
      plans.set(service, next);
      if (next !== plan && isRenewed(next)) renewed.add(next);
    }
  return [...plans.values()];
}

function isRenewed({ action, incumbents }: ServicePlan): boolean {
  return (action === 'roll' || action === 'replace') && incumbents.length > 0;
}

function dependsOn({ wanted }: Observation, name: string, dependency: ServicePlan): boolean {
  return (wanted.services[name]?.dependsOn ?? []).some(
    ({ service, restart }) => restart === true && service === dependency.service,
  );
}

function followed(
  { proxies }: Observation,
  plan: ServicePlan,
  dependency: ServicePlan,
  { allowDowntime }: Accepted,
): ServicePlan {
  const { service, role, action, incumbents, told } = plan;
  const isLed = proxies.some(({ containerId }) => incumbents.includes(containerId));
  if (action !== 'keep' || incumbents.length === 0 || role === 'job' || isLed) return plan;
  const change = changeOf(plan);
  const isFree = change === 'roll' || role === 'singleton' || role === 'worker';
  // What stops before its successor starts, and holds no data, does so after candidates have started.
  const isBefore = dependency.action === 'roll' || dependency.role === 'data';
  const why = `it depends on ${dependency.service}, which gets a new container, with restart: true`;
  if (dependency.ifImageChanges) {
    const text = `it may change as well: ${why.replace('gets', 'may get')}`;
    return told.includes(text) ? plan : { ...plan, told: [...told, text] };
  }
  if (role !== 'data' && isBefore && (isFree || allowDowntime))
    return { ...plan, action: change, why };
  const text = `${why}, and goes on as it is. To restart it, on the host: docker compose restart ${service}`;
  return { ...plan, told: [...told, text] };
}
