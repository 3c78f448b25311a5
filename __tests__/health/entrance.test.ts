import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RefusedError } from '../../src/errors.js';
import { openEntrance } from '../../src/health/entrance.js';
import type { Entrance } from '../../src/health/entrance.js';
import type { HealthInputs } from '../../src/inputs.js';
import { removeTree, until } from '../remote/host.js';
import { cleanUp, opened, serve, user } from '../ssh/fixture.js';
import { inputsFor, realClock, recordedLog } from '../ssh/server.js';
import type { RecordedLog, TestServer } from '../ssh/server.js';
import { servers } from './servers.js';

const running = servers();
let directory: string;
let log: RecordedLog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'entrance-'));
  log = recordedLog();
});

afterEach(async () => {
  await cleanUp();
  await running.close();
  removeTree(directory);
});

/** Programs that ask.sh may use beside what asks. */
const ALWAYS = ['sh', 'head', 'tr', 'sed', 'grep', 'sleep', 'mktemp', 'rm', 'kill', 'cat'];

/** A host that has these programs, and no others: a login shell with a PATH of its own. */
async function hostWith(tools: readonly string[], forwarding: boolean): Promise<TestServer> {
  const bin = mkdtempSync(join(directory, 'bin-'));
  for (const name of [...ALWAYS, ...tools]) {
    const path = ['/usr/bin', '/bin'].map((place) => join(place, name)).find(existsSync);
    if (path === undefined) throw new Error(`this machine has no ${name}`);
    symlinkSync(path, join(bin, name));
  }
  const shell = join(directory, 'login-shell');
  const made = join(directory, 'tmp');
  writeFileSync(
    shell,
    `#!/bin/sh\nPATH='${bin}' TMPDIR='${made}' http_proxy=http://127.0.0.1:1\nexport PATH TMPDIR http_proxy\nmkdir -p '${made}'\nexec sh "$@"\n`.replace(
      'mkdir',
      '/bin/mkdir',
    ),
    { mode: 0o755 },
  );
  return serve({ shell: [shell], forwarding });
}

/** Directories that ask.sh made and left behind. */
function leftBehind(): readonly string[] {
  const made = join(directory, 'tmp');
  return existsSync(made) ? readdirSync(made) : [];
}

async function entranceOf(
  server: TestServer,
  url: URL,
  changes: Partial<HealthInputs> = {},
): Promise<Entrance> {
  const connection = await opened(inputsFor(server, user.private));
  const health = { url, host: undefined, status: 200, successes: 3, timeoutMs: 60_000, ...changes };
  return openEntrance(connection, health, { clock: realClock, log });
}

const told: RequestListener = (request, response) => {
  response.setHeader('x-release', 'r7');
  response.end(`{"host":"${request.headers.host ?? ''}","url":"${request.url ?? ''}"}`);
};

describe('the entrance of a host that forwards connections', () => {
  it('is asked through the SSH connection, and measured', async () => {
    const url = await running.http(told);
    const entrance = await entranceOf(await hostWith([], true), url);
    expect(entrance.first).toMatchObject({ kind: 'response', status: 200 });
    const probe = await entrance.startProbe(10, [200]);
    await probe.settle();
    expect((await probe.stop()).releases).toMatchObject([{ release: 'r7' }]);
    expect(log.infos).toEqual([]);
    await entrance.close();
  });
});

