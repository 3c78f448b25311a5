import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { actions, operationsOf, planned, services, type Situation } from '../observed.js';

const ROOT = '/home/ec2-user/tiny';

/** A directory of the stack that an image is built from. */
function built(directory: string, more: JsonObject = {}, service: JsonObject = {}): JsonObject {
  const build = { context: `${ROOT}/${directory}`, dockerfile: 'Dockerfile', ...more };
  return { build, networks: { default: null }, ...service };
}

interface Order {
  readonly bases: readonly string[];
  readonly services: readonly string[];
}

function prepared(situation: Situation, chosen: readonly string[] = []): Order {
  const [found] = operationsOf(planned(situation, { services: chosen }), 'prepare-images');
  return { bases: found?.bases ?? [], services: found?.services ?? [] };
}

describe('what is built', () => {
  const shared = { image: 'me/app' };
  const alike = services({
    mailer: built('app', {}, shared),
    queue: built('app', {}, shared),
    cron: built('app', {}, shared),
  });

  it('builds an image that several services share once, for the same of them each time', () => {
    expect(prepared({ was: alike, changes: ['app/main.py'] })).toEqual({
      bases: [],
      services: ['cron'],
    });
    expect(prepared({ was: alike, changes: ['app/main.py'] }, ['queue']).services).toEqual([
      'cron',
    ]);
  });

  it('builds it for each of them where they do not build it alike', () => {
    const unlike = services({
      mailer: built('app', { target: 'mail' }, shared),
      cron: built('app', {}, shared),
    });
    expect(prepared({ was: unlike, changes: ['app/main.py'] }).services).toEqual([
      'mailer',
      'cron',
    ]);
  });

  const base = services({
    base: built('base', {}, { deploy: { replicas: 0 } }),
    child: built('child'),
    grandchild: built('grandchild'),
  });
  const dockerfiles = {
    'child/Dockerfile': [
      'ARG TAG=latest',
      'FROM --platform=$BUILDPLATFORM "tiny-base:${TAG}" AS made',
    ],
    'grandchild/Dockerfile': ['FROM scratch', 'COPY --from=tiny-child /app /app'],
  };

  it('builds what is built from an image of the stack that changes, after it', () => {
    const situation = { was: base, dockerfiles, changes: ['base/Dockerfile'] };
    expect(prepared(situation)).toEqual({ bases: ['base', 'child'], services: ['grandchild'] });
    expect(actions(planned(situation))).toMatchObject({ child: 'roll?', grandchild: 'roll?' });
  });

  it('builds the images that it is built from first, which may be gone', () => {
    expect(prepared({ was: base, dockerfiles, changes: ['child/app.py'] })).toEqual({
      bases: ['base', 'child'],
      services: ['grandchild'],
    });
    expect(prepared({ was: base, dockerfiles, changes: ['grandchild/app.py'] })).toEqual({
      bases: ['base', 'child'],
      services: ['grandchild'],
    });
  });

  it.each<[string, JsonObject, Readonly<Record<string, readonly string[]>>]>([
    ['a named context of a service', { additional_contexts: { below: 'service:base' } }, {}],
    [
      'a named context of an image',
      { additional_contexts: { below: 'docker-image://tiny-base:latest' } },
      {},
    ],
    [
      'an inline Dockerfile',
      { dockerfile: undefined, dockerfile_inline: 'FROM tiny-base\nRUN true\n' },
      {},
    ],
    [
      'an argument',
      { args: { BASE: 'tiny-base' } },
      { 'child/Dockerfile': ['ARG BASE', 'FROM ${BASE}'] },
    ],
    [
      'the default of an argument',
      {},
      { 'child/Dockerfile': ['ARG BASE="tiny-base"', 'FROM $BASE'] },
    ],
    [
      'a mount of a build step',
      {},
      { 'child/Dockerfile': ['FROM a', 'RUN --mount=type=bind,from=tiny-base,target=/x make'] },
    ],
  ])('knows an image by %s', (_, build, lines) => {
    const was = services({ base: built('base'), child: built('child', build) });
    expect(prepared({ was, dockerfiles: lines, changes: ['base/x'] })).toEqual({
      bases: ['base'],
      services: ['child'],
    });
  });

  it('asks the cache each time where a directory of the build is not of the stack', () => {
    const was = services({
      child: {
        ...built('child'),
        build: { context: '/home/ec2-user/shared', dockerfile: 'Dockerfile' },
      },
    });
    expect(prepared({ was, changes: ['README.md'] }).services).toContain('child');
  });

  it('builds nothing for a README', () => {
    expect(prepared({ was: base, dockerfiles, changes: ['README.md'] }).services).toEqual([]);
    expect(prepared({ was: alike, changes: ['README.md'] }).services).toEqual([]);
  });

  it('ends with images that name each other', () => {
    const was = services({ one: built('one'), two: built('two') });
    const circle = { 'one/Dockerfile': ['FROM tiny-two'], 'two/Dockerfile': ['FROM tiny-one'] };
    const { bases, services: rest } = prepared({ was, dockerfiles: circle, changes: ['one/x'] });
    expect([...bases, ...rest].sort()).toEqual(['one', 'two']);
  });
});
