import type { SwarmFacts } from '../plan/observation.js';
import { linesOf, type Sections } from './sections.js';

/** What the look at the host found of Docker Swarm; an engine that knows no Swarm is no node. */
export function parseSwarm(sections: Sections): SwarmFacts {
  const [, state, control] =
    /^(active|pending|error|locked) (true|false)$/.exec((sections.get('swarm') ?? '').trim()) ?? [];
  if (state === undefined) return { node: 'none', stacks: [], unknown: undefined };
  const node = control === 'true' ? 'manager' : state === 'active' ? 'worker' : 'other';
  const told = linesOf(sections.get('swarm-stacks'));
  const stacks = [...new Set([...told, ...linesOf(sections.get('swarm-tasks'))])];
  return { node, stacks, unknown: unknownOf(node, state, sections) };
}

function unknownOf(
  node: SwarmFacts['node'],
  state: string,
  sections: Sections,
): string | undefined {
  if (node === 'worker') return 'the host is a worker, and knows only what runs on it';
  if (node === 'other') return `the node is ${state}`;
  const complaint = sections.get('swarm-stacks.err');
  return complaint === undefined ? undefined : (linesOf(complaint)[0] ?? 'docker stack ls failed');
}
