import type { Observation } from '../observation.js';
import { directivesIn, type Directive } from '../proxies/nginx-directives.js';
import { isWithin, type Bind } from '../compose/stack.js';

/** Directories of a build context whose files a site has under their own names, by the tools' conventions. */
const PUBLIC_FILES = /(?:^|\/)(public|static)\/(.+)$/;

/**
 * Paths of the site whose content the commit may have changed, of what can be known from git and from the
 * proxies' configuration: the page itself, files that a proxy serves from a mounted directory, and files in
 * `public/` or `static/` of a build context. Each is a path of a URL, and comes once. What only a build makes,
 * and what an application renders, is not among them.
 *
 * @param page path of the site's page: `/`
 */
export function staticPaths(
  { commit, wanted, proxies, proxyFiles }: Observation,
  page: string,
): readonly string[] {
  const services = Object.values(wanted.services);
  const binds = services.flatMap((service) => service.binds);
  const contexts = services.flatMap(({ build }) => build?.inputs ?? []);
  const roots = [...proxies.map(({ config }) => config), ...Object.values(proxyFiles)].flatMap(
    rootsIn,
  );
  const found = new Set([page, new URL('index.html', `http://site${page}`).pathname]);
  const files = commit.changes.flatMap(({ path }) => [
    ...mountedAt(path, binds).flatMap((inside) => servedAt(inside, roots)),
    ...(contexts.some((context) => isWithin(path, context)) ? byConvention(path) : []),
  ]);
  for (const file of files) for (const name of namesOf(file)) found.add(encoded(name));
  return [...found];
}

/** Where containers see a file of the stack's directory. */
function mountedAt(path: string, binds: readonly Bind[]): readonly string[] {
  return binds
    .filter(({ source }) => !source.startsWith('/') && isWithin(path, source))
    .map(({ source, target }) => `${target}${path.slice(source.length).replace(/^(?!\/|$)/, '/')}`);
}

/** A directory of a container, and the path of the site that shows it; both without a slash at the end. */
interface Root {
  readonly directory: string;
  readonly path: string;
}

function servedAt(file: string, roots: readonly Root[]): readonly string[] {
  return roots
    .filter(({ directory }) => file.startsWith(`${directory}/`))
    .map(({ directory, path }) => `${path}${file.slice(directory.length)}`);
}

/** Of nginx's configuration, or of Caddy's JSON. */
function rootsIn(config: string): readonly Root[] {
  if (config.trimStart().startsWith('{')) {
    return [...config.matchAll(/"root"\s*:\s*"(\/[^"\\]*)"/g)].map(([, directory = '']) =>
      root(directory, ''),
    );
  }
  return rootsOf(directivesIn(config), '');
}

function rootsOf(directives: readonly Directive[], location: string): readonly Root[] {
  return directives.flatMap(({ name, words, block }) => {
    const last = words.at(-1) ?? '';
    if (name === 'root' && last.startsWith('/')) return [root(last, '')];
    if (name === 'alias' && last.startsWith('/')) return [root(last, location)];
    return rootsOf(block, name === 'location' && last.startsWith('/') ? last : location);
  });
}

function root(directory: string, path: string): Root {
  return { directory: directory.replace(/\/+$/, ''), path: path.replace(/\/+$/, '') };
}

/** Vite, Next and most others put `public/` at the root of the site; others `static/`, there or under its name. */
function byConvention(path: string): readonly string[] {
  const [, directory, rest] = PUBLIC_FILES.exec(path) ?? [];
  if (rest === undefined) return [];
  return directory === 'static' ? [`/${rest}`, `/static/${rest}`] : [`/${rest}`];
}

/** A page answers to the name of its directory, and often to its name without `.html`. */
function namesOf(file: string): readonly string[] {
  if (file.endsWith('/index.html')) return [file, file.slice(0, -'index.html'.length)];
  return file.endsWith('.html') ? [file, file.slice(0, -'.html'.length)] : [file];
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
