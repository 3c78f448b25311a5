import { describe, expect, it } from '@jest/globals';
import { RefusedError } from '../../src/errors.js';
import { loadInputs } from '../../src/inputs.js';
import { captured } from '../report/captured.js';
import { KEY, SHA } from './given.js';

const ENVIRONMENT = {
  INPUT_HOST: '203.0.113.7',
  INPUT_KEY: KEY,
  INPUT_PASSPHRASE: '',
  INPUT_TOKEN: 'ghs_verysecret',
  'INPUT_HEALTH-STATUS': '204',
  INPUT_NEEDS: 'none',
  GITHUB_REPOSITORY: 'org/app',
  GITHUB_SHA: SHA,
};

describe('the inputs of a step', () => {
  it('come from the variables that the runner sets', async () => {
    await captured(() => {
      const inputs = loadInputs(ENVIRONMENT);
      expect(inputs.health.status).toBe(204);
      expect(inputs.source).toMatchObject({ repository: 'org/app', sha: SHA });
    });
  });

  it('have their secrets masked before anything else is said', async () => {
    const lines = await captured(() => {
      loadInputs(ENVIRONMENT);
    });
    const body = KEY.trim().split('\n').slice(1, -1);
    for (const secret of ['ghs_verysecret', ...body]) {
      expect(lines).toContain(`::add-mask::${secret}`);
    }
    expect(lines.every((line) => line.startsWith('::add-mask::'))).toBe(true);
  });

  it('are refused in one error that names every problem', async () => {
    await captured(() => {
      const wrong = { ...ENVIRONMENT, INPUT_PORT: '0', INPUT_SOAK: '5', INPUT_TOKN: 'x' };
      expect(() => loadInputs(wrong)).toThrow(RefusedError);
      expect(() => loadInputs(wrong)).toThrow(/3 inputs[^]*`port`[^]*`soak`[^]*`token`/);
    });
  });
});
