import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lstatSync, readlinkSync } from 'node:fs';
import { SHELLS, toyHost, type ToyHost } from './host.js';

describe.each(SHELLS)('logins to registries, with $name as sh', ({ path: shell }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(shell);
  });
  afterEach(() => {
    host.remove();
  });

  const use = (auths = '"ghcr.io":{"auth":"bWU6aXQ="}', helpers = '"ghcr.io":""') =>
    host.run(
      'set -eu\nuse_registries "$CONFIG" "$AUTHS" "$HELPERS"\nprintf %s "${DOCKER_CONFIG:-none}"',
      {
        HOME: host.root,
        CONFIG: host.path('stage/run/docker-config'),
        AUTHS: auths,
        HELPERS: helpers,
      },
    );
  const config = () => host.read('stage/run/docker-config/config.json');

  it('are a configuration that others cannot read', async () => {
    const result = await use();
    expect(result.stdout).toBe(host.path('stage/run/docker-config'));
    expect(JSON.parse(config())).toEqual({
      auths: { 'ghcr.io': { auth: 'bWU6aXQ=' } },
      credHelpers: { 'ghcr.io': '' },
    });
    const mode = (name: string) => (lstatSync(host.path(name)).mode & 0o777).toString(8);
    expect([mode('stage/run/docker-config'), mode('stage/run/docker-config/config.json')]).toEqual([
      '700',
      '600',
    ]);
  });

  it.each([
    ['{}', '{'],
    ['{\n}\n', '{\n'],
    [
      '{"a":[1,-2.5e3,true,{"\\"}":null}],"b":{"c":["x",[]]}}',
      '{"a":[1,-2.5e3,true,{"\\"}":null}],"b":{"c":["x",[]]},',
    ],
    ['\n{ "credsStore": "pass" }  \r\n\n', '{ "credsStore": "pass" ,'],
    ['{\n\t"auths": {\n\t\t"ghcr.io": {}\n\t}\n}', '{\n\t"auths": {\n\t\t"ghcr.io": {}\n\t}\n,'],
  ])('are added to what the user has: %j', async (own, before) => {
    host.write('.docker/config.json', own);
    expect((await use()).code).toBe(0);
    expect(config()).toBe(
      `${before}"auths":{"ghcr.io":{"auth":"bWU6aXQ="}},"credHelpers":{"ghcr.io":""}}\n`,
    );
    JSON.parse(config());
    expect(host.read('.docker/config.json')).toBe(own);
  });

  it.each([
    '<<<<<<< HEAD',
    '{ "auths": { "ghcr.io": {} }',
    '{ "auths": {}, }',
    '{ "credsStore": pass }',
    '{\n<<<<<<< HEAD\n"a": 1\n}',
    '{ "a": "b }',
  ])('leave out a configuration that is none, and say so: %j', async (own) => {
    host.write('.docker/config.json', own);
    const { code, stderr } = await use();
    expect([code, stderr.includes('cannot be read')]).toEqual([0, true]);
    JSON.parse(config());
  });

  it('keep the plugins, contexts and builders of the user', async () => {
    host.write('.docker/cli-plugins/docker-compose', '');
    host.write('.docker/contexts/meta/x', '');
    host.write('.docker/buildx/current', '');
    await use();
    await use();
    for (const name of ['cli-plugins', 'contexts', 'buildx']) {
      expect(readlinkSync(host.path(`stage/run/docker-config/${name}`))).toBe(
        host.path(`.docker/${name}`),
      );
    }
  });

  it('change nothing where there are none', async () => {
    expect((await use('', '')).stdout).toBe('none');
    expect(host.exists('stage/run/docker-config')).toBe(false);
  });
});
