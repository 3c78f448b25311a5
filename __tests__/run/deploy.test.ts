import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeployDeps } from '../../src/run/transact.js';
import { deploy } from '../../src/run/deploy.js';
import type { Edge } from '../../src/edge/edge.js';
import { createProgress, type Progress } from '../../src/run/progress.js';
import { systemClock } from '../../src/system-clock.js';
import { shopOn, type Shop } from '../host/shop.js';
import { accepted } from '../inputs/given.js';
import { SHELLS, shellOf } from '../remote/host.js';

const STATE = '.local/state/resee-deploy/shop';

// How each shell reads the scripts is told apart in remote/.
describe.each(SHELLS.slice(0, 1))('a run that ends before it changes anything', ({ path }) => {
  let shop: Shop;
  let progress: Progress;
  let said: string[];
  let leases: string[];
  beforeEach(() => {
    shop = shopOn(path);
    said = [];
    leases = [];
    progress = createProgress(systemClock, log, (fence) => leases.push(fence));
  });
  afterEach(() => {
    shop.host.remove();
  });

  const note = (line: string): void => {
    said.push(line);
  };
  const log: DeployDeps['log'] = {
    info: note,
    warn: note,
    debug: note,
    remote: note,
    group: (_, work) => work(),
  };
  const unused = (): never => {
    throw new Error('nothing of this run needs more than its shell');
  };
  const run = (
    sha: string,
    given: Readonly<Record<string, string>> = {},
    deps: Partial<DeployDeps> = {},
  ): Promise<void> => {
    const inputs = accepted({
      path: shop.host.path('shop'),
      repository: shop.host.path('origin'),
      sha,
      ...given,
    });
    return deploy(
      { inputs, sha, release: undefined, run: 'run-1-1', owner: '{"run":"1"}' },
      {
        opening: undefined,
        connection: {
          openSession: unused,
          dial: unused,
          upload: unused,
          fingerprint: '',
          closed: Promise.resolve(undefined),
          close: unused,
        },
        shell: shellOf(shop.host),
        clock: systemClock,
        log,
        progress,
        signal: new AbortController().signal,
        ...deps,
      },
    );
  };
  /** A connection that keeps the lease: every sign of life ends with the code. */
  const keeper = (
    code: number,
  ): Pick<DeployDeps, 'connection'> & {
    readonly signs: readonly string[];
    readonly closed: () => number;
  } => {
    const signs: string[] = [];
    let closed = 0;
    const session = {
      pid: 1,
      run: (script: string) => {
        signs.push(script);
        return Promise.resolve({ code, stdout: '', stderr: '' });
      },
      close: () => Promise.resolve(void (closed += 1)),
    };
    const connection = {
      openSession: () => Promise.resolve(session),
      dial: unused,
      upload: unused,
      fingerprint: '',
      closed: Promise.resolve(undefined),
      close: unused,
    };
    return { connection, signs, closed: () => closed };
  };
  const soon = (_ms: number, signal?: AbortSignal): Promise<void> => systemClock.sleep(5, signal);
  const untouched = (): void => {
    expect(shop.host.exists(`${STATE}/stage/run-1-1`)).toBe(false);
    expect(shop.host.exists(`${STATE}/lease`)).toBe(false);
    expect(shop.host.exists(`${STATE}/journal`)).toBe(false);
  };

  it('plans, prints the plan, and stops there', async () => {
    shop.deployed(shop.first);
    await run(shop.second, { operation: 'plan' });
    expect(progress.facts.result).toBe('planned');
    expect(progress.facts.sha).toBe(shop.second);
    expect(progress.facts.previousSha).toBe(shop.first);
    expect(said.join('\n')).toMatch(/^ 1\. build web in a staged tree$/m);
    expect(leases).toEqual([]);
    expect(shop.git('shop', 'rev-parse', 'HEAD')).toBe(shop.first);
    untouched();
  });

  it('keeps the lease from when it has it: a look at the host may take long', async () => {
    shop.deployed(shop.second);
    shop.host.write(`${STATE}/journal/001-step.sh`, ':\n# end\n');
    const kept = keeper(0);
    const clock = { ...systemClock, sleep: soon };
    await run(shop.first, {}, { connection: kept.connection, clock });
    expect(progress.facts.result).toBe('superseded');
    expect(leases).toHaveLength(1);
    expect(kept.signs.length).toBeGreaterThan(3);
    expect(kept.signs[0]).toContain('sign_of_life "$FENCE"');
    expect(kept.closed()).toBe(1);
    untouched();
  });

  it('ends where the Docker Engine has stopped answering', async () => {
    shop.deployed(shop.second);
    shop.host.write(`${STATE}/journal/001-step.sh`, ':\n# end\n');
    const kept = keeper(124);
    const clock = { now: () => systemClock.now() * 1e6, sleep: soon };
    const error: unknown = await run(shop.first, {}, { connection: kept.connection, clock }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toContain('the Docker Engine has not answered for 5 minutes');
    expect(progress.facts.result).toBeUndefined();
    expect(kept.closed()).toBe(1);
  });

  it('leaves a newer release alone', async () => {
    shop.deployed(shop.second);
    await run(shop.first);
    expect(progress.facts.result).toBe('superseded');
    expect(said.join('\n')).toContain(`${shop.second} is newer than ${shop.first}`);
    untouched();
  });

  it('refuses a branch that was forced away from the deployed commit, with the way out', async () => {
    shop.host.write('origin/extra', 'x');
    const dropped = shop.commit('dropped');
    shop.deployed(dropped);
    await run(dropped, { operation: 'plan' });
    shop.git('origin', 'reset', '-q', '--hard', shop.second);
    shop.host.write('origin/other', 'x');
    const forced = shop.commit('forced');
    const refused = run(forced);
    await expect(refused).rejects.toThrow(/has commits that the branch does not have: .* dropped/);
    await expect(refused).rejects.toMatchObject({
      next: expect.stringContaining(`reset --hard ${shop.second.slice(0, 12)}`),
    });
    untouched();
  });

  it('refuses what stands against the plan, all at once, and keeps the plan for the report', async () => {
    shop.deployed(shop.first);
    shop.host.write('shop/web/Dockerfile', 'FROM mine\n');
    shop.host.write('shop/web/a file', 'mine\n');
    const refused = run(shop.second);
    await expect(refused).rejects.toThrow(/local changes in .* would be overwritten/);
    await expect(refused).rejects.toThrow(/untracked files in .* would be overwritten/);
    expect(progress.facts.plan).toBeDefined();
    expect(leases).toEqual([]);
    expect(shop.host.read('shop/web/Dockerfile')).toBe('FROM mine\n');
    untouched();
  });

  describe('with a file that says how the edge should be', () => {
    const given = {
      'cloudflare-api-token': 'a-token-of-at-least-twenty-characters',
      'cloudflare-zone-id': '0'.repeat(32),
      'cloudflare-purge': 'none',
      'cloudflare-config': 'deploy/edge.yml',
    };
    const edgeThat = (wanted: unknown[]): Edge => ({
      changes: unused,
      foresee: () => Promise.resolve(void wanted.push('foreseen')),
      configure: unused,
      purge: unused,
      wants: (edge) => wanted.push(edge),
    });
    const committed = (text: string): string => {
      shop.host.write('origin/deploy/edge.yml', text);
      return shop.commit('edge');
    };

    it('refuses a commit without it, and asks nothing of the edge', async () => {
      shop.deployed(shop.first);
      const wanted: unknown[] = [];
      const refused = run(shop.second, given, { edge: edgeThat(wanted) });
      await expect(refused).rejects.toThrow(/deploy\/edge\.yml is not in the commit/);
      expect(wanted).toEqual([]);
      untouched();
    });

    it('refuses one that cannot be used, with its lines, before anything is changed', async () => {
      shop.deployed(shop.first);
      const sha = committed('ssl: strict\nmin-tls-version: 1.0\nshield: on\n');
      const refused = run(sha, given, { edge: edgeThat([]) });
      await expect(refused).rejects.toThrow(/deploy\/edge\.yml:2:18: `min-tls-version`/);
      await expect(refused).rejects.toThrow(/deploy\/edge\.yml:3:1: there is no `shield`/);
      untouched();
    });

    it('reads it as the commit has it, whatever lies in the live directory', async () => {
      const sha = committed('ssl: strict\n');
      shop.deployed(sha);
      shop.host.write('shop/deploy/edge.yml', 'ssl: full\n');
      const wanted: unknown[] = [];
      await run(
        sha,
        { ...given, operation: 'plan', url: 'https://example.com' },
        {
          edge: { ...edgeThat(wanted), changes: () => undefined },
        },
      );
      expect(wanted).toEqual([
        {
          file: 'deploy/edge.yml',
          isChanged: false,
          config: expect.objectContaining({ settings: { ssl: 'strict' } }),
        },
        'foreseen',
      ]);
      untouched();
    });
  });

  it('refuses a host that is not fit, and leaves nothing on it', async () => {
    shop.host.answerDocker('echo "docker: not found" >&2; exit 127');
    await expect(run(shop.second)).rejects.toThrow('Docker Engine is not installed');
    untouched();
  });

  it('waits no longer than lock-timeout for another deploy, and judges nothing meanwhile', async () => {
    shop.deployed(shop.first);
    // What the other deploy is just doing looks like a change by hand.
    shop.host.write('shop/web/Dockerfile', 'FROM scratch\nUSER 1\n');
    shop.host.write(`${STATE}/lease/owner`, '{"run":"other"}\n');
    shop.host.write(`${STATE}/lease/expires`, '99999999999\n');
    shop.host.write(`${STATE}/lease/fence`, '7\n');
    await expect(run(shop.second, { 'lock-timeout': '1s' })).rejects.toThrow(
      'another deploy holds the stack: {"run":"other"}',
    );
    expect(shop.host.exists(`${STATE}/stage/run-1-1`)).toBe(false);
    expect(shop.host.read(`${STATE}/lease/fence`)).toBe('7\n');
  });

  it('looks again, and builds nothing, where somebody else was there before its lease', async () => {
    shop.deployed(shop.first);
    const shell = shellOf(shop.host);
    const never = new Promise<never>(() => undefined);
    const overtaken: DeployDeps['shell'] = {
      ...shell,
      run: (script, variables) => {
        if ('WATCHDOG' in variables) {
          shop.host.write('shop/web/Dockerfile', 'FROM mine\n');
          shop.host.write(`${STATE}/journal/001-step.sh`, 'echo undone >&2\n# end\n');
        }
        return shell.run(script, variables);
      },
    };
    const opening = { session: never, entrance: never };
    await expect(run(shop.second, {}, { shell: overtaken, opening })).rejects.toThrow(
      /local changes in .* would be overwritten/,
    );
    expect(shop.host.dockerCalls().filter((call) => call.includes('build'))).toEqual([]);
    expect(leases).toHaveLength(1);
  });

  it('takes the lease of a dead run first, and gives it back where there is nothing to do', async () => {
    shop.deployed(shop.second);
    shop.host.write(`${STATE}/lease/owner`, 'dead\n');
    shop.host.write(`${STATE}/journal/001-step.sh`, 'echo undone >&2\n# end\n');
    await run(shop.first);
    expect(progress.facts.result).toBe('superseded');
    expect(shop.host.exists(`${STATE}/journal`)).toBe(false);
    expect(leases).toHaveLength(1);
    untouched();
  });
});
