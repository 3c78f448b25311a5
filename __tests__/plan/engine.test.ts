import { describe, expect, it } from '@jest/globals';
import type { Observation } from '../../src/plan/observation.js';
import { engineOf } from '../../src/plan/engine.js';
import { observed, planned, refusalsOf, services, type Situation } from './observed.js';

type Engine = 'auto' | 'compose' | 'swarm';

const nothingRuns = { containers: () => [] };
const manager: Partial<Observation['swarm']> = { node: 'manager' };

function refused(engine: Engine, situation: Situation): readonly string[] {
  return refusalsOf(planned(situation, { engine })).map(({ what }) => what);
}

describe('the engine', () => {
  it.each(['auto', 'compose'] as const)('%s is Compose on a host without Swarm', (engine) => {
    expect(refused(engine, { changes: ['api/x'] })).toEqual([]);
  });

  it('auto is Compose on a manager, whatever the Compose file says below deploy:', () => {
    const deploy = { mode: 'replicated', placement: { constraints: ['node.role == manager'] } };
    const wants = services({ api: { deploy } });
    const swarm = { ...manager, stacks: ['other'] };
    expect(refused('auto', { swarm, wants })).toEqual([]);
    expect(refused('auto', { swarm, wants, ...nothingRuns })).toEqual([]);
  });

  it.each([
    ['auto', { ...manager, stacks: ['tiny'] }, 'swarm'],
    ['auto', { ...manager, stacks: ['other'] }, 'compose'],
    ['swarm', manager, 'swarm'],
    ['compose', { ...manager, stacks: ['tiny'] }, 'compose'],
    ['swarm', { ...manager, unknown: 'no leader' }, 'compose'],
    ['swarm', { node: 'worker', stacks: ['tiny'] }, 'compose'],
  ] as const)('%s on %j, where nothing runs in Compose, is %s', (engine, swarm, expected) => {
    expect(engineOf(observed({ swarm, ...nothingRuns }), engine)).toBe(expected);
  });

  it.each(['auto', 'swarm', 'compose'] as const)('%s is Compose where that runs it', (engine) => {
    expect(engineOf(observed({ swarm: { ...manager, stacks: ['tiny'] } }), engine)).toBe('compose');
  });

  it('auto is refused on a worker that runs a task of the stack', () => {
    const swarm = { node: 'worker', stacks: ['tiny'], unknown: 'a worker' } as const;
    expect(refused('auto', { swarm, ...nothingRuns })[0]).toMatch(/runs in the Swarm/);
  });

  it('compose starts no second copy beside a stack in Swarm', () => {
    const [what] = refused('compose', { swarm: { ...manager, stacks: ['tiny'] }, ...nothingRuns });
    expect(what).toMatch(/a second copy of the stack tiny/);
  });

  it('auto does not choose between two copies; compose goes on, and tells', () => {
    const swarm = { ...manager, stacks: ['tiny'] };
    expect(refused('auto', { swarm })[0]).toMatch(/the stack tiny runs twice on this host/);
    const accepted = planned({ swarm }, { engine: 'compose' });
    expect(accepted.kind).toBe('plan');
    expect(accepted.plan.warnings).toContainEqual(
      expect.stringMatching(/a stack named tiny runs in the Swarm of this host as well/),
    );
  });

  it('a Swarm that does not answer is no surprise: what runs in Compose stays there', () => {
    const swarm = { ...manager, unknown: 'The swarm does not have a leader.' };
    expect(refused('auto', { swarm })).toEqual([]);
    expect(refused('auto', { swarm, ...nothingRuns })[0]).toMatch(/does not have a leader/);
    const accepted = planned({ swarm, ...nothingRuns }, { engine: 'compose' });
    expect(accepted.kind).toBe('plan');
    expect(accepted.plan.warnings).toContainEqual(expect.stringMatching(/is not known/));
  });

  it('a worker without a task of the stack is a host of Compose', () => {
    const swarm = { node: 'worker', unknown: 'a worker' } as const;
    expect(refused('auto', { swarm, ...nothingRuns })).toEqual([]);
  });

  it.each([
    ['none', /no node of a Swarm/],
    ['worker', /only a manager can change a stack/],
    ['other', /does not answer: locked/],
    ['manager', /does not answer: locked/],
  ] as const)('swarm is refused where the node is: %s', (node, what) => {
    const [told, ...more] = refused('swarm', { swarm: { node, unknown: 'locked' } });
    expect(told).toMatch(what);
    expect(more).toEqual([]);
  });

  it('swarm is refused where the stack runs in Compose', () => {
    expect(refused('swarm', { swarm: manager })[0]).toMatch(/the stack tiny runs in Compose/);
  });
});
