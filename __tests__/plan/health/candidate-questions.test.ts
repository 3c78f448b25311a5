import { describe, expect, it } from '@jest/globals';
import { questionsOf } from '../../../src/plan/health/candidate-questions.js';
import { makePlan } from '../../../src/plan/planner.js';
import { observed, options, type Situation } from '../observed.js';

const LOCAL = 'http://localhost/health';

function questions(situation: Situation, url = 'http://localhost/health?a=1', host?: string) {
  const observation = observed(situation);
  const { plan } = makePlan(observation, options);
  return questionsOf(observation, plan, { url: new URL(url), host });
}

describe('what candidates are asked before the cutover', () => {
  it('is what the health check will ask through the proxy', () => {
    expect(questions({ changes: ['api/x'] })).toEqual([
      {
        service: 'api',
        network: 'tiny_default',
        port: 3000,
        incumbents: ['api-1'],
        host: 'localhost',
        target: '/health?a=1',
      },
    ]);
  });

  it('is asked of the service that the path leads to', () => {
    const changes = ['backend/x', 'frontend/x'];
    const asked = (url: string) =>
      questions({ fixture: 'resee', changes }, url, 'reseeall.com').map(
        ({ service, port, host }) => `${service}:${String(port)} ${host}`,
      );
    expect(asked('http://localhost/api/health/')).toEqual(['backend:8000 reseeall.com']);
    expect(asked('http://localhost/')).toEqual(['frontend:3000 reseeall.com']);
  });

  it.each<[string, Situation, string]>([
    ['that stays', { changes: ['README.md'] }, LOCAL],
    ['at another port of the host', { changes: ['api/x'] }, 'http://localhost:8080/health'],
    ['of a proxy with a new configuration', { changes: ['api/x', 'nginx/nginx.conf'] }, LOCAL],
    ['of a proxy that did not tell', { changes: ['api/x'], nginx: '' }, LOCAL],
    ['without a proxy', { changes: ['api/x'], nginx: undefined }, LOCAL],
  ])('is nothing %s', (_what, situation, url) => {
    expect(questions(situation, url)).toEqual([]);
  });
});
