import { describe, expect, it } from '@jest/globals';
import type { Container } from '../../../src/plan/observation.js';
import { planned, refusalsOf } from '../observed.js';

const LIVE = '/home/ec2-user/tiny';

/** The worker has this mounted. */
function mounting(mount: Container['mounts'][number]) {
  return (before: readonly Container[]): readonly Container[] =>
    before.map((each) => (each.service === 'worker' ? { ...each, mounts: [mount] } : each));
}

const WRITES = mounting({ source: LIVE, target: '/app' });
const READS = mounting({ source: LIVE, target: '/app', readOnly: true });

describe('a Compose file that a container can write to', () => {
  const changed = (containers: typeof WRITES, modified: readonly string[]) =>
    refusalsOf(planned({ live: { modified }, containers })).map(({ what }) => what);

  it.each([
    'docker-compose.yml',
    'compose.yaml',
    'deploy/docker-compose.prod.yml',
    'compose.override.yaml',
  ])('is refused where %s was changed on the host', (file) => {
    expect(changed(WRITES, [file])).toEqual([
      `${file} in ${LIVE} was changed there, and worker can write to it: whoever is in that container would choose what runs on the host`,
    ]);
  });

  it('is refused where the mount is of a directory above, or of the file itself', () => {
    for (const source of ['/', '/home', `${LIVE}/docker-compose.yml`]) {
      const containers = mounting({ source, target: '/it' });
      expect(changed(containers, ['docker-compose.yml'])).toHaveLength(1);
    }
  });

  it('is taken as it is where no container can write to it, or it is another file', () => {
    expect(changed(READS, ['docker-compose.yml'])).toEqual([]);
    expect(changed(mounting({ source: `${LIVE}/data`, target: '/data' }), ['compose.yml'])).toEqual(
      [],
    );
    expect(changed(WRITES, ['README.md', 'config/settings.yml'])).toEqual([]);
  });

  it('is told where git does not hold it, for nothing shows whether it was changed', () => {
    const ownComposeFiles = ['compose.override.yaml'];
    const told = (containers: typeof WRITES) =>
      planned({ ownComposeFiles, containers, changes: ['README.md'] }).plan.warnings;
    expect(told(WRITES)).toEqual([expect.stringContaining('compose.override.yaml is not in git')]);
    expect(told(READS)).toEqual([]);
  });
});

describe('a symbolic link that a container can make', () => {
  const refused = (containers: typeof WRITES, links: readonly string[]) =>
    refusalsOf(planned({ links, containers, changes: ['README.md'] })).map(({ what }) => what);

  it('is refused where the definition leads through it', () => {
    expect(refused(WRITES, ['data'])).toEqual([
      `data in ${LIVE} is a symbolic link that no commit holds, the Compose file mounts or reads what it leads to, and worker can make such links there: whoever is in that container would choose what of the host that is`,
    ]);
    const uploads = mounting({ source: `${LIVE}/uploads`, target: '/uploads' });
    expect(refused(uploads, ['uploads/public'])).toHaveLength(1);
  });

  it("is the host's own where no container can", () => {
    expect(refused(READS, ['data'])).toEqual([]);
    // Docker mounts what the link leads to: not the link itself.
    expect(refused(mounting({ source: `${LIVE}/data`, target: '/data' }), ['data'])).toEqual([]);
    expect(refused(WRITES, [])).toEqual([]);
  });
});
