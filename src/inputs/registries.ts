import type { Parsed } from './problem.js';
import type { RegistryLogin } from './types.js';
import { splitLines } from './values.js';

const ALLOWED =
  'allowed is `registry username password`, one a line, such as ' +
  '`ghcr.io ${{ github.actor }} ${{ github.token }}`';

/** The key under which Docker keeps the login to its own registry. */
const DOCKER_HUB = 'https://index.docker.io/v1/';

/** Logins, one a line. A password may hold blanks; a line is never shown, because it holds one. */
export function parseRegistries(text: string): Parsed<readonly RegistryLogin[]> {
  const logins: RegistryLogin[] = [];
  for (const [index, line] of splitLines(text).entries()) {
    const login = parseLine(line);
    if (login === undefined) {
      return { allowed: `${ALLOWED}; line ${String(index + 1)} is not`, part: '' };
    }
    if (logins.some(({ registry }) => registry === login.registry)) {
      return {
        allowed: `a registry may be named only once, and \`${login.registry}\` is named twice`,
        part: '',
      };
    }
    logins.push(login);
  }
  return { value: logins };
}

function parseLine(line: string): RegistryLogin | undefined {
  const [, given, username, password] = /^(\S+)\s+(\S+)\s+(\S.*)$/.exec(line) ?? [];
  if (given === undefined || username === undefined || password === undefined) return undefined;
  const registry = registryKey(given);
  return registry === undefined || username.includes(':')
    ? undefined
    : { registry, auth: Buffer.from(`${username}:${password}`, 'utf8').toString('base64') };
}

/** `host[:port]`, as in the name of an image; undefined for anything else. */
function registryKey(given: string): string | undefined {
  const name = given.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const hub = /^((index\.|registry-1\.)?docker\.io|hub\.docker\.com)(\/v1)?$/;
  if (hub.test(name)) return DOCKER_HUB;
  return /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/.test(name) ? name : undefined;
}
