import type { Refusal } from '../refusal.js';
import { objectOf, textOf } from '../compose/json.js';
import type { Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';
import type { Stack } from '../compose/stack.js';

/** The name that Docker knows a volume of the Compose file by. */
export function volumeName({ volumes }: Stack, key: string): string | undefined {
  const text = volumes[key];
  return text === undefined ? undefined : textOf(objectOf(JSON.parse(text))['name']);
}

/** A path at which a new container gets something else than the volume that the one that runs has. */
interface OtherMount {
  readonly target: string;
  readonly has: string;
  readonly gets: string;
  /** True where the file of the live directory says what the container has: the commit changes it. */
  readonly isOfCommit: boolean;
}

const CREATES: ReadonlySet<ServicePlan['action']> = new Set(['roll', 'replace', 'run']);

function otherMounts(
  { wanted, installed, containers }: Observation,
  { service, action, incumbents, ifImageChanges }: ServicePlan,
): readonly OtherMount[] {
  if (!CREATES.has(action) || ifImageChanges) return [];
  const gets = (stack: Stack | undefined, target: string): string | undefined => {
    const mount = stack?.services[service]?.mounts.find((each) => each.target === target);
    if (stack === undefined || mount?.source === undefined) return undefined;
    return mount.kind === 'bind' ? mount.source : volumeName(stack, mount.source);
  };
  const found = containers
    .filter(({ id }) => incumbents.includes(id))
    .flatMap(({ mounts }) => mounts)
    .flatMap(({ target, named }) => {
      const next = gets(wanted, target);
      if (named === undefined || next === undefined || next === named) return [];
      return [{ target, has: named, gets: next, isOfCommit: gets(installed, target) === named }];
    });
  return [...new Map(found.map((each) => [each.target, each])).values()];
}

/** Storage that would be another one with the next container, though no commit says so. */
export function driftedMounts(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  return services.flatMap((plan) =>
    otherMounts(observation, plan)
      .filter(({ isOfCommit }) => !isOfCommit)
      .map(({ target, has, gets }) => ({
        what: `${plan.service} runs on the volume ${has} at ${target}, and its next container would get ${gets}, as the Compose files of the host and of the commit both say`,
        next: `What ${has} holds would be out of sight. Let the Compose file name it (volumes: …: name: ${has}); or, where ${gets} is right, let the service have it on the host, with a gap: docker compose up -d --no-deps --force-recreate ${plan.service}. Then run the workflow again.`,
      })),
  );
}

/** Storage that the commit changes, a line each, for a person. */
export function mountsTold(observation: Observation, plan: ServicePlan): readonly string[] {
  return otherMounts(observation, plan)
    .filter(({ isOfCommit }) => isOfCommit)
    .map(
      ({ target, has, gets }) =>
        `at ${target} its new container has ${gets} in place of the volume ${has}, which stays, with what it holds`,
    );
}
