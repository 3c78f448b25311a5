import { isObject, listOf, objectOf, textOf, wordsOf } from './json.js';
import type { Service } from './stack.js';
import { isTraefikRouted } from './traefik-labels.js';

const ENABLE = 'traefik.enable';
const IMAGE = /(?:^|\/)traefik(?:[:@]|$)/;

/**
 * The services, with the label that tells Traefik of the stack to send requests to them where it does so without any:
 * `exposedByDefault` is true unless somebody turns it off, and a `defaultRule` says which requests. Without one of its
 * own nobody sends requests to the names that Traefik makes up. What shows no port is none that it takes.
 */
export function withDefaultRule(
  services: Readonly<Record<string, Service>>,
): Readonly<Record<string, Service>> {
  const fronts = Object.values(services).filter(({ image }) => IMAGE.test(image));
  const exposing = fronts.filter((front) => {
    const says = (option: string): string | undefined => optionOf(front, option);
    return (
      says('defaultrule') !== undefined &&
      says('constraints') === undefined &&
      says('exposedbydefault')?.toLowerCase() !== 'false'
    );
  });
  if (exposing.length === 0) return services;
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const isMeant = exposing.some((front) => isExposed(service, front));
      const labels = isMeant ? { ...service.labels, [ENABLE]: 'true' } : service.labels;
      return [name, { ...service, labels }] as const;
    }),
  );
}

function isExposed(service: Service, front: Service): boolean {
  const { name, labels, networks, definition } = service;
  const rule = optionOf(front, 'defaultrule') ?? '';
  const asked = [...rule.matchAll(/index\s+\.Labels\s+["'`]([^"'`]+)["'`]/g)];
  return (
    name !== front.name &&
    labels[ENABLE] === undefined &&
    !isTraefikRouted(service) &&
    networks.some((network) => front.networks.includes(network)) &&
    listOf(definition['expose']).length > 0 &&
    asked.every(([, label = '']) => labels[label] !== undefined)
  );
}

/** An option of its Docker provider, from its command or its variables; one without a value is `true`. */
function optionOf({ command, definition }: Service, option: string): string | undefined {
  const prefix = `--providers.docker.${option}`;
  const word = command.find((each) => each.split('=')[0]?.toLowerCase() === prefix);
  if (word !== undefined) return /=([^]*)$/.exec(word)?.[1] ?? 'true';
  const { environment } = definition;
  const name = `TRAEFIK_PROVIDERS_DOCKER_${option.toUpperCase()}`;
  if (isObject(environment)) return textOf(objectOf(environment)[name]);
  return wordsOf(environment)
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
