import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import { mountedChanges } from '../../../src/plan/changes/files.js';
import { assignRoles } from '../../../src/plan/roles/roles.js';
import type { Stack } from '../../../src/plan/compose/stack.js';

const SOURCE = {
  image: 'acme/app:1',
  volumes: [
    { type: 'volume', source: 'things', target: '/things' },
    { type: 'bind', source: '/srv/shop/code', target: '/code' },
    { type: 'volume', target: '/scratch' },
  ],
};

function stackOf(services: Readonly<Record<string, JsonObject>>): Stack {
  return parseStack(JSON.stringify({ name: 'shop', services }), '/srv/shop');
}

/** What a service mounts that says so, `SOURCE` being the service `source`. */
function mountsOf(volumes_from: readonly string[], more: JsonObject = {}): readonly string[] {
  const { services } = stackOf({
    source: SOURCE,
    it: { image: 'acme/job:1', volumes_from, ...more },
  });
  return (services['it']?.mounts ?? []).map(
    ({ source = 'a volume of its own', target, readOnly }) =>
      `${source} at ${target}${readOnly ? ', to read' : ''}`,
  );
}

describe('volumes_from', () => {
  it.each([
    ['a service', 'source', []],
    ['a service, to read', 'source:ro', [', to read']],
    ['a service, to write', 'source:rw', []],
    ['a container of the stack', 'container:shop-source-1', []],
  ])('mounts what %s does, except its anonymous volumes', (_, from, [mode = '']) => {
    expect(mountsOf([from])).toEqual([`things at /things${mode}`, `code at /code${mode}`]);
  });

  it('mounts nothing of a container that is none of the stack', () => {
    expect(mountsOf(['container:elsewhere'])).toEqual([]);
  });

  it('is hidden by what the service mounts itself', () => {
    const volumes = [{ type: 'volume', source: 'own', target: '/things' }];
    expect(mountsOf(['source'], { volumes })).toEqual(['own at /things', 'code at /code']);
  });

  it('reaches through several services, and ends where they lead in a circle', () => {
    const { services } = stackOf({
      source: { ...SOURCE, volumes_from: ['last'] },
      middle: { image: 'acme/a:1', volumes_from: ['source'] },
      last: { image: 'acme/b:1', volumes_from: ['middle'] },
    });
    expect(services['last']?.mounts.map(({ source }) => source)).toEqual(['things', 'code']);
  });

  it('counts as storage that a service writes to', () => {
    const holder = { ...SOURCE, restart: 'no' };
    const waits = {
      image: 'acme/web:1',
      depends_on: { source: { condition: 'service_completed_successfully' } },
    };
    const stack = stackOf({
      source: holder,
      it: { image: 'acme/job:1', volumes_from: ['source'] },
      waits,
    });
    expect(assignRoles(stack, [])['it']?.single).toContain('only it writes to things');
  });

  it('brings changed files', () => {
    const stack = stackOf({
      source: SOURCE,
      it: { image: 'acme/job:1', volumes_from: ['source'] },
    });
    const changes = [{ path: 'code/main.py', status: 'modified' }] as const;
    expect(mountedChanges(stack, 'it', changes)).toEqual(['code/main.py']);
  });
});
