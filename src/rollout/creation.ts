import { DeployError } from '../errors.js';
import { contentsOf } from '../plan/contents.js';
import type { Container } from '../plan/observation.js';
import type { ServiceScale } from '../plan/plan.js';
import type { RolloutContext } from './context.js';

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
