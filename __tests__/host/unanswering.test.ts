import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lstatSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '../../src/errors.js';
import { observe } from '../../src/host/observe.js';
import type { Observation } from '../../src/plan/observation.js';
import { accepted } from '../inputs/given.js';
import { ENGINE_IS_AWAY, SHELLS, shellOf, type ToyHost } from '../remote/host.js';
import { ENGINE, shopOn, type Shop } from './shop.js';

const LIMITS = ['RESEE_FILES_SECONDS', 'RESEE_COMPOSE_SECONDS', 'RESEE_UNTRACKED_SECONDS'];

describe.each(SHELLS)('a host of which a part does not answer, with $name as sh', ({ path }) => {
  let shop: Shop;
  let host: ToyHost;
  beforeEach(() => {
    shop = shopOn(path);
    ({ host } = shop);
    shop.deployed(shop.first);
    for (const limit of LIMITS) process.env[limit] = '1';
  });
  afterEach(() => {
    for (const limit of LIMITS) Reflect.deleteProperty(process.env, limit);
    host.remove();
  });

  const look = (): Promise<Observation> => {
    const place = { path: host.path('shop'), repository: host.path('origin') };
    return observe(shellOf(host), accepted({ ...place, sha: shop.second }), shop.second, 'run-1-1');
  };
  const refusal = async (): Promise<RefusedError> => {
    const error: unknown = await look().catch((thrown: unknown) => thrown);
    if (error instanceof RefusedError) return error;
    throw new Error(`not refused: ${String(error)}`);
  };
  /** The program hangs where its arguments match the pattern of the shell. */
  const hang = (program: string, pattern: string): void => {
    host.answer(
      program,
      `case "$*" in ${pattern}) exec sleep 30 2>/dev/null ;; esac\nPATH=\${PATH#*:} exec ${program} "$@"`,
    );
  };

  it('is refused where that is the file system of the live directory', async () => {
    hang('stat', '"-f -c %T $TOY/shop"');
    const { what, next } = await refusal();
    expect(what).toBe(`the file system of ${host.path('shop')} does not answer`);
    expect(next).toContain('findmnt -T');
  });

  it('is refused where the files of the live directory cannot be listed', async () => {
    hang('git', '*" ls-files --others "*');
    const { what, evidence } = await refusal();
    expect(what).toBe('the files on the host that are not in git could not be listed');
    expect(evidence).toBe(`the files in ${host.path('shop')} were not listed within 1 s`);
  });

  it('is refused where Compose waits for something', async () => {
    host.answerDocker(`case "$*" in *'config --format json') exec sleep 30 ;; esac\n${ENGINE}`);
    const { what, evidence } = await refusal();
    expect(what).toMatch(/^Docker Compose does not come to an end/);
    expect(evidence).toContain('docker compose did not end within 1 s');
  });

  it.each(['ps -a --format', 'ps -aq', 'ps --no-trunc', 'image ls', 'info'])(
    'is refused where that is a question to the engine (docker %s), and it is not taken for an empty one',
    async (question) => {
      host.answerDocker(`case "$*" in '${question} '*) ${ENGINE_IS_AWAY} ;; esac\n${ENGINE}`);
      const { what } = await refusal();
      expect(what).toMatch(
        /^docker [a-z -]+ failed while the host was looked at, so what runs there is not known$/,
      );
    },
  );

  it('is looked at anew where a container is removed meanwhile', async () => {
    host.answerDocker(`case "$*" in
  'ps -aq '*) [ -e "$TOY/removed" ] || echo gone; : >"$TOY/removed" ;;
  'inspect '*gone*) echo '[]'; echo 'Error: No such object: gone' >&2; exit 1 ;;
esac
${ENGINE}`);
    expect((await look()).containers).toEqual([]);
  });

  it('does not matter beside the live directory, of which only the names are read', async () => {
    // A test of what it leads to fails, as one of a mount that is gone would hang.
    symlinkSync('/nonexistent', host.path('a mount'));
    symlinkSync('/nonexistent', host.path('.hidden'));
    const { stage } = await look();
    for (const name of ['a mount', '.hidden']) {
      expect(lstatSync(join(stage, '..', name)).isSymbolicLink()).toBe(true);
    }
  });
});

describe.each(SHELLS)('a host that is another one than it seems, with $name as sh', ({ path }) => {
  let shop: Shop;
  beforeEach(() => {
    shop = shopOn(path);
    shop.deployed(shop.first);
  });
  afterEach(() => {
    shop.host.remove();
  });
  const look = (): Promise<Observation> => {
    const place = { path: shop.host.path('shop'), repository: shop.host.path('origin') };
    const inputs = accepted({ ...place, sha: shop.second });
    return observe(shellOf(shop.host), inputs, shop.second, 'run-1-1');
  };

  it('is refused where docker speaks to another machine', async () => {
    const context = (endpoint: string): void => {
      shop.host.answerDocker(
        `case "$1 $2" in 'context inspect') echo ${endpoint} ;; esac\n${ENGINE}`,
      );
    };
    context('tcp://198.51.100.7:2376');
    await expect(look()).rejects.toMatchObject({
      what: expect.stringContaining(
        'another engine than the one of the host: tcp://198.51.100.7:2376',
      ),
    });
    context('unix:///run/user/1000/docker.sock');
    expect((await look()).commit.sha).toBe(shop.second);
  });

  it('is refused where the clone is sparse, and not where it was', async () => {
    shop.git('shop', 'sparse-checkout', 'set', 'web');
    await expect(look()).rejects.toMatchObject({ what: expect.stringContaining('is sparse') });
    shop.git('shop', 'sparse-checkout', 'disable');
    expect((await look()).live.modified).toEqual([]);
  });
});
