import { expect, it } from '@jest/globals';
import { planned } from './observed.js';

it('files of Git LFS that the host could not fetch are told, with the remedy', () => {
  const pointers = ['models/a.bin', 'models/b.bin'];
  expect(planned({ changes: ['api/x'], pointers }).plan.warnings).toContainEqual(
    expect.stringMatching(/models\/a\.bin, models\/b\.bin\. Install git-lfs on the host/),
  );
  expect(planned({ changes: ['api/x'] }).plan.warnings.join()).not.toContain('LFS');
});
