import type { Refusal } from '../refusal.js';
import { listOf, numberOf, objectOf } from '../compose/json.js';
import type { Observation, ProxyFacts } from '../observation.js';
import { caddySites, isPattern, nginxSites, traefikSites, type Site } from '../proxies/sites.js';
import { isTraefikRouted } from '../compose/traefik-labels.js';
import { portsOf } from '../preflight/ports.js';
import { namesOf } from '../roles/roles.js';

/** What the health check asks, seen from the host. */
export interface HealthTarget {
  readonly url: URL;
  /** The Host header, where the workflow names one. */
  readonly host: string | undefined;
}

/**
 * - `as-is`: the proxy serves the application to the name that the check sends, or nothing is known
 * - `found`: it serves the application to another name only, and this one is asked for
 * - `ambiguous`: it serves the application to several others
 */
export type HealthHost =
  | { readonly kind: 'as-is' }
  | { readonly kind: 'found'; readonly proxy: string; readonly target: HealthTarget }
  | { readonly kind: 'ambiguous'; readonly proxy: string; readonly hosts: readonly string[] };

/** The name by which the proxy that `health-url` leads to serves the application. */
export function healthHost(observation: Observation, target: HealthTarget): HealthHost {
  const entrances =
    target.host === undefined
      ? [...proxiesAt(observation, target.url), ...traefikAt(observation, target.url)]
      : [];
  const found = entrances.map((entrance) => choose(observation, entrance));
  return found.find(({ kind }) => kind !== 'as-is') ?? { kind: 'as-is' };
}

/** What the health check is to ask: the workflow's own words, or what they lack. */
export function healthTarget(observation: Observation, target: HealthTarget): HealthTarget {
  const found = healthHost(observation, target);
  return found.kind === 'found' ? found.target : target;
}

/** Where the deploy cannot know which name to ask for. */
export function healthRefusals(
  observation: Observation,
  target: HealthTarget | undefined,
): readonly Refusal[] {
  const found = target === undefined ? undefined : healthHost(observation, target);
  if (found?.kind !== 'ambiguous') return [];
  const { hosts, proxy } = found;
  return [
    {
      what: `${target?.url.href ?? ''} does not reach the application: ${proxy} serves it to ${hosts.join(', ')}, and what it answers to another name says nothing about a release`,
      next: `Name the one that the health check shall ask for, in the workflow: health-host: ${hosts[0] ?? ''}`,
    },
  ];
}

