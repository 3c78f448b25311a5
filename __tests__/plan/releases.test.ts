import { describe, expect, it } from '@jest/globals';
import type { ReleasedWorkflow } from '../../src/plan/observation.js';
import { isSameRelease } from '../../src/plan/releases.js';

const workflow = (variables?: Readonly<Record<string, string>>): ReleasedWorkflow => ({
  healthUrl: 'http://localhost/',
  healthHost: undefined,
  healthStatus: 200,
  composeFiles: [],
  profiles: [],
  variables,
});
const of = (sha: string, variables?: Readonly<Record<string, string>>) => ({
  sha,
  workflow: workflow(variables),
});

describe('a release', () => {
  it('is the same as another of its commit that was given the same', () => {
    expect(isSameRelease(of('a', { X: '1', Y: '2' }), of('a', { Y: '2', X: '1' }))).toBe(true);
    expect(isSameRelease(of('a', {}), { sha: 'a' })).toBe(true);
  });

  it('is another where its .env is another, or the host’s own', () => {
    const env = (digest: string) => ({
      sha: 'a',
      workflow: { ...workflow(), envFile: { path: '.env', digest } },
    });
    expect(isSameRelease(env('1'), env('1'))).toBe(true);
    expect(isSameRelease(env('1'), env('2'))).toBe(false);
    expect(isSameRelease(env('1'), of('a'))).toBe(false);
  });

  it('is another where its commit or its variables are others', () => {
    expect(isSameRelease(of('a'), of('b'))).toBe(false);
    expect(isSameRelease(of('a', { X: '1' }), of('a', { X: '2' }))).toBe(false);
    expect(isSameRelease(of('a', { X: '1' }), of('a'))).toBe(false);
  });
});
