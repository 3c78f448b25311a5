import { ask, askInside } from '../harness/shell.js';
import { replacing, together, type Change } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** The image's own, in both services that are made of it; and two that the Compose file says. */
const volumes: Change = together(
  replacing('api/Dockerfile', 'USER nobody', 'VOLUME /srv/kept\nUSER nobody'),
  replacing(
    'docker-compose.yml',
    'env_file: .env\n',
    'env_file: .env\n    volumes: [/srv/notes, /app/node_modules]\n',
  ),
);
const named = replacing(
  'docker-compose.yml',
  '  worker:\n',
  '  worker:\n    container_name: hand\n',
);

const SERVICES = ['api', 'worker'] as const;

async function inside(bed: Bed, service: string, command: string): Promise<string> {
  return (await askInside(bed.host, bed.place.directory, { service, command })).trim();
}

function write(bed: Bed, service: string, file: string): Promise<string> {
  const id = `$(docker ps -q --filter label=com.docker.compose.service=${service})`;
  return ask(bed.host, `docker exec -u 0 ${id} sh -c 'echo "$1" >>"$1"' sh "$1"`, { args: [file] });
}

function volumesOf(bed: Bed): Promise<string> {
  return ask(bed.host, 'docker volume ls -q | wc -l');
}

async function checkFiles(bed: Bed, checks: Checks, lines: number, when: string): Promise<void> {
  for (const service of SERVICES) {
    const said = await inside(bed, service, 'wc -l </srv/kept/file');
    checks.equal(said, String(lines), `lines that ${service} has written into VOLUME ${when}`);
  }
  checks.equal(await inside(bed, 'api', 'cat /srv/notes/file'), '/srv/notes/file', `notes ${when}`);
}

/** Deploys releases, one of which fails, and goes back to one: each container writes a line between them. */
async function rounds(
  bed: Bed,
  checks: Checks,
  lines: number,
): Promise<{ sha: string; release: string; lines: number }> {
  const { backend, failsBehindProxy } = bed.stack.changes;
  const count = await volumesOf(bed);
  let standing = { sha: '', release: '' };
  for (let n = 0; n < 2; n += 1) {
    const release = bed.nextRelease();
    const sha = await bed.commit('Another release', backend(release));
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(run.outputs['result'], 'deployed', `result of ${release}`);
    checks.matches(run.log, /api: the anonymous volume at .*\/srv\/kept.* goes on/, 'the plan');
    checks.matches(run.log, /at \/app\/node_modules is made anew from the image/, 'the plan');
    await checkFiles(bed, checks, lines, `after ${release}`);
    checks.equal(await inside(bed, 'api', 'ls node_modules'), '', 'what is made anew');
    await write(bed, 'api', '/app/node_modules/old');
    for (const service of SERVICES) await write(bed, service, '/srv/kept/file');
    lines += 1;
    standing = { sha, release };
  }
  const bad = await bed.commit(
    'A bad release',
    together(backend(bed.nextRelease()), failsBehindProxy),
  );
  const { value: failed } = await underLoad(bed, checks, () => bed.deploy(bad), {
    asksHealth: false,
  });
  checks.equal(failed.outputs['result'], 'rolled-back', 'result of the bad release');
  await checkFiles(bed, checks, lines, 'after the bad release');
  checks.matches(await inside(bed, 'api', 'ls node_modules'), /^old$/, 'the incumbent’s own');
  await checkWhole(bed, checks, undefined, standing, { rolledBack: true });
  const mended = await bed.commit('Mend it', async (fixture) => ({
    'api/server.py': (await fixture.read('api/server.py')).replace(
      /elif url\.path == "\/health" and [^]*?elif url\.path in/,
      'elif url.path in',
    ),
  }));
  const good = await bed.deploy(mended);
  checks.equal(good.outputs['result'], 'deployed', 'result of what mends it');
  await bed.deploy(mended, { inputs: { operation: 'rollback' } });
  await checkFiles(bed, checks, lines, 'after going back');
  checks.equal(await volumesOf(bed), count, 'volumes on the host');
  return { ...standing, lines };
}

export const anonymousVolumes: Scenario = {
  name: 'anonymous-volumes',
  home: 'tiny',
  sentence:
    'what anonymous volumes hold goes on to the next container and back, what comes with the image is made anew, and none is left over',
  from: 'deployed',
  reusable: false,
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks) => {
    const first = await bed.deploy(await bed.commit('Volumes', volumes));
    checks.equal(first.outputs['result'], 'deployed', 'result of the first');
    await write(bed, 'api', '/srv/notes/file');
    for (const service of SERVICES) await write(bed, service, '/srv/kept/file');
    const after = await rounds(bed, checks, 1);
    await checkWhole(bed, checks, undefined, after);
    // No second container can stand beside one with a name of its own.
    const sha = await bed.commit('A name', named);
    checks.equal((await bed.deploy(sha)).outputs['result'], 'deployed', 'result with a name');
    await checkFiles(bed, checks, after.lines, 'with a name');
    await checkWhole(bed, checks, undefined, await rounds(bed, checks, after.lines));
  },
};
