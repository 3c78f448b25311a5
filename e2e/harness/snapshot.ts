import { readFile } from 'node:fs/promises';
import type { Host } from '../host/host.js';
import { ask } from './shell.js';

export interface Container {
  readonly id: string;
  readonly state: string;
  readonly project: string;
  readonly service: string;
  readonly oneOff: boolean;
}

/** All that a deploy may leave behind on a host, or must not. */
export interface Snapshot {
  /** Of every project, also stopped ones. */
  readonly containers: readonly Container[];
  readonly networks: readonly string[];
  readonly danglingImages: readonly string[];
  readonly unusedVolumes: readonly string[];
  /** Undefined where the stack's directory is no clone. */
  readonly head: string | undefined;
  readonly branch: string | undefined;
  /** Lines of `git status --porcelain`. */
  readonly status: readonly string[];
  readonly worktrees: readonly string[];
  readonly lease: readonly string[];
  readonly journal: readonly string[];
  readonly stage: readonly string[];
  /** Our processes on the host that still run. */
  readonly processes: readonly string[];
  /** Lines that somebody added to a container's /etc/hosts. */
  readonly pins: readonly string[];
}

export interface Place {
  readonly project: string;
  readonly directory: string;
}

/** Looks at a host as it stands, through one script. */
export async function snapshot(host: Host, place: Place): Promise<Snapshot> {
  const script = await readFile(new URL('./snapshot.sh', import.meta.url), 'utf8');
  const text = await ask(host, script, { args: [place.project, place.directory] });
  const sections = sectionsOf(text);
  const lines = (name: string): string[] => {
    const found = sections.get(name);
    if (found === undefined) throw new Error(`snapshot.sh printed no section "${name}"`);
    return found;
  };
  return {
    containers: lines('containers').map(containerOf),
    networks: lines('networks').sort(),
    danglingImages: lines('dangling images'),
    unusedVolumes: lines('unused volumes'),
    head: lines('head')[0],
    branch: lines('branch')[0],
    status: lines('status'),
    worktrees: lines('worktrees'),
    lease: lines('lease'),
    journal: lines('journal'),
    stage: lines('stage'),
    processes: lines('processes'),
    pins: lines('pins'),
  };
}

/** The ids of a service's containers in the stack, sorted. */
export function idsOf(seen: Snapshot, service: string): string[] {
  return seen.containers
    .filter((container) => container.service === service && !container.oneOff)
    .map((container) => container.id)
    .sort();
}

/** Ids of the stack's containers by service. */
export function idsByService(seen: Snapshot): Record<string, string[]> {
  const services = new Set(seen.containers.map((container) => container.service));
  return Object.fromEntries([...services].sort().map((name) => [name, idsOf(seen, name)]));
}

/**
 * What should not be there once a run has ended, as sentences; empty on a whole stack. `services`
 * is how many containers each service of the stack has.
 */
export function leftovers(
  seen: Snapshot,
  place: Place,
  services: Readonly<Record<string, number>>,
  others: readonly string[] = [],
): string[] {
  const problems: string[] = [];
  for (const [service, wanted] of Object.entries(services)) {
    const running = seen.containers.filter(
      (container) => container.service === service && container.state === 'running',
    );
    if (running.length !== wanted) {
      problems.push(
        `${service} has ${String(running.length)} running containers, not ${String(wanted)}`,
      );
    }
  }
  for (const { id, state, project, service, oneOff } of seen.containers) {
    if (others.includes(project)) continue;
    const known = project === place.project && service in services && !oneOff;
    if (!known || state !== 'running') {
      problems.push(`container ${id.slice(0, 12)} of "${service}" is left over (${state})`);
    }
  }
  const lines: [string, readonly string[]][] = [
    ['dangling image', seen.danglingImages],
    ['anonymous volume', seen.unusedVolumes],
    ['lease', seen.lease],
    ['journal', seen.journal],
    ['staged tree', seen.stage],
    ['worktree', seen.worktrees.filter((path) => path !== place.directory)],
    ['process', seen.processes],
    ['pin', seen.pins],
  ];
  for (const [what, left] of lines) {
    problems.push(...left.map((line) => `${what} is left over: ${line}`));
  }
  return problems;
}

function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    const name = /^== (.+)$/.exec(line)?.[1];
    if (name !== undefined) {
      current = [];
      sections.set(name, current);
    } else if (line !== '') current.push(line);
  }
  return sections;
}

function containerOf(line: string): Container {
  const [id = '', state = '', project = '', service = '', oneOff = ''] = line.split(' ');
  return { id, state, project, service, oneOff: oneOff === 'True' };
}
