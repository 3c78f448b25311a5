import { objectOf, textOf } from '../compose/json.js';
import { isWithin, type Service } from '../compose/stack.js';
import type { Observation } from '../observation.js';
import type { Refusal } from '../refusal.js';
import type { ServicePlan } from '../service-plan.js';

const CREATES: ReadonlySet<ServicePlan['action']> = new Set(['start', 'roll', 'replace', 'run']);

/** Configs and secrets whose files are nowhere: Docker would refuse the new container, half-way through the deploy. */
export function missingSources(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const missing = missingOf(observation);
  return created(observation, services).flatMap((service) =>
    sourcesOf(service)
      .filter(({ path }) => missing.has(path))
      .map(({ name, path }) => ({
        what: `${name} of ${service.name} is the file ${path}, which is neither in the commit nor on the host`,
        next: `Commit it, or, where it must not be in git, put it on the host: ${path.replace(/^\.\//, `${observation.live.path}/`)}`,
      })),
  );
}

/** Single files that are mounted and are nowhere: Docker makes an empty directory of that name. */
export function aboutMissingBinds(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly string[] {
  const missing = missingOf(observation);
  return created(observation, services).flatMap(({ name, binds }) =>
    binds
      .map(({ source }) => (source.startsWith('/') ? source : `./${source}`))
      .filter((source) => missing.has(source) && LOOKS_LIKE_FILE.test(source))
      .map(
        (source) =>
          `${name} mounts ${source}, which is neither in the commit nor on the host: Docker makes an empty directory of that name`,
      ),
  );
}

const LOOKS_LIKE_FILE = /[^/.][^/]*\.(?!d$)[A-Za-z]\w*$/;

/** As the definitions of services have them: `./` begins a path in the stack's directory. */
function missingOf({ live, missingFiles = [] }: Observation): ReadonlySet<string> {
  return new Set(
    missingFiles.map((path) =>
      isWithin(path, live.path) ? `.${path.slice(live.path.length)}` : path,
    ),
  );
}

function created({ wanted }: Observation, services: readonly ServicePlan[]): readonly Service[] {
  return services.flatMap(({ service, action }) => {
    const definition = wanted.services[service];
    return definition === undefined || !CREATES.has(action) ? [] : [definition];
  });
}

function sourcesOf({
  definition,
}: Service): readonly { readonly name: string; readonly path: string }[] {
  return Object.entries(definition).flatMap(([name, source]) => {
    const path = /^(?:config|secret) /.test(name) ? textOf(objectOf(source)['file']) : undefined;
    return path === undefined ? [] : [{ name, path }];
  });
}
