import { objectOf, textOf, wordsOf, type JsonObject } from './json.js';
import type { Container } from '../observation.js';
import type { Stack } from './stack.js';

/**
 * Names of a service as Docker's DNS knows them beside the plain ones: `NAME.NETWORK`, by the network's own name, such
 * as `web.shop_default`.
 *
 * @param json the service, and `whole` its project, as `docker compose config` prints them
 */
export function namesWithNetwork(
  service: string,
  json: JsonObject,
  whole: JsonObject,
): readonly string[] {
  return Object.entries(objectOf(json['networks'])).flatMap(([key, endpoint]) => {
    const network = textOf(objectOf(objectOf(whole['networks'])[key])['name']);
    const names = [
      service,
      textOf(json['container_name']) ?? [],
      wordsOf(objectOf(endpoint)['aliases']),
    ];
    return network === undefined ? [] : names.flat().map((each) => `${each}.${network}`);
  });
}

/** The names of a container that runs, to those on that network: each alone, and as `NAME.NETWORK`. */
export function namesOn({ networks }: Pick<Container, 'networks'>, network: string): string[] {
  const names = networks[network]?.names ?? [];
  return [...names, ...names.map((name) => `${name}.${network}`)];
}

/** The networks of a service by their own names, as containers know them. */
export function networksOf({ project, services, networks }: Stack, service: string): string[] {
  return (services[service]?.networks ?? []).map((key) => {
    const definition = objectOf(JSON.parse(networks[key] ?? '{}'));
    return textOf(definition['name']) ?? `${project}_${key}`;
  });
}

/** Docker's DNS gives the `hostname` of a container as well, from this version of the engine on. */
const NAMES_HOSTS = 25;

/** The stack, with what Docker's DNS of that engine calls its services beside what Compose says. */
export function withHostnames(stack: Stack, engineVersion: string): Stack {
  if (!(Number.parseInt(engineVersion, 10) >= NAMES_HOSTS)) return stack;
  const services = Object.entries(stack.services).map(([name, service]) => {
    const hostname = textOf(service.definition['hostname']);
    return [
      name,
      hostname === undefined || service.networks.length === 0
        ? service
        : { ...service, aliases: [...service.aliases, hostname] },
    ] as const;
  });
  return { ...stack, services: Object.fromEntries(services) };
}
