import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/plan/compose/json.js';
import type { Operation } from '../../src/plan/plan.js';
import { planned, services, without, type Situation } from './observed.js';

type Action = 'keep' | 'leave' | 'reload' | 'roll' | 'replace' | 'start' | 'remove';

/** What makes a service's action that one. */
interface Cause {
  readonly wants?: JsonObject | undefined;
  readonly changes?: readonly string[];
  readonly isGone?: boolean;
}

const PROXY: Partial<Readonly<Record<Action, Cause>>> = {
  keep: {},
  leave: { wants: { image: 'nginx:other' } },
  reload: { changes: ['nginx/nginx.conf'] },
  replace: { wants: { image: 'nginx:other' } },
  start: { isGone: true },
  remove: { wants: undefined },
};
const BACKEND: Partial<Readonly<Record<Action, Cause>>> = {
  keep: {},
  leave: { wants: { environment: { A: 'b' } } },
  roll: { wants: { environment: { A: 'b' } } },
  replace: { wants: { labels: { 'resee.deploy.order': 'stop-first' } } },
  start: { isGone: true },
  remove: { wants: undefined },
};

/** The steps that concern them, each in a word or two. */
function steps(proxy: Action, backend: Action): readonly string[] {
  const [front, back] = [PROXY[proxy] ?? {}, BACKEND[backend] ?? {}];
  const wants = services({
    ...('wants' in front ? { proxy: front.wants } : {}),
    ...('wants' in back ? { api: back.wants } : {}),
  });
  const gone = [front.isGone ? 'proxy' : '', back.isGone ? 'api' : ''];
  const situation: Situation = {
    wants,
    changes: [...(front.changes ?? []), ...(back.changes ?? [])],
    containers: (all) => gone.reduce((left, name) => without(name)(left), all),
  };
  const named = [
    ...(proxy === 'leave' ? [] : ['proxy']),
    ...(backend === 'leave' ? [] : ['api']),
    'worker',
  ].filter(
    (name) =>
      !(name === 'proxy' && proxy === 'remove') && !(name === 'api' && backend === 'remove'),
  );
  const limits = proxy === 'leave' || backend === 'leave' ? named : [];
  const { plan } = planned(situation, { allowDowntime: true, services: limits });
  const actionOf = (name: string) => plan.services.find(({ service }) => service === name)?.action;
  // What the commit removes stays where the proxy that is left sends it requests.
  const done = proxy === 'leave' && backend === 'remove' ? 'leave' : backend;
  expect([actionOf('proxy'), actionOf('api')]).toEqual([proxy, done]);
  return plan.operations.flatMap(brief);
}

function brief(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'start':
      return operation.services.flatMap(({ service, incumbents }) =>
        service === 'worker'
          ? []
          : `${incumbents.length > 0 ? 'candidate of' : 'start'} ${service}`,
      );
    case 'replace':
      return [`replace ${operation.service}`];
    case 'stop-incumbents':
      return operation.services.flatMap((service) =>
        service === 'worker' ? [] : `stop ${service}`,
      );
    case 'cutover':
      return [
        `${operation.proxy === undefined ? 'the new' : 'the old'} proxy ${operation.routes.length > 0 ? 'to api' : 'reloads'}`,
      ];
    default:
      return [];
  }
}

/** What each pair of actions of proxy and backend comes to: the steps that concern them, in their order. */
const PAIRS: readonly (readonly [Action, Action, string])[] = [
  ['keep', 'keep', ''],
  ['keep', 'leave', ''],
  ['keep', 'roll', 'candidate of api, the old proxy to api, stop api'],
  ['keep', 'replace', 'replace api, the old proxy to api'],
  ['keep', 'start', 'start api, the old proxy to api'],
  ['keep', 'remove', 'stop api'],
  ['leave', 'keep', ''],
  ['leave', 'leave', ''],
  ['leave', 'roll', 'candidate of api, the old proxy to api, stop api'],
  ['leave', 'replace', 'replace api, the old proxy to api'],
  ['leave', 'start', 'start api, the old proxy to api'],
  ['leave', 'remove', ''],
  ['reload', 'keep', 'the old proxy reloads'],
  ['reload', 'leave', 'the old proxy reloads'],
  ['reload', 'roll', 'candidate of api, the old proxy to api, stop api'],
  ['reload', 'replace', 'replace api, the old proxy to api'],
  ['reload', 'start', 'start api, the old proxy to api'],
  ['reload', 'remove', 'the old proxy reloads, stop api'],
  ['replace', 'keep', 'replace proxy'],
  ['replace', 'leave', 'replace proxy'],
  ['replace', 'roll', 'candidate of api, replace proxy, the new proxy to api, stop api'],
  ['replace', 'replace', 'replace api, replace proxy, the new proxy to api'],
  ['replace', 'start', 'start api, replace proxy, the new proxy to api'],
  ['replace', 'remove', 'replace proxy, stop api'],
  ['start', 'keep', 'start proxy'],
  ['start', 'leave', 'start proxy'],
  ['start', 'roll', 'candidate of api, stop api, start proxy'],
  ['start', 'replace', 'replace api, start proxy'],
  ['start', 'start', 'start api, start proxy'],
  ['start', 'remove', 'start proxy, stop api'],
  ['remove', 'keep', 'stop proxy'],
  ['remove', 'leave', 'stop proxy'],
  ['remove', 'roll', 'candidate of api, stop api, stop proxy'],
  ['remove', 'replace', 'replace api, stop proxy'],
  ['remove', 'start', 'start api, stop proxy'],
  ['remove', 'remove', 'stop api, stop proxy'],
];

describe('a proxy and the service behind it', () => {
  it.each(PAIRS)('%s and %s: %s', (proxy, backend, expected) => {
    expect(steps(proxy, backend).join(', ')).toBe(expected);
  });

  it('are each pair of their actions', () => {
    const pairs = Object.keys(PROXY).flatMap((proxy) =>
      Object.keys(BACKEND).map((backend) => [proxy, backend]),
    );
    expect(PAIRS.map(([proxy, backend]) => [proxy, backend])).toEqual(pairs);
  });
});
