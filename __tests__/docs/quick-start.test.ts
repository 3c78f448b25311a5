import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { blocks, pages, textOf } from './pages.js';

describe('the quick start', () => {
  it('is the same in Korean: every code block of README.md, in its order', () => {
    expect(blocks(textOf('README.ko.md'))).toEqual(blocks(textOf('README.md')));
  });

  it('shows the stack of examples/nginx', () => {
    const shown = blocks(textOf('README.md'), 'yaml', 'nginx');
    expect(shown).toContain(textOf('examples/nginx/compose.yaml'));
    expect(shown).toContain(textOf('examples/nginx/nginx/default.conf'));
  });

  it('downloads a file that exists, from the release that its workflow uses', () => {
    const urls = [...textOf('README.md').matchAll(/https:\/\/raw\.githubusercontent\.com\/\S+/g)];
    expect(urls.map(([url]) => url.replace(/^.*\/resee-deploy-action\/v1\//, ''))).toEqual([
      'host/setup.sh',
    ]);
    expect(existsSync('host/setup.sh')).toBe(true);
  });
});

describe('examples/workflows', () => {
  it('has the workflow that docs/reference.md shows', () => {
    const shown = blocks(textOf('docs/reference.md'), 'yaml');
    expect(shown).toContain(textOf('examples/workflows/operate.yml'));
  });

  it('names each file in its README', () => {
    const files = readdirSync('examples/workflows').filter((name) => name.endsWith('.yml'));
    expect(
      files.filter((name) => !textOf('examples/workflows/README.md').includes(`(${name})`)),
    ).toEqual([]);
  });

  it('never plans for a fork, and puts no expression into a script', () => {
    const plan = textOf('examples/workflows/plan.yml');
    expect(plan).toContain(
      'if: github.event.pull_request.head.repo.full_name == github.repository',
    );
    expect(plan).not.toMatch(/^\s*(- )?run:.*\$\{\{/m);
  });
});

/** `host/setup.sh` makes the user `deploy`, and prints what the secrets `DEPLOY_…` hold; another user is the default. */
describe('an example of a step', () => {
  const files = readdirSync('examples/workflows').filter((name) => name.endsWith('.yml'));
  const texts = [
    ...pages().flatMap((page) => blocks(textOf(page), 'yaml').map((text) => [page, text] as const)),
    ...files.map((name) => [name, textOf(`examples/workflows/${name}`)] as const),
  ];
  const steps = texts.flatMap(([where, text]) =>
    text
      .split(/^ *- /m)
      .filter((step) => step.includes('secrets.DEPLOY_KEY'))
      .map((step) => ({ where, step })),
  );

  it('logs in as the user whose key it has', () => {
    expect(steps.length).toBeGreaterThan(10);
    const without = steps.filter(({ step }) => !/^ +username: deploy$/m.test(step));
    expect(without).toEqual([]);
  });
});

describe('the small examples', () => {
  const kinds = ['nginx', 'caddy', 'traefik'];

  it('have one app', () => {
    for (const file of ['Dockerfile', 'check.py', 'server.py']) {
      const texts = kinds.map((kind) => textOf(`examples/${kind}/api/${file}`));
      expect(new Set(texts).size).toBe(1);
    }
  });
});
