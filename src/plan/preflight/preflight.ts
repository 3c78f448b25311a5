import type { Refusal } from '../refusal.js';
import type { Observation } from '../observation.js';
import type { Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { takenPorts } from './ports.js';
import { foreignProject } from './projects.js';
import { roomNotes, roomRefusals } from './room.js';
import { versionNotes, versionRefusals } from './versions.js';

/** What of the host stands against a plan, before anything has changed: each with the command that mends it. */
export function preflightRefusals(
  observation: Observation,
  services: readonly ServicePlan[],
  operations: readonly Operation[],
): readonly Refusal[] {
  const taken = takenPorts(observation, services).filter(({ isCertain }) => isCertain);
  return [
    ...foreignProject(observation),
    ...taken.map(({ what, next }) => ({ what, next })),
    ...machineRefusals(observation, operations),
  ];
}

/** What of the host may stand against it. */
export function preflightNotes(
  observation: Observation,
  services: readonly ServicePlan[],
  operations: readonly Operation[],
): readonly string[] {
  const taken = takenPorts(observation, services).filter(({ isCertain }) => !isCertain);
  return [
    ...taken.map(({ what, next }) => `${what}: the container may not start. ${next}`),
    ...machineNotes(observation, operations),
  ];
}

/** The same of the machine alone, whatever runs the stack. */
export function machineRefusals(
  observation: Observation,
  operations: readonly Operation[],
): readonly Refusal[] {
  return [
    ...roomRefusals(observation, operations),
    ...versionRefusals(observation.host, operations),
  ];
}

export function machineNotes(
  observation: Observation,
  operations: readonly Operation[],
): readonly string[] {
  return [...roomNotes(observation, operations), ...versionNotes(observation.host, operations)];
}
