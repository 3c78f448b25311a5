import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readKeptEnvFile, withKeptEnvFile } from '../../src/host/env-file.js';
import { toRecord } from '../../src/host/workflow-record.js';
import { parseRecord, renderRecord } from '../../src/host/records.js';
import { describeStatus, readStatus } from '../../src/host/releases.js';
import { accepted } from '../inputs/given.js';
import { SHELLS, shellOf, toyHost, type ToyHost } from '../remote/host.js';

const RELEASES = '.local/state/resee-deploy/shop/releases';
const STATE = 'STATE=$HOME/.local/state/resee-deploy/shop\n';

describe.each(SHELLS)('the .env that a host keeps of a release, with $name', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    const given = accepted({ 'env-file': 'A=1', variables: 'TAG=v1' });
    host.write(
      `${RELEASES}/2-b.json`,
      renderRecord({ sha: 'b', deployedAt: 'today', workflow: toRecord(given), services: {} }),
    );
    host.write(`${RELEASES}/1-a.json`, '{"sha":"a","deployedAt":"then"}');
    for (const name of ['1-a', '2-b']) host.write(`${RELEASES}/${name}.env-path`, '.env\n');
    host.write(`${RELEASES}/2-b.env`, 'A=1\n');
  });
  afterEach(() => {
    host.remove();
  });
  const status = () => readStatus(shellOf(host), STATE, host.path('shop'));
  const inputs = accepted({ operation: 'rollback', 'env-file': 'A=other' });

  it('is what a rollback uses, whatever the workflow says', async () => {
    const { releases, envPaths } = await status();
    const [first, second] = releases;
    if (first === undefined || second === undefined) throw new Error('two releases are recorded');
    expect(withKeptEnvFile(inputs, second, envPaths).envFile).toEqual({
      path: '.env',
      source: { kind: 'release', name: '2-b' },
      recorded: second.workflow?.envFile,
    });
    expect(second.workflow?.envFile?.digest).toMatch(/^[0-9a-f]{64}$/);
    // The host's own goes back to being the host's own.
    expect(withKeptEnvFile(inputs, first, envPaths).envFile).toEqual({
      path: '.env',
      source: { kind: 'release', name: '1-a' },
      recorded: undefined,
    });
    expect(withKeptEnvFile(inputs, parseRecord('9-z.json', '{}'), envPaths).envFile).toBe(
      undefined,
    );
  });

  it('can be read, so that it is hidden', async () => {
    expect(await readKeptEnvFile(shellOf(host), STATE, '2-b')).toBe('A=1\n');
    expect(await readKeptEnvFile(shellOf(host), STATE, '1-a')).toBe('');
  });

  it('is told by the status, with the names of the variables and no value', async () => {
    const lines = describeStatus(await status(), { ...inputs, path: '/home/me/shop' });
    expect(lines).toEqual([
      'release a  then',
      'release b  today  variables: TAG  env-file: .env',
      'by hand, with the variables of the release: cd /home/me/shop && COMPOSE_ENV_FILES="$HOME"/.local/state/resee-deploy/shop/variables.env docker compose ps',
      'no deploy under way',
    ]);
    host.write('shop/.env', '');
    expect(describeStatus(await status(), { ...inputs, path: '/home/me/shop' }).join()).toContain(
      'COMPOSE_ENV_FILES=.env,"$HOME"',
    );
  });
});
