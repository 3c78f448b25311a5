import { describe, expect, it } from '@jest/globals';
import { parseSwarm } from '../../src/host/swarm.js';

function parsed(sections: Readonly<Record<string, string>>) {
  return parseSwarm(new Map(Object.entries(sections)));
}

describe('what the host says of Swarm', () => {
  it.each([
    ['nothing', {}],
    ['an engine without Swarm', { 'swarm.err': 'template: no such field' }],
    ['a host that is no node', { swarm: 'inactive false\n' }],
    ['an engine that answers something else', { swarm: '/\n' }],
  ])('%s is no node', (_, sections) => {
    expect(parsed(sections)).toEqual({ node: 'none', stacks: [], unknown: undefined });
  });

  it('a manager knows every stack, also one that has no task here', () => {
    expect(
      parsed({ swarm: 'active true\n', 'swarm-stacks': 'shop\nmail\n', 'swarm-tasks': 'shop\n' }),
    ).toEqual({ node: 'manager', stacks: ['shop', 'mail'], unknown: undefined });
  });

  it('a manager without a leader knows what runs on it', () => {
    const complaint = 'Error response from daemon: rpc error: The swarm does not have a leader.\n';
    const sections = { swarm: 'active true\n', 'swarm-stacks.err': complaint };
    expect(parsed({ ...sections, 'swarm-tasks': 'shop\n' })).toEqual({
      node: 'manager',
      stacks: ['shop'],
      unknown: complaint.trim(),
    });
  });

  it('a worker knows what runs on it', () => {
    const told = parsed({ swarm: 'active false\n', 'swarm-tasks': 'shop\n' });
    expect(told).toMatchObject({ node: 'worker', stacks: ['shop'] });
    expect(told.unknown).toMatch(/worker/);
  });

  it('a locked node tells nothing', () => {
    expect(parsed({ swarm: 'locked false\n' })).toEqual({
      node: 'other',
      stacks: [],
      unknown: 'the node is locked',
    });
  });
});
