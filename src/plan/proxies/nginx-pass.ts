import { directivesIn, named, type Directive } from './nginx-directives.js';
import { hostnameOf, type Pass, type ProxyRequest } from './pass.js';
import { includesMore, isPattern, portsOfServer } from './sites.js';
import { parseAddress } from './upstream.js';

/**
 * Where an nginx (`nginx -T`) sends a request. Undefined where it answers by itself, changes the path, speaks
 * something else than plain HTTP to its upstream, or where that cannot be told from the text.
 */
export function nginxPass(text: string, request: ProxyRequest): Pass | undefined {
  const directives = directivesIn(text);
  const server = serverFor(directives, request);
  if (server === undefined || includesMore(server.block) || changesPath(server)) return undefined;
  const location = locationFor(server, request.path);
  const target = location === undefined ? undefined : targetOf(location, server);
  if (target === undefined) return undefined;
  const servers = named('upstream', directives)
    .filter(({ words: [name] }) => name === target.written)
    .flatMap(({ block }) => named('server', block).map(({ words: [address = ''] }) => address));
  const upstreams = (servers.length === 0 ? [target.written] : servers).flatMap(
    (address) => parseAddress(address) ?? [],
  );
  const levels = [target.location.block, server.block, ...blocksOf('http', directives)];
  return { upstreams, host: hostHeader(levels, target.written, request) };
}

function blocksOf(
  name: string,
  directives: readonly Directive[],
): readonly (readonly Directive[])[] {
  return named(name, directives).map(({ block }) => block);
}

/** The server for this name; undefined where a pattern may have it. */
function serverFor(
  directives: readonly Directive[],
  { port, host }: ProxyRequest,
): Directive | undefined {
  const hostname = hostnameOf(host);
  const servers = named('server', directives).filter(
    ({ isBlock, block }) => isBlock && portsOfServer(block).includes(port),
  );
  const namesOf = ({ block }: Directive): readonly string[] =>
    own('server_name', block).flatMap(({ words }) => words);
  const exact = servers.find((server) => namesOf(server).includes(hostname));
  if (exact !== undefined) return exact;
  if (servers.some((server) => namesOf(server).some(isPattern))) return undefined;
  const isDefault = ({ block }: Directive): boolean =>
    own('listen', block).some(({ words }) => words.includes('default_server'));
  return servers.find(isDefault) ?? servers[0];
}

function own(name: string, block: readonly Directive[]): readonly Directive[] {
  return block.filter((directive) => directive.name === name);
}

/** Also in an `if`: what it asks for is not known here. */
function changesPath({ block }: Directive): boolean {
  const conditional = own('if', block).flatMap((condition) => condition.block);
  return (
    own('return', block).length > 0 ||
    [...block, ...conditional].some(({ name }) => name === 'rewrite') ||
    conditional.some(({ name }) => name === 'proxy_pass')
  );
}

const LOCATION = /^(=|~\*|~|\^~)?\s*(.*)$/s;

interface Location {
  readonly modifier: string;
  readonly pattern: string;
  readonly block: readonly Directive[];
}

/** By nginx's rules: an exact one, the longest prefix with `^~`, the first regular expression, the longest prefix. */
function locationFor(server: Directive, path: string): Location | undefined {
  const locations = own('location', server.block).map(({ words, block }): Location => {
    const [, modifier = '', pattern = ''] = LOCATION.exec(words.join(' ')) ?? [];
    return { modifier, pattern, block };
  });
  const prefixes = locations
    .filter(({ modifier, pattern }) => ['', '^~'].includes(modifier) && path.startsWith(pattern))
    .sort((one, other) => other.pattern.length - one.pattern.length);
  const exact = locations.find(({ modifier, pattern }) => modifier === '=' && pattern === path);
  const [longest] = prefixes;
  if (exact !== undefined || longest?.modifier === '^~') return exact ?? longest;
  for (const location of locations.filter(({ modifier }) => modifier.startsWith('~'))) {
    const found = matches(location, path);
    // Whether it has the request is not known.
    if (found === undefined) return undefined;
    if (found) return location;
  }
  return longest;
}

/** Undefined for an expression that only nginx understands. */
function matches({ modifier, pattern }: Location, path: string): boolean | undefined {
  try {
    return new RegExp(pattern, modifier === '~*' ? 'i' : '').test(path);
  } catch {
    return undefined;
  }
}

/** Its upstream as written, and the location that passes to it: another one where files are tried first. */
function targetOf(
  location: Location,
  server: Directive,
): { readonly written: string; readonly location: Location } | undefined {
  const { block, modifier, pattern } = location;
  const isPlain =
    !includesMore(block) &&
    own('location', block).length === 0 &&
    !changesPath({ name: 'location', words: [], isBlock: true, block });
  if (!isPlain) return undefined;
  const tried = own('try_files', block)[0]?.words.at(-1);
  if (tried?.startsWith('@') === true) {
    const fallback = own('location', server.block).find(({ words: [name] }) => name === tried);
    return fallback === undefined
      ? undefined
      : targetOf({ modifier: '@', pattern: '', block: fallback.block }, server);
  }
  const [, written = '', uri = ''] =
    /^http:\/\/([^/$\s]+)(\/[^$]*)?$/.exec(own('proxy_pass', block)[0]?.words[0] ?? '') ?? [];
  const isSame = uri === '' || (['', '^~'].includes(modifier) && uri === pattern);
  return written === '' || !isSame ? undefined : { written, location };
}

/** The nearest block that sets any header says them all. */
function hostHeader(
  levels: readonly (readonly Directive[])[],
  upstream: string,
  { host, port }: ProxyRequest,
): string {
  const headers = levels
    .map((block) => own('proxy_set_header', block))
    .find((set) => set.length > 0);
  const value = headers?.find(({ words: [name = ''] }) => name.toLowerCase() === 'host')?.words[1];
  switch (value) {
    case undefined:
    case '$proxy_host':
      return upstream;
    case '$host':
      return hostnameOf(host);
    case '$host:$server_port':
      return `${hostnameOf(host)}:${String(port)}`;
    default:
      return value.includes('$') ? host : value;
  }
}
