import type { Environment } from './environment.js';
import type { Parsed } from './problem.js';

/** What is cloned and fetched: as it was said, as git takes it, and the name for the directory. */
export interface Repository {
  readonly repository: string;
  /** What `git fetch` is given. */
  readonly remoteUrl: string;
  /** The part after the last slash, without `.git`. */
  readonly name: string;
}

const REPOSITORY_ALLOWED =
  'allowed is `owner/name`, a URL (`https://`, `ssh://`, `git@host:path`, `file://`) ' +
  'or an absolute path on the host';

/** `owner/name` on the GitHub server of this run, a URL, or an absolute path on the host. */
export function parseRepository(environment: Environment): (text: string) => Parsed<Repository> {
  return (text) => {
    if (text === '') return { allowed: REPOSITORY_ALLOWED };
    if (/[\s\p{Cc}]/u.test(text)) return { allowed: `${REPOSITORY_ALLOWED}, without spaces` };
    const name = lastPart(text);
    const named = (remoteUrl: string): Parsed<Repository> =>
      /^[A-Za-z0-9._-]+$/.test(name) && name !== '.' && name !== '..'
        ? { value: { repository: text, remoteUrl, name } }
        : { allowed: REPOSITORY_ALLOWED };
    if (/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/.test(text)) {
      const server = environment['GITHUB_SERVER_URL'] ?? '';
      const base = server === '' ? 'https://github.com' : server.replace(/\/+$/, '');
      return named(`${base}/${text.replace(/\.git$/, '')}.git`);
    }
    if (/^https?:\/\/[^/]*@/i.test(text)) {
      return { allowed: 'a URL may not hold a password: give it as `token`', part: 'https://…@…' };
    }
    if (text.startsWith('http://')) {
      return {
        allowed: 'over `http://` the token could be read on the way',
        nearest: text.replace(/^http:/, 'https:'),
      };
    }
    const fetched =
      /^(https|ssh|file):\/\/./.test(text) ||
      /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s-]/.test(text) ||
      /^\/[^/]/.test(text);
    return fetched ? named(text) : { allowed: REPOSITORY_ALLOWED };
  };
}

/**
 * The server to which git sends the token: that of the repository, over https alone. A token that GitHub made
 * for a workflow or an App (`github.token` is the default) is of use to the GitHub that runs it, and goes
 * to no other server.
 */
export function tokenServer(
  remoteUrl: string,
  token: string | undefined,
  environment: Environment,
): string | undefined {
  if (token === undefined || !URL.canParse(remoteUrl)) return undefined;
  const { protocol, origin, host } = new URL(remoteUrl);
  if (protocol !== 'https:') return undefined;
  const server = environment['GITHUB_SERVER_URL'] ?? '';
  const own = new URL(URL.canParse(server) ? server : 'https://github.com').host;
  return token.startsWith('ghs_') && host !== own ? undefined : origin;
}

/** A branch name by the rules of git-check-ref-format, without `refs/heads/`. */
export function parseBranch(text: string): Parsed<string> {
  if (text.startsWith('refs/heads/')) {
    return {
      allowed: 'allowed is the bare name of a branch',
      nearest: text.slice('refs/heads/'.length),
    };
  }
  const wrong =
    text === '' ||
    text === '@' ||
    /^-|^\/|\/$|\/\/|\.\.|@\{|\.$|[\s~^:?*[\\\p{Cc}]/u.test(text) ||
    text.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  if (wrong) return { allowed: 'allowed is the name of a branch, as git takes it' };
  if (text.startsWith('refs/')) return { allowed: 'allowed is a branch; other refs are not' };
  return { value: text };
}

/** A full commit sha, in lower case. */
export function parseSha(text: string): Parsed<string> {
  const allowed = 'allowed is a full commit sha, 40 hex digits';
  if (text === '') return { allowed };
  if (/^0{40}$/.test(text)) {
    return { allowed: 'this is what GitHub says when a branch was deleted: there is no commit' };
  }
  if (/^[0-9a-f]{40}$/i.test(text)) return { value: text.toLowerCase() };
  return /^[0-9a-f]{4,39}$/i.test(text)
    ? { allowed: `${allowed}; this one is abbreviated` }
    : { allowed };
}

/** A sha of a kept release, full or abbreviated to at least 7 digits, in lower case. */
export function parseReleaseSha(text: string): Parsed<string> {
  return /^[0-9a-f]{7,40}$/i.test(text)
    ? { value: text.toLowerCase() }
    : { allowed: 'allowed is the sha of a kept release, 7 to 40 hex digits' };
}

/** The stack's directory: absolute, or `~/…` in the home directory of `username`. */
export function parseStackPath(username: string): (text: string) => Parsed<string> {
  const allowed = 'allowed is an absolute path, or one that starts with `~/`';
  return (text) => {
    const home = username === 'root' ? '/root' : `/home/${username}`;
    const path = (text.startsWith('~/') ? `${home}/${text.slice(2)}` : text).replace(/\/+$/, '');
    if (!path.startsWith('/') || path.startsWith('//')) {
      return { allowed, nearest: /^[\w.-]+(\/[\w.-]+)*$/.test(text) ? `~/${text}` : undefined };
    }
    if (/\p{Cc}|:/u.test(path)) return { allowed: `${allowed}, without \`:\` and line breaks` };
    const parts = path.slice(1).split('/');
    if (parts.some((part) => part === '..' || part === '.' || part === '')) {
      return { allowed: `${allowed}, without \`.\`, \`..\` and empty parts` };
    }
    return path === home
      ? { allowed: `${allowed}; the stack needs a directory of its own` }
      : { value: path };
  };
}

function lastPart(text: string): string {
  const part = text.replace(/\/+$/, '').replace(/\.git$/, '');
  return part.slice(Math.max(part.lastIndexOf('/'), part.lastIndexOf(':')) + 1);
}
