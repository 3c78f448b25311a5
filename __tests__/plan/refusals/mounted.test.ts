import { describe, expect, it } from '@jest/globals';
import { changedPlaces } from '../../../src/plan/changes/changes.js';
import type { Container, Observation } from '../../../src/plan/observation.js';
import {
  actions,
  changing,
  observed,
  planned,
  refusalsOf,
  serviceIn,
  services,
  type Situation,
} from '../observed.js';

const volume = (source: string, target: string) => ({ type: 'volume', source, target });
const WAS = {
  ...services({ api: { volumes: [volume('media', '/app/media')] } }),
  volumes: { media: { name: 'tiny_media' } },
};
const RENAMED = { volumes: { media: { name: 'tiny_media2' }, store: { name: 'tiny_store2' } } };
const NEW_IMAGE = services({ api: { environment: { GREETING: 'hi' } } });

/** The containers of a service on this volume. */
function on(service: string, target: string, named: string) {
  const mount = { source: `/var/lib/docker/volumes/${named}/_data`, target, named };
  return changing(service, { mounts: [mount] } satisfies Partial<Container>);
}

describe('a volume of another name', () => {
  it('is a change of the services that mount it, and refused', () => {
    const of = planned({ was: WAS, wants: RENAMED });
    expect(actions(of)).toEqual({ api: 'roll', store: 'replace' });
    expect(serviceIn(of, 'api').why).toBe('its definition changed (volume media.name)');
    expect(refusalsOf(of).map(({ what }) => what)).toEqual([
      'volume "store" is another one by its name: tiny_store → tiny_store2',
      'volume "media" is another one by its name: tiny_media → tiny_media2',
      'store holds data, and its definition changed: volume store.name: tiny_store → tiny_store2',
    ]);
  });

  it('is told, where it is accepted', () => {
    const containers = on('api', '/app/media', 'tiny_media');
    const wants = { volumes: { media: { name: 'tiny_media2' } } };
    const of = planned({ was: WAS, wants, containers }, { allowDowntime: true });
    expect(of.kind).toBe('plan');
    expect(of.plan.warnings).toContain(
      'api: at /app/media its new container has tiny_media2 in place of the volume tiny_media, which stays, with what it holds',
    );
  });

  it('is no change where the containers have it already', () => {
    const wants = { volumes: { media: { name: 'tiny_media2' } } };
    const containers = on('api', '/app/media', 'tiny_media2');
    expect(actions(planned({ was: WAS, wants, containers }))).toEqual({});
  });

  it('is no change by a record of an earlier version, which says nothing of volumes', () => {
    const before = observed({ was: WAS });
    const releases = before.releases.map((release): Observation['releases'][number] => ({
      ...release,
      services: Object.fromEntries(
        Object.entries(release.services).map(([name, service]) => {
          const places = Object.entries(service.runs?.places ?? {}).filter(
            ([place]) => !place.startsWith('volume '),
          );
          const runs = service.runs && { ...service.runs, places: Object.fromEntries(places) };
          return [name, { ...service, runs }];
        }),
      ),
    }));
    for (const service of Object.values(before.wanted.services)) {
      expect(changedPlaces({ ...before, releases }, service)).toEqual([]);
    }
  });
});

describe('a container on another volume than the Compose files say', () => {
  const drifted = (named: string, wants: Situation['wants'] = NEW_IMAGE): Situation => ({
    was: WAS,
    wants,
    containers: on('api', '/app/media', named),
  });

  it('is not followed by one that gets the other', () => {
    expect(refusalsOf(planned(drifted('tiny_old')))).toEqual([
      {
        what: 'api runs on the volume tiny_old at /app/media, and its next container would get tiny_media, as the Compose files of the host and of the commit both say',
        next: 'What tiny_old holds would be out of sight. Let the Compose file name it (volumes: …: name: tiny_old); or, where tiny_media is right, let the service have it on the host, with a gap: docker compose up -d --no-deps --force-recreate api. Then run the workflow again.',
      },
    ]);
  });

  it('goes on where it is not created anew, and where it has the same', () => {
    expect(planned(drifted('tiny_old', {})).kind).toBe('plan');
    expect(planned(drifted('tiny_media')).kind).toBe('plan');
  });
});
