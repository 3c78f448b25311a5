import { listed } from '../changes/changes.js';
import type { Refusal } from '../refusal.js';
import { dropping, MOST_FILES } from './local-changes.js';
import type { Observation } from '../observation.js';
import { STAYS, type ServicePlan } from '../service-plan.js';
import { isWithin } from '../compose/stack.js';

interface ImageOptions {
  readonly images: string;
  readonly services: readonly string[];
}

/** What is built is the commit: nothing that was changed on the host, by whomever, goes into an image. */
export function changedBuildInputs(
  { wanted, live, commit }: Observation,
  { images, services }: ImageOptions,
): readonly Refusal[] {
  if (images !== 'host') return [];
  const overwritten = new Set(commit.changes.map(({ path }) => path));
  const builds = Object.values(wanted.services).filter(
    ({ name, build }) => build !== undefined && (services.length === 0 || services.includes(name)),
  );
  const found = live.modified
    .filter((path) => !overwritten.has(path))
    .flatMap((path) => {
      const of = builds.filter(({ build }) => build?.inputs.some((place) => isWithin(path, place)));
      return of.length === 0 ? [] : [{ path, of: of.map(({ name }) => name) }];
    });
  if (found.length === 0) return [];
  const paths = found.map(({ path }) => path);
  const names = [...new Set(found.flatMap(({ of }) => of))].join(', ');
  return [
    {
      what: `files that ${names} is built from were changed in ${live.path}: ${listed(paths, MOST_FILES)}`,
      next: `What is built must be the commit. On the host, commit and push the changes, or drop them: ${dropping(live.path, paths)}. If nobody made them, look at which container can write there.`,
    },
  ];
}

/** Where nothing is built, an image that has no registry must be there. */
export function missingImages(
  { wanted, images }: Observation,
  services: readonly ServicePlan[],
  options: ImageOptions,
): readonly Refusal[] {
  if (options.images !== 'none') return [];
  return services
    .filter(
      ({ action, image }) =>
        !STAYS.has(action) && action !== 'remove' && images[image] === undefined,
    )
    .filter(({ service }) => {
      const definition = wanted.services[service];
      return definition?.build !== undefined && definition.definition['image'] === undefined;
    })
    .map(({ service, image }) => ({
      what: `the image of ${service} is not on the host, and build: none builds none`,
      next: `Bring ${image} to the host before the deploy, or let it be built: build: host or build: runner.`,
    }));
}
