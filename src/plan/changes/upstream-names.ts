import { changesFor } from './changes.js';
import type { Observation, ProxyFacts } from '../observation.js';
import { readProxy, upstreamsInFiles } from '../proxies/proxy.js';
import { STAYS, type ServicePlan } from '../service-plan.js';
import { isWithin, type Service } from '../compose/stack.js';

/**
 * The names that a proxy uses once the plan is done; none where it goes. What it has loaded counts as long as nothing
 * shows that the commit changes it; of the files beside that only those that the commit changes, as the others are
 * loaded, or never are (an example, the configuration of another environment).
 */
export function namesLeft(
  observation: Observation,
  services: readonly ServicePlan[],
  proxy: ProxyFacts,
): ReadonlySet<string> {
  const plan = services.find(({ incumbents }) => incumbents.includes(proxy.containerId));
  if (plan?.action === 'remove') return new Set();
  const definition = plan && observation.wanted.services[plan.service];
  if (plan === undefined || definition === undefined) return namesIn(proxy, proxy.config);
  const own = ownFiles(observation, definition);
  const isKnown = proxy.config.trim() !== '';
  const read = Object.entries(own.files).filter(([path]) => !isKnown || own.changed.has(path));
  const all = namesIn(proxy, proxy.config);
  const sections = sectionsOf(proxy, all);
  const loaded = sections.flatMap((section) =>
    lastingNames(observation, { plan, definition, own, proxy }, section),
  );
  return new Set([...loaded, ...upstreamNames(Object.fromEntries(read), proxy)]);
}

interface OwnFiles {
  /** Text of those that speak of upstreams, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Those of its files that the commit changes, whatever they speak of. */
  readonly changed: ReadonlySet<string>;
}

/** The files of the commit that a proxy mounts or is built from. */
function ownFiles(observation: Observation, definition: Service): OwnFiles {
  const places = [
    ...definition.binds.map(({ source }) => source),
    ...(definition.build?.inputs ?? []),
  ];
  const isOwn = (path: string): boolean => places.some((place) => isWithin(path, place));
  const changes = changesFor(observation, definition.name).map(({ path }) => path);
  return {
    files: Object.fromEntries(
      Object.entries(observation.proxyFiles).filter(([path]) => isOwn(path)),
    ),
    changed: new Set(changes.filter(isOwn)),
  };
}

interface Section {
  /** Its path in the container; empty where the proxy does not tell. */
  readonly path: string;
  readonly text: string;
  readonly names: readonly string[];
}

/**
 * What it has loaded, by files, as far as it tells those.
 *
 * @param all names in it: a file alone does not tell the name of a host from one that another file defines
 */
function sectionsOf(proxy: ProxyFacts, all: ReadonlySet<string>): readonly Section[] {
  const [first = '', ...rest] =
    proxy.kind === 'nginx' ? proxy.config.split(/^# configuration file (.+):$/m) : [proxy.config];
  const told = rest.flatMap((path, index) => {
    const text = rest[index + 1] ?? '';
    const names = [...namesIn(proxy, text)].filter((name) => all.has(name));
    return index % 2 === 0 ? [{ path, text, names }] : [];
  });
  const known = new Set(told.flatMap(({ names }) => names));
  return [...told, { path: '', text: first, names: [...all].filter((name) => !known.has(name)) }];
}

interface Owner {
  readonly plan: ServicePlan;
  readonly definition: Service;
  readonly own: OwnFiles;
  readonly proxy: ProxyFacts;
}

/** Those names of what is loaded that are in it afterwards too. */
function lastingNames(observation: Observation, owner: Owner, section: Section): readonly string[] {
  const { plan, definition, own, proxy } = owner;
  const { names } = section;
  if (plan.action === 'keep' || plan.action === 'leave') return names;
  const source = sourceOf(definition, section.path);
  if (source !== undefined) return own.changed.has(source) ? [] : names;
  if (isOfUnchanged(own, section)) return names;
  if (isMadeAnew(observation, owner)) {
    // Caddy does not tell which file a name is of.
    const others = Object.entries(own.files).filter(([path]) => isBeside(path, own.changed));
    const beside = upstreamNames(Object.fromEntries(others), proxy);
    return proxy.kind === 'caddy' ? names.filter((name) => beside.has(name)) : [];
  }
  return names.filter((name) => !isOfFormerVariable(observation, definition, name));
}

/** The file of the stack that a path in the container is, by what it mounts. */
function sourceOf({ binds }: Service, path: string): string | undefined {
  const bind = binds.find(({ target }) => path !== '' && isWithin(path, target));
  return bind === undefined ? undefined : `${bind.source}${path.slice(bind.target.length)}`;
}

const TEMPLATE = /\.(?:template|tmpl|tpl|j2)$/;
/** A file of another environment may have the same text. */
const OF_OTHERS =
  /(?:^|[/._-])(?:dev|development|local|test|tests|ci|example|sample|old|bak|backup|disabled)(?:[/._-]|$)/i;

/** True where a file that the commit leaves as it is was copied there, or is its template. */
function isOfUnchanged({ files, changed }: OwnFiles, { path, text }: Section): boolean {
  const base = (each: string): string => each.slice(each.lastIndexOf('/') + 1);
  const isTemplate = (each: string): boolean =>
    TEMPLATE.test(each) && base(each).replace(TEMPLATE, '') === base(path);
  return Object.entries(files)
    .filter(([each]) => !changed.has(each) && !OF_OTHERS.test(each))
    .some(([each, content]) => content.trim() === text.trim() || isTemplate(each));
}

const CONFIGURATION = /\.(?:conf|vhost|caddy|template|tmpl|tpl|j2)$|nginx|caddyfile/i;

/** True where what it loads, and mounts from no single file, may be another one by this commit. */
function isMadeAnew(
  { images }: Observation,
  { plan: { action, image, oldImageId, ifImageChanges }, definition, own }: Owner,
): boolean {
  if ([...own.changed].some((path) => path in own.files || CONFIGURATION.test(path))) return true;
  if (STAYS.has(action)) return false;
  if (definition.build !== undefined) return definition.build.remote;
  return ifImageChanges || images[image] !== oldImageId;
}

/** True for a file next to one that the commit changes, or below its directory. */
function isBeside(path: string, changed: ReadonlySet<string>): boolean {
  const directory = (each: string): string => each.slice(0, each.lastIndexOf('/') + 1);
  return (
    !changed.has(path) &&
    [...changed].some((each) =>
      directory(each) === '' ? directory(path) === '' : path.startsWith(directory(each)),
    )
  );
}

/** True where the name came from a variable, or the command, and does so no more. */
function isOfFormerVariable(
  { installed }: Observation,
  { name: service, definition }: Service,
  name: string,
): boolean {
  const speaksOf = (json: Service['definition'] | undefined): boolean =>
    new RegExp(`(?<![\\w.-])${name.replace(/\./g, '\\.')}(?![\\w-])`).test(
      JSON.stringify([json?.['environment'], json?.['command'], json?.['entrypoint']]),
    );
  return speaksOf(installed?.services[service]?.definition) && !speaksOf(definition);
}

function namesIn(proxy: ProxyFacts, config: string): ReadonlySet<string> {
  return new Set(readProxy({ ...proxy, config }).upstreams.map(({ name }) => name));
}

function upstreamNames(
  files: Readonly<Record<string, string>>,
  { kind }: ProxyFacts,
): ReadonlySet<string> {
  return new Set(upstreamsInFiles(files, kind).map(({ name }) => name));
}
