import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import { createHidden } from '../../src/report/hidden.js';
import { captured } from './captured.js';

describe('what is hidden', () => {
  it('is told to the runner, and is in no part of an error that goes into a file', async () => {
    const error = new DeployError({
      what: 'invalid port "open-sesame-42"',
      where: 'open-sesame',
      next: 'Look at open-sesame.',
      evidence: 'open-sesame-42\nopen-sesame\nport 80',
    });
    const hidden = createHidden();
    const said = await captured(() => {
      hidden.hide('open-sesame');
      hidden.hide('open-sesame-42');
    });
    const redacted = hidden.redact(error);
    expect(said).toContain('::add-mask::open-sesame-42');
    expect(redacted).toMatchObject({
      what: 'invalid port "***"',
      where: '***',
      next: 'Look at ***.',
      evidence: '***\n***\nport 80',
    });
    expect(redacted.message).not.toContain('sesame');
  });
});
