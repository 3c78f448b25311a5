import { setTimeout as wait } from 'node:timers/promises';
import { askSite } from '../harness/http.js';
import { idsByService } from '../harness/snapshot.js';
import { type Change, replacing } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import { errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

const COMPOSE_FILE = 'docker-compose.yml';
const RELAY_PORT = 8081;

export const goesOnWithTheOld: Scenario = {
  name: 'goes-on-with-the-old-release',
  home: 'tiny',
  sentence:
    'a proxy that nobody knows and that keeps an old address takes the release back before a request fails; a caller that asks DNS does not',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks) => {
    const calling = withServices(bed, { caller: 1 });
    const first = await bed.commit('A caller', CALLER);
    checks.equal((await bed.deploy(first)).outputs['result'], 'deployed', 'result with a caller');
    const release = bed.nextRelease();
    const second = await bed.commit('A release', bed.stack.changes.backend(release));
    const { value: run } = await underLoad(calling, checks, () => bed.deploy(second));
    checks.equal(run.outputs['result'], 'deployed', 'result where a caller asks DNS');
    checks.matches(run.log, /caller.* by their name, and will find the new ones/, 'the log');
    await checkWhole(calling, checks, undefined, { sha: second, release });

    const relaying = withServices(bed, { caller: 1, relay: 1 });
    const last: LiveRelease = { sha: await bed.commit('A relay', RELAY), release };
    checks.equal((await bed.deploy(last.sha)).outputs['result'], 'deployed', 'result with a relay');
    const before = await bed.lookSettled();
    const other = bed.nextRelease();
    const bad = await bed.commit('Not for it', bed.stack.changes.backend(other));
    const through = requestsThrough(bed, RELAY_PORT);
    const { value: taken } = await underLoad(relaying, checks, () => bed.deploy(bad));
    const { sent, failed } = await through.stop();
    bed.note(`through the relay: ${String(failed)} of ${String(sent)} requests failed`);
    checks.that(sent > 20, `${String(sent)} requests went through the relay`);
    checks.equal(failed, 0, 'failed requests through the relay');
    checks.equal(taken.outputs['result'], 'rolled-back', 'result where a relay keeps an address');
    checks.matches(errorOf(taken), /relay.* went on sending requests to the old api/, 'the error');
    checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
    await checkWhole(relaying, checks, before, last, { rolledBack: true });

    const gone = await bed.commit('Neither', async (fixture) => ({
      [COMPOSE_FILE]: (await fixture.read(COMPOSE_FILE)).replace(
        / {2}caller:[^]*?(?= {2}store:)/,
        '',
      ),
    }));
    checks.equal((await bed.deploy(gone)).outputs['result'], 'deployed', 'result without both');
    await checkWhole(bed, checks, undefined, { sha: gone, release: other });
  },
};

/** The same place, where these services run as well. */
function withServices(bed: Bed, services: Readonly<Record<string, number>>): Bed {
  return { ...bed, stack: { ...bed.stack, services: { ...bed.stack.services, ...services } } };
}

/** Looks the name up at each connection, as an SSR frontend does. */
const CALLER: Change = async (fixture) => ({
  'peers/Dockerfile': 'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nUSER nobody\n',
  'peers/caller.py': `import time
from urllib.request import urlopen

while True:
    try:
        urlopen("http://api:3000/health", timeout=5).read()
    except OSError as error:
        print(error, flush=True)
    time.sleep(0.1)
`,
  // Knows nothing of HTTP; looks the name up when it starts, as nginx does, and never again.
  'peers/relay.py': `import asyncio
import socket

ADDRESS = socket.gethostbyname("api")


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def relay(reader, writer):
    try:
        inner = await asyncio.open_connection(ADDRESS, 3000)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, inner[1]), pump(inner[0], writer))


async def main():
    server = await asyncio.start_server(relay, "", ${String(RELAY_PORT)})
    await server.serve_forever()


asyncio.run(main())
`,
  ...(await replacing(
    COMPOSE_FILE,
    '  store:\n',
    `  caller:
    build: ./peers
    command: ['python', 'caller.py']
    init: true
    restart: unless-stopped

  store:
`,
  )(fixture)),
});

const RELAY: Change = replacing(
  COMPOSE_FILE,
  '  store:\n',
  `  relay:
    build: ./peers
    command: ['python', 'relay.py']
    init: true
    restart: unless-stopped
    ports:
      - '${String(RELAY_PORT)}:${String(RELAY_PORT)}'
    depends_on:
      - api

  store:
`,
);

interface Requests {
  /** Ends them, and tells how many there were, and how many of them were not answered with 200. */
  stop(): Promise<{ readonly sent: number; readonly failed: number }>;
}

/** One request after the other, twenty a second, to another port of the host. */
function requestsThrough({ host, stack }: Bed, port: number): Requests {
  const base = `http://${host.address}:${String(port)}`;
  const over = new AbortController();
  let [sent, failed] = [0, 0];
  const asking = async (): Promise<void> => {
    while (!over.signal.aborted) {
      sent += 1;
      const status = await askSite({ base }, stack.tellRelease).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status !== 200) failed += 1;
      await wait(50);
    }
  };
  const ended = asking();
  return {
    stop: async () => {
      over.abort();
      await ended;
      return { sent, failed };
    },
  };
}
