import { handedVolumes } from './anonymous-volumes.js';
import type { Batch } from './batches.js';
import type { Observation } from '../observation.js';
import type { Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { drainFileOf, isTraefikRouted } from '../compose/traefik-labels.js';
import type { ServiceScale } from '../scale.js';
import type { Stack } from '../compose/stack.js';
import { portsOf } from './stops.js';

/**
 * New services in waves, each after those that it depends on; candidates of rolled services, whose
 * dependencies run already, come with the last wave.
 */
export function starts(
  observation: Observation,
  services: readonly ServicePlan[],
  batch: Batch = [],
): readonly Operation[] {
  const ports = portsOf(observation);
  const scale = (plan: ServicePlan): ServiceScale => {
    const definition = observation.wanted.services[plan.service];
    return {
      service: plan.service,
      replicas: plan.replicas,
      incumbents: plan.incumbents,
      dead: plan.role === 'data' ? [] : plan.dead,
      handed: handedVolumes(observation, plan),
      resumed: plan.role === 'data' ? plan.dead : [],
      port: ports(plan.service),
      drainFile:
        definition !== undefined && isTraefikRouted(definition)
          ? drainFileOf(definition)
          : undefined,
    };
  };
  const candidates = batch.map((portion) => ({
    ...scale(portion.plan),
    replicas: portion.candidates,
    handed: handedVolumes(observation, portion.plan).slice(
      portion.after,
      portion.after + portion.candidates,
    ),
  }));
  const waves = inWaves(observation.wanted, services).map((wave) => wave.map(scale));
  const last = waves.pop() ?? [];
  return [...waves, [...last, ...candidates]]
    .filter((wave) => wave.length > 0)
    .map((wave) => ({ kind: 'start', services: wave }));
}

function inWaves(stack: Stack, services: readonly ServicePlan[]): ServicePlan[][] {
  const waves: ServicePlan[][] = [];
  let left = [...services];
  while (left.length > 0) {
    const names = new Set(left.map(({ service }) => service));
    const free = left.filter(
      ({ service }) =>
        !(stack.services[service]?.dependsOn ?? []).some((dependency) =>
          names.has(dependency.service),
        ),
    );
    // Compose refuses cycles, so there is always one that is free.
    const wave = free.length > 0 ? free : left;
    waves.push(wave);
    left = left.filter((service) => !wave.includes(service));
  }
  return waves;
}
