import { ask } from '../harness/shell.js';
import { type Bed, placeFiles } from './bed.js';
import type { Checks } from './checks.js';
import { errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

export const portHeld: Scenario = {
  name: 'port-held',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'a port that a process of the host or a container of another project holds is refused before anything is built',
  from: 'empty',
  run: async (bed, checks, standing) => {
    await placeFiles(bed);
    const pid = await ask(bed.host, LISTEN, { user: 'root' });
    const process = await checkRefused(bed, checks, standing);
    checks.matches(process, /proxy publishes port 80\/tcp.*a process of root/s, 'the annotation');
    checks.matches(process, /sudo ss -ltnp 'sport = :80'/, 'the command in the annotation');
    await ask(bed.host, 'kill "$1"', { user: 'root', args: [pid.trim()] });

    await bed.host.ask('docker run -d --name another -p 80:80 nginx:alpine');
    const container = await checkRefused(bed, checks, standing);
    checks.matches(container, /the container another, which is of no/, 'the annotation');
    await bed.host.ask('docker rm -f another');

    await checkDeploys(bed, checks, standing);
  },
};

/** Prints the pid of a process that listens on port 80. */
const LISTEN = `
perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 80, Listen => 1, ReuseAddr => 1) or die; sleep' >/dev/null 2>&1 </dev/null &
echo "$!"
until ss -Hltn 'sport = :80' | grep -q .; do kill -0 "$!"; sleep 0.1; done
`;

export const foreignProject: Scenario = {
  name: 'foreign-project',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'a stack of the same name in another directory is left alone, and the way to a name of its own is told',
  from: 'empty',
  run: async (bed, checks, standing) => {
    await placeFiles(bed);
    const { project } = bed.place;
    await ask(bed.host, FOREIGN, { args: [project] });
    const before = await bed.lookSettled();
    const refused = await checkRefused(bed, checks, standing);
    checks.matches(refused, new RegExp(`started from /home/ec2-user/other/${project},`), 'what');
    checks.matches(refused, new RegExp(`project-name: ${project}-2`), 'the remedy');
    checks.equal(await bed.lookSettled(), before, 'all on the host');
    const planned = await bed.deploy(standing.sha, {
      inputs: { operation: 'plan', 'project-name': `${project}-2` },
    });
    checks.equal(planned.outputs['result'], 'planned', 'result with the remedy');
    await ask(bed.host, 'cd ~/other/"$1" && docker compose down && rm -r ~/other', {
      args: [project],
    });
    await checkDeploys(bed, checks, standing);
  },
};

const FOREIGN = `
mkdir -p ~/other/"$1"
cd ~/other/"$1"
printf 'services:\\n  api:\\n    image: nginx:alpine\\n' >compose.yaml
docker compose up -d
`;

async function checkRefused(bed: Bed, checks: Checks, { sha }: LiveRelease): Promise<string> {
  const run = await bed.deploy(sha);
  checks.equal(run.exitCode, 1, 'the exit code');
  checks.equal(run.outputs['result'], 'refused', 'result');
  const built = await bed.host.ask(`docker image ls -q '${bed.place.project}-*'`);
  checks.equal(built, '', 'images that were built');
  const { lease, journal, stage } = await bed.lookSettled();
  checks.equal([...lease, ...journal, ...stage], [], 'what is left of the run');
  return errorOf(run);
}

async function checkDeploys(bed: Bed, checks: Checks, standing: LiveRelease): Promise<void> {
  const run = await bed.deploy(standing.sha);
  checks.equal(run.outputs['result'], 'deployed', 'result once nothing is in the way');
  await checkWhole(bed, checks, undefined, standing);
}

export const roomMade: Scenario = {
  name: 'room-made',
  home: 'tiny',
  sentence:
    'where room for images is short what no release needs is removed first; where that is not enough nothing is built',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const { project } = bed.place;
    const dangling = await ask(bed.host, DANGLING, { args: [project] });
    const [own = '', other = ''] = dangling.split('\n');
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    const sha = await bed.commit('One line', bed.stack.changes.backend(release));

    await tellOfDisk(bed, 'echo 1000 1024 9999999 500000 400000');
    const full = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(full.value.exitCode, 1, 'the exit code without room');
    checks.matches(errorOf(full.value), /no room for images.*df/s, 'the annotation without room');
    const after = await bed.lookSettled();
    checks.equal(after.containers, before.containers, 'the containers');
    checks.equal(after.head, standing.sha, 'HEAD on the host');

    await ask(bed.host, DANGLING, { args: [project] });
    await tellOfDisk(bed, WHILE_DANGLING.replace('IMAGE', own));
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(run.outputs['result'], 'deployed', 'result with room');
    checks.matches(run.log, /is removed first/, 'the note in the plan');
    const left = await bed.host.ask('docker image ls -q --no-trunc -f dangling=true');
    checks.equal(left.split('\n'), [other], 'images without a name that are left');
    await ask(bed.host, 'rm /usr/local/bin/stat', { user: 'root' });
    await bed.host.ask(`docker rmi ${other}`);
    await checkWhole(bed, checks, before, { sha, release });
  },
};

/** Two images without a name: of the project, and of another one. Prints their ids. */
const DANGLING = `
for project in "$1" another; do
  printf 'FROM scratch\\nLABEL com.docker.compose.project=%s\\n' "$project" | docker build -q -
done
`;

/** What the host says of the disk that holds images, in the words of \`stat -f -c '%a %S %b %c %d'\`. */
const tellOfDisk = (bed: Bed, script: string): Promise<string> =>
  ask(bed.host, 'printf "%s\\n" "$1" >/usr/local/bin/stat && chmod 755 /usr/local/bin/stat', {
    user: 'root',
    args: [
      `#!/bin/sh\ncase "$*" in *%c*/docker*)\n${script}\nexit ;; esac\nexec /usr/bin/stat "$@"`,
    ],
  });

const WHILE_DANGLING = `
if docker image inspect IMAGE >/dev/null 2>&1; then echo 10000 1024 9999999 500000 400000; else echo 9000000 1024 9999999 500000 400000; fi`;
