import { listed } from './changes.js';
import { invocationsOf } from '../compose/commands.js';
import type { Container, Observation } from '../observation.js';
import { isProxyImage } from '../compose/image-names.js';
import type { RoleDecision } from '../role.js';
import type { Service } from '../compose/stack.js';

/**
 * True where a new container would mean a gap, and the one that runs can be told to read changed files: a proxy in
 * front, or an nginx or Caddy behind it of which there may be only one, with nothing else beside it in its container.
 */
export function mayRead(
  { image }: Service,
  decision: RoleDecision,
  running: readonly Container[],
): boolean {
  const { role, single } = decision;
  if (role === 'proxy') return true;
  if (role === 'data' || single === undefined) return false;
  const programs = running.flatMap(({ command }) => invocationsOf(command));
  const isAlone = programs.length > 0 && programs.every(({ program }) => RELOADED.has(program));
  return isProxyImage(image) || isAlone;
}

const RELOADED = new Set(['nginx', 'openresty', 'caddy']);

interface Reading {
  readonly action: 'reload' | 'keep';
  readonly why: string;
  readonly ifSame?: 'reload';
}

/** How a proxy that keeps its container takes the files that changed; undefined: it cannot, or none did. */
export function readingOf(
  observation: Observation,
  service: Service,
  { running, files }: { readonly running: readonly Container[]; readonly files: readonly string[] },
): Reading | undefined {
  if (files.length === 0) return undefined;
  if (isReloaded(observation, running)) {
    return { action: 'reload', why: `${listed(files, 2)} changed`, ifSame: 'reload' };
  }
  return isWatched(service, files)
    ? { action: 'keep', why: 'Traefik reads its changed files by itself' }
    : undefined;
}

/** True where a cutover has it read its files anew: it runs nginx or Caddy. */
function isReloaded({ proxies }: Observation, running: readonly Container[]): boolean {
  return running.some(({ id }) => proxies.some(({ containerId }) => containerId === id));
}

/** Traefik watches what its file provider names; its static configuration is read at its start only. */
function isWatched({ image }: Service, files: readonly string[]): boolean {
  return (
    /(?:^|\/)traefik(?:[:@]|$)/.test(image) &&
    !files.some((file) => /(?:^|\/)traefik\.(?:ya?ml|toml)$/.test(file))
  );
}
