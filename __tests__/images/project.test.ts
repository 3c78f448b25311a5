import { describe, expect, it } from '@jest/globals';
import { buildProject, contextsOf } from '../../src/images/project.js';
import { buildEnvironment } from '../../src/images/runner.js';

const project = {
  name: 'shop',
  services: {
    api: {
      image: 'shop/api',
      build: {
        context: '/stage/shop/api',
        dockerfile: 'Dockerfile',
        args: { STAGE: 'prod', ASSETS: '/stage/shop' },
        additional_contexts: { common: '/stage/shop/common', base: 'docker-image://debian' },
      },
      environment: { PASSWORD: 'secret' },
    },
    db: { image: 'postgres' },
  },
  secrets: { npm: { name: 'shop_npm', file: '/stage/shop/.npmrc' } },
  volumes: { data: {} },
};

describe('buildProject', () => {
  it('keeps what a build needs, and nothing else', () => {
    const built = buildProject(project, '/stage/shop', '/work');
    expect(built).toEqual({
      name: 'shop',
      services: {
        api: {
          image: 'shop/api',
          build: {
            context: '/work/api',
            dockerfile: 'Dockerfile',
            args: { STAGE: 'prod', ASSETS: '/work' },
            additional_contexts: { common: '/work/common', base: 'docker-image://debian' },
          },
        },
      },
      secrets: { npm: { name: 'shop_npm', file: '/work/.npmrc' } },
    });
  });

  it('moves no path that only begins like the staged tree', () => {
    const other = { services: { api: { build: { context: '/stage/shop-two' } } } };
    expect(contextsOf(buildProject(other, '/stage/shop', '/work'), ['api'])).toEqual([
      '/stage/shop-two',
    ]);
  });
});

describe('contextsOf', () => {
  it('are the directories that the named services are built from', () => {
    const built = buildProject(project, '/stage/shop', '/work');
    expect(contextsOf(built, ['api'])).toEqual(['/work/api', '/work/common']);
    expect(contextsOf(built, ['db'])).toEqual([]);
  });
});

describe('buildEnvironment', () => {
  it('has nothing of what the step was given', () => {
    const environment = buildEnvironment({
      PATH: '/bin',
      ACTIONS_RUNTIME_TOKEN: 'cache',
      INPUT_KEY: 'secret',
      'INPUT_ENV-FILE': 'secret',
      STATE_FENCE: '1',
    });
    expect(Object.keys(environment).filter((name) => /^(INPUT|STATE)_/.test(name))).toEqual([]);
    expect(environment['ACTIONS_RUNTIME_TOKEN']).toBe('cache');
  });
});
