import { DeployError } from '../errors.js';
import { contentsOf } from '../plan/compose/contents.js';
import type { Container } from '../plan/observation.js';
import type { Plan } from '../plan/plan.js';
import type { ServiceScale } from '../plan/scale.js';
import type { RolloutContext } from './context.js';
import { volumeDonors } from './volumes.js';

/** @throws DeployError where Compose, or somebody beside us, had the reference name another image by then */
export function requireDecidedImage(
  { results, observation }: RolloutContext,
  container: Container,
): void {
  // One that held data and only stopped goes on with its own.
  if (observation.containers.some(({ id }) => id === container.id)) return;
  const image = observation.wanted.services[container.service]?.image ?? '';
  const decided = results.imageIds.get(image) ?? observation.images[image];
  if (decided === undefined || container.imageId === '' || container.imageId === decided) return;
  throw new DeployError({
    what: `a container of ${container.service} was created from another image than the one that was decided`,
    where: container.name,
    next: `${image} named ${decided}, and then ${container.imageId}. Look who else pulls or builds on the host, and deploy again.`,
  });
}

/** For `put_contents` on the host. */
export function contentLines(
  { observation }: RolloutContext,
  services: readonly ServiceScale[],
): string {
  const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  return services
    .flatMap(({ service }) => {
      const definition = observation.wanted.services[service];
      return (definition === undefined ? [] : contentsOf(definition)).map((content) =>
        [service, content.mode, content.uid, content.gid, encoded(content.target)]
          .concat(encoded(content.text))
          .join(' '),
      );
    })
    .join('\n');
}

export function runsAlready({ observation }: RolloutContext, service: string): boolean {
  return observation.containers.some((each) => each.service === service && each.running);
}

/** What the services depend on, and what that depends on: Compose looks after these as well. */
export function neededBy(
  { observation }: RolloutContext,
  services: readonly ServiceScale[],
): ReadonlySet<string> {
  const needed = new Set(services.map(({ service }) => service));
  // A set that grows while it is walked is walked to its end.
  for (const name of needed) {
    for (const { service } of observation.wanted.services[name]?.dependsOn ?? [])
      needed.add(service);
  }
  return needed;
}

/** How many containers of a service there are to be, old and new ones together. */
export function scales({ results }: RolloutContext, services: readonly ServiceScale[]): string {
  return services
    .map((scale) => ({ ...scale, others: [...scale.incumbents, ...volumeDonors(scale)] }))
    .filter(({ others }) => others.length > 0)
    .map(({ service, replicas, others }) => {
      const before = others.length + (results.candidates.get(service) ?? []).length;
      return `--scale ${service}=${String(replicas + before)}`;
    })
    .join(' ');
}

/** What Compose looks after when it creates containers of the services, and what is to run on: all but jobs. */
export function runningOf(
  context: RolloutContext,
  services: readonly ServiceScale[],
  plan: Plan,
): readonly string[] {
  const needed = neededBy(context, services);
  const jobs = plan.services.filter(({ role }) => role === 'job').map(({ service }) => service);
  return context.observation.containers
    .filter(({ service, running }) => running && needed.has(service) && !jobs.includes(service))
    .map(({ id }) => id);
}