describe.each(['curl', 'bash', 'wget'])(
  'the entrance of a host that forwards nothing, with %s',
  (tool) => {
    const tools = tool === 'bash' ? ['bash', 'timeout'] : [tool];
    const host = (): Promise<TestServer> => hostWith(tools, false);

    it('is asked on the host itself, once that is known, and says so', async () => {
      const url = await running.http(told);
      const entrance = await entranceOf(await host(), url);
      expect(entrance.first).toMatchObject({ kind: 'response', status: 200 });
      expect(log.infos.join()).toMatch(new RegExp(`sshd forwards no connections.* with ${tool}$`));
      await entrance.close();
    });

    it('tells the status exactly, and follows no redirect', async () => {
      let asked = 0;
      const url = await running.http((request, response) => {
        if (request.url !== '/api/health/?deep=1') asked += 1;
        response.writeHead(302, { location: '/elsewhere' }).end();
      });
      const entrance = await entranceOf(await host(), url);
      expect(entrance.first).toMatchObject({ kind: 'response', status: 302 });
      expect(asked).toBe(0);
      await entrance.close();
    });

    it('tells a server error from a good answer', async () => {
      const url = await running.http((_request, response) => response.writeHead(503).end('no'));
      const entrance = await entranceOf(await host(), url);
      expect(entrance.first).toMatchObject({ kind: 'response', status: 503 });
      await entrance.close();
    });

    it('sends the Host header, and the path with its query', async () => {
      const seen: (string | undefined)[] = [];
      const url = await running.http((request, response) => {
        seen.push(request.headers.host, request.url);
        response.end();
      });
      const entrance = await entranceOf(await host(), url, { host: 'site.example' });
      expect(seen).toEqual(['site.example', '/api/health/?deep=1']);
      await entrance.close();
    });

    it('tells that nothing listens', async () => {
      const entrance = await entranceOf(await host(), new URL('http://127.0.0.1:1/'));
      expect(entrance.first).toMatchObject({ kind: 'refused' });
      await entrance.close();
    });

    it('tells a connection that is closed without an answer', async () => {
      const url = await running.tcp((socket) => socket.destroy());
      const entrance = await entranceOf(await host(), url);
      expect(['reset', 'not-http']).toContain(entrance.first.kind);
      await entrance.close();
    });

    it('is measured by one loop on the host, which ends with the probe', async () => {
      let healthy = true;
      let answers = 0;
      const url = await running.http((_request, response) => {
        answers += 1;
        healthy = answers < 3 || answers > 4;
        response.writeHead(healthy ? 200 : 502).end();
      });
      const entrance = await entranceOf(await host(), url);
      const probe = await entrance.startProbe(100, [200]);
      const mark = probe.mark();
      while (probe.snapshot().sent < 5) await probe.settle();
      expect(probe.since(mark)).toMatchObject({ failed: 2, failures: { 'status 502': 2 } });
      const summary = await probe.stop();
      expect(summary.failed).toBe(2);
      expect(summary.longestGapMs).toBeGreaterThanOrEqual(400);
      expect(summary.longestGapMs).toBeLessThan(5_000);
      // The check still works: only the probe's own session ended.
      expect(await entrance.check()).toMatchObject({ status: 200 });
      await entrance.close();
      // The loop holds a directory as long as it lives.
      await until(() => leftBehind().length === 0);
    });
  },
);

describe('the entrance of a host that forwards nothing', () => {
  it('prefers curl, and tells the release that answered', async () => {
    const url = await running.http(told);
    const entrance = await entranceOf(
      await hostWith(['curl', 'bash', 'timeout', 'wget'], false),
      url,
    );
    expect(log.infos.join()).toMatch(/with curl$/);
    expect(entrance.first).toMatchObject({ headers: { 'x-release': 'r7' } });
    const probe = await entrance.startProbe(0, [200]);
    await probe.settle();
    expect((await probe.stop()).releases).toMatchObject([{ release: 'r7', answers: 1 }]);
    await entrance.close();
  });

  it('is refused before anything changes where the host has nothing to ask with', async () => {
    const url = await running.http(told);
    const refusal = entranceOf(await hostWith([], false), url);
    await expect(refusal).rejects.toThrow(RefusedError);
    await expect(refusal).rejects.toThrow(/Install curl.*AllowTcpForwarding yes/s);
  });

  it('says that nothing is known when the connection is lost', async () => {
    const url = await running.http(told);
    const server = await hostWith(['curl'], false);
    const entrance = await entranceOf(server, url);
    const probe = await entrance.startProbe(100, [200]);
    await probe.settle();
    server.cut();
    expect(await entrance.check()).toMatchObject({ kind: 'lost' });
    await probe.settle();
    const summary = await probe.stop();
    expect(summary.failed).toBe(0);
    expect(summary.uncounted).toEqual({ 'the SSH connection was lost': 1 });
    await entrance.close();
  });
});