/** What the plan tells of the name that was found. */
export function healthNotes(
  observation: Observation,
  target: HealthTarget | undefined,
): readonly string[] {
  if (target === undefined) return [];
  const found = healthHost(observation, target);
  if (found.kind !== 'found') return foreignEntrance(observation, target);
  const { url, host = '' } = found.target;
  return [
    `the health check asks ${url.href} for ${host}: ${found.proxy} serves the application to that name, and not to ${target.url.hostname}. To settle it, write health-url: ${url.href} and health-host: ${host}`,
  ];
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A second stack on a host that leaves `health-url` as it is asks the first one. */
function foreignEntrance(
  { wanted, heldPorts, proxies }: Observation,
  { url }: HealthTarget,
): readonly string[] {
  const port = portOf(url);
  const services = Object.values(wanted.services);
  const mayBeOurs = services.some(
    (service) =>
      service.definition['network_mode'] === 'host' ||
      isTraefikRouted(service) ||
      portsOf(service).some((wants) => wants.port === port),
  );
  if (mayBeOurs || !LOOPBACK.has(url.hostname)) return [];
  return heldPorts
    .flatMap(({ protocol, port: held, by }) =>
      protocol === 'tcp' && held === port && by.kind === 'container' ? [by] : [],
    )
    .filter(
      ({ name, project }) =>
        project !== wanted.project && !proxies.some((each) => each.name === name),
    )
    .slice(0, 1)
    .map(
      ({ name, project }) =>
        `the health check and the probe ask ${url.href}, and port ${String(port)} is that of ${name}${project === '' ? '' : `, of the project ${project}`}: what it answers says nothing about this stack. Set health-url to a port that this stack publishes`,
    );
}

/** A proxy that the URL leads to. */
interface Entrance {
  readonly proxy: string;
  readonly url: URL;
  readonly sites: readonly Site[];
}

function choose(observation: Observation, { proxy, url, sites }: Entrance): HealthHost {
  const own = new Set(Object.values(observation.wanted.services).flatMap(namesOf));
  const serving = sites.filter(({ upstreams }) =>
    upstreams.some((name) => name === '*' || own.has(name)),
  );
  if (serving.some(({ names }) => names.length === 0 || names.some(matches(url.hostname)))) {
    return { kind: 'as-is' };
  }
  const hosts = [
    ...new Set(serving.flatMap(({ names }) => names.find((name) => !isPattern(name)) ?? [])),
  ];
  const [host] = hosts;
  if (host === undefined) return { kind: 'as-is' };
  if (hosts.length === 1) return { kind: 'found', proxy, target: { url, host } };
  // Whoever asks for a page that the proxy itself has may mean it.
  const isPage = sites.some(({ names, hasFiles }) => names.length === 0 && hasFiles);
  return isPage ? { kind: 'as-is' } : { kind: 'ambiguous', proxy, hosts };
}

function matches(hostname: string): (name: string) => boolean {
  return (name) =>
    name === hostname ||
    name === '*' ||
    (name.startsWith('*.') && hostname.endsWith(name.slice(1)) && hostname !== name.slice(2));
}

function proxiesAt(observation: Observation, url: URL): readonly Entrance[] {
  return observation.proxies.flatMap((proxy) => {
    const port = portInside(observation, proxy.containerId, url);
    if (port === undefined) return [];
    const all = proxy.kind === 'caddy' ? caddySites(proxy.config) : nginxSites(proxy.config);
    const on = (each: number): readonly Site[] =>
      all.filter(({ ports }) => ports.length === 0 || ports.includes(each));
    const name = nameOf(observation, proxy);
    // Caddy gives a site with a name to HTTPS alone, and sends HTTP there.
    const secure = proxy.kind === 'caddy' && url.protocol === 'http:' && on(port).length === 0;
    return [
      secure
        ? { proxy: name, url: securedOf(url), sites: on(443) }
        : { proxy: name, url, sites: on(port) },
    ];
  });
}

function securedOf(url: URL): URL {
  return new URL(`https://${url.hostname}${url.pathname}${url.search}`);
}

function traefikAt({ wanted }: Observation, url: URL): readonly Entrance[] {
  const services = Object.values(wanted.services);
  const routed = services.filter(isTraefikRouted);
  const published = services.filter(({ definition }) => targetOf(definition, url) !== undefined);
  const isTraefik = published.every(({ image }) => /(?:^|\/)traefik(?:[:@]|$)/.test(image));
  return routed.length === 0 || !isTraefik
    ? []
    : [{ proxy: 'Traefik', url, sites: routed.flatMap(traefikSites) }];
}

/** The port in the proxy's container that the URL leads to; undefined where it leads elsewhere. */
export function portInside(
  { containers, wanted }: Observation,
  containerId: string,
  url: URL,
): number | undefined {
  const service = containers.find(({ id }) => id === containerId)?.service;
  const definition = service === undefined ? undefined : wanted.services[service]?.definition;
  if (definition !== undefined) return targetOf(definition, url);
  const isTaken = Object.values(wanted.services).some(
    (each) => targetOf(each.definition, url) !== undefined,
  );
  return isTaken || url.port !== '' ? undefined : portOf(url);
}

function targetOf(definition: Readonly<Record<string, unknown>>, url: URL): number | undefined {
  if (definition['network_mode'] === 'host') return portOf(url);
  const port = listOf(definition['ports'])
    .map(objectOf)
    .find(({ published }) => numberOf(published) === portOf(url));
  return numberOf(port?.['target']);
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function nameOf({ containers }: Observation, proxy: ProxyFacts): string {
  return containers.find(({ id }) => id === proxy.containerId)?.service ?? proxy.name;
}
