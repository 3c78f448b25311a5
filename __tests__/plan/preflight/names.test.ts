import { describe, expect, it } from '@jest/globals';
import { heldNames } from '../../../src/host/listed-containers.js';
import {
  changing,
  planned,
  refusalsOf,
  refusedOnceBuilt,
  services,
  type Situation,
} from '../observed.js';

const NAMED: Situation = { wants: services({ worker: { container_name: 'jobs' } }) };

function whats(situation: Situation, other: Parameters<typeof planned>[1] = {}) {
  return refusalsOf(planned(situation, other)).map(({ what }) => what);
}

describe('a container_name that a container outside of the services has', () => {
  it.each([
    ['shop', 'of the project shop'],
    ['', 'which is of no Compose project'],
    ['tiny', 'which `docker compose run` has made'],
  ])('is refused before the old container is removed for it (%s)', (project, whose) => {
    const held = { ...NAMED, heldNames: [{ name: 'jobs', project }] };
    const [refusal, ...others] = refusalsOf(planned(held, { allowDowntime: true }));
    expect(others).toEqual([]);
    expect(refusal?.what).toBe(
      `worker is to have the name jobs (container_name), and a container, ${whose}, has it: Docker would not make the new one`,
    );
    expect(refusal?.next).toContain('docker rm --force jobs');
  });

  it('is refused on a first deploy', () => {
    const first = { containers: () => [], nginx: undefined, recorded: false };
    const held = { ...NAMED, ...first, heldNames: [{ name: 'jobs', project: '' }] };
    expect(whats(held)).toEqual([expect.stringContaining('has it: Docker would not make')]);
  });

  it('is refused once it is known that the image is another', () => {
    const held = { was: NAMED.wants ?? {}, changes: ['api/x.py'] };
    const heldNames = [{ name: 'jobs', project: '' }];
    const what = expect.stringContaining('is to have the name jobs');
    expect(whats({ ...held, heldNames })).toEqual([]);
    expect(refusedOnceBuilt({ ...held, heldNames })).toContainEqual(
      expect.objectContaining({ what }),
    );
    expect(refusedOnceBuilt({ ...held, heldNames }, {}, 'same')).toEqual([]);
  });

  it('is no matter where its own container has it, or nobody', () => {
    const own = { ...NAMED, was: NAMED.wants ?? {}, wants: services({ worker: { user: 'app' } }) };
    const containers = changing('worker', { name: 'jobs' });
    expect(whats({ ...own, containers, heldNames: [{ name: 'jobs', project: 'tiny' }] })).toEqual(
      [],
    );
    expect(whats({ ...NAMED, heldNames: [{ name: 'jobs-2', project: '' }] })).toEqual([]);
  });

  it('is read from the list of all containers, without the names of links', () => {
    const line = 'shop\t/srv/shop\tc.yaml\tFalse\tExited (0)\tweb,api/web\t\n';
    expect(heldNames(new Map([['listed', line]]))).toEqual([{ name: 'web', project: 'shop' }]);
  });
});
