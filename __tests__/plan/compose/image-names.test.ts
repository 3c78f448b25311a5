import { describe, expect, it } from '@jest/globals';
import { familiarName } from '../../../src/plan/compose/image-names.js';
import { observed, operationsOf, planned, services } from '../observed.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('familiarName', () => {
  it.each([
    ['redis', 'redis'],
    ['redis:latest', 'redis'],
    ['docker.io/redis:8', 'redis:8'],
    ['docker.io/library/redis:latest', 'redis'],
    ['index.docker.io/library/redis', 'redis'],
    ['docker.io/org/api:1', 'org/api:1'],
    ['localhost:5000/api', 'localhost:5000/api'],
    ['localhost:5000/library/api:latest', 'localhost:5000/library/api'],
    [`ghcr.io/me/app:1@${DIGEST}`, `ghcr.io/me/app@${DIGEST}`],
    [`localhost:5000/app@${DIGEST}`, `localhost:5000/app@${DIGEST}`],
  ])('of %s is %s', (reference, name) => {
    expect(familiarName(reference)).toBe(name);
  });

  it('is what an undo knows the image before by', () => {
    const was = services({ api: { build: undefined, image: 'docker.io/org/api:1' } });
    expect(observed({ was }).wanted.services['api']?.image).toBe('org/api:1');
    const [images] = operationsOf(planned({ was }, { images: 'pull' }), 'prepare-images');
    expect(images?.references).toContainEqual({
      reference: 'org/api:1',
      before: 'sha256:org/api:1',
    });
  });
});
