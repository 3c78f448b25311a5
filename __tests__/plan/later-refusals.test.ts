import { describe, expect, it } from '@jest/globals';
import { makePlan, withLaterRefusals } from '../../src/plan/planner.js';
import { observed, options, services, type Situation } from './observed.js';

/** What somebody reads who only looks. */
function looked(situation: Situation): readonly string[] {
  const observation = observed(situation);
  const planned = makePlan(observation, options);
  expect(planned.kind).toBe('plan');
  return withLaterRefusals(planned.plan, observation, options).warnings;
}

describe('a plan that is only looked at', () => {
  const NAMED = services({ api: { container_name: 'the-api' } });

  it('tells what a deploy is refused for once its images are there', () => {
    expect(looked({ was: NAMED, changes: ['api/server.py'] })).toContainEqual(
      expect.stringMatching(
        /^a deploy is refused once the images are there, if they differ: api .*container_name is the-api/,
      ),
    );
  });

  it('tells nothing of the kind where nothing stands against it', () => {
    expect(looked({ changes: ['api/server.py'] })).toEqual([]);
    expect(looked({ was: NAMED, changes: ['README.md'] })).toEqual([]);
  });
});
