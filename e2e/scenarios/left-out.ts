import { ask, askInside } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import { replacing, type Change } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const COMPOSE_FILE = 'docker-compose.yml';

const SOURCES = `configs:
  settings:
    content: "greeting \${GREETING}"
secrets:
  token:
    environment: GREETING
`;

/** A value of .env in an argument of a build, in a config, in a secret, and in the variables of two services. */
const definitions: Change = async (fixture) => {
  const edits: readonly (readonly [string, string])[] = [
    [
      'build: ./api\n    env_file',
      'build:\n      context: ./api\n      args:\n        GREETING: ${GREETING}\n    env_file',
    ],
    ["'worker.py']\n", "'worker.py']\n    configs: [settings]\n    secrets: [token]\n"],
    ['image: redis:8-alpine\n', 'image: redis:8-alpine\n    env_file: .env\n'],
  ];
  let text = `${await fixture.read(COMPOSE_FILE)}\n${SOURCES}`;
  for (const [from, to] of edits) text = text.replace(from, () => to);
  const dockerfile = await replacing(
    'api/Dockerfile',
    'WORKDIR /app\n',
    'WORKDIR /app\nARG GREETING\nLABEL greeting=$GREETING\n',
  )(fixture);
  return { ...dockerfile, [COMPOSE_FILE]: text };
};

async function seen(bed: Bed): Promise<Readonly<Record<string, string>>> {
  const { directory } = bed.place;
  const label = await ask(
    bed.host,
    `cd "$1"; docker inspect -f '{{index .Config.Labels "greeting"}}' $(docker compose ps -q api)`,
    { args: [directory] },
  );
  const worker = await askInside(bed.host, directory, {
    service: 'worker',
    command: 'cat /settings; echo; cat /run/secrets/token; echo; cat RELEASE',
  });
  const store = await askInside(bed.host, directory, {
    service: 'store',
    command: 'printenv GREETING',
  });
  const [config = '', secret = '', release = ''] = worker.trim().split('\n');
  return { label: label.trim(), config, secret, release, store: store.trim() };
}

export const leftOut: Scenario = {
  name: 'left-out',
  home: 'tiny',
  sentence:
    'a new value in .env reaches builds, configs and secrets; data waits for it until it is named; what services left out comes with the next deploy',
  from: 'deployed',
  reusable: false,
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, standing) => {
    const { idleFile, backend } = bed.stack.changes;
    const idle = (text: string): Change => replacing(idleFile, /\n$/, `\n${text}\n`);
    const deploy = async (sha: string, inputs: Readonly<Record<string, string>> = {}) => {
      const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, { inputs }));
      checks.equal(run.outputs['result'], 'deployed', `result of ${sha.slice(0, 7)}`);
      return run;
    };
    const all = { 'allow-data-changes': 'store' };
    await deploy(await bed.commit('Values of .env', definitions), all);
    const first = {
      ...{ label: 'hello', config: 'greeting hello', secret: 'hello' },
      ...{ release: standing.release, store: 'hello' },
    };
    checks.equal(await seen(bed), first, 'what the containers have');

    await bed.host.ask(`cd ${bed.place.directory} && echo GREETING=ahoy >.env`);
    const told = await deploy(await bed.commit('Idle', idle('one')));
    const second = { ...first, label: 'ahoy', config: 'greeting ahoy', secret: 'ahoy' };
    checks.equal(await seen(bed), second, 'what the containers have of another .env');
    checks.matches(told.log, /store: environment\.GREETING changed/, 'the note about the store');

    const release = bed.nextRelease();
    const before = idsByService(await bed.lookSettled());
    const sha = await bed.commit('Another backend', backend(release));
    const part = await deploy(sha, { services: 'api' });
    checks.equal(part.exitCode, 0, 'the exit code');
    const between = idsByService(await bed.lookSettled());
    checks.equal(between['worker'], before['worker'], 'the worker that was left out');

    const last = await bed.commit('Idle again', idle('two'));
    const run = await deploy(last, all);
    checks.equal(await seen(bed), { ...second, release, store: 'ahoy' }, 'what comes in the end');
    checks.equal(idsByService(await bed.lookSettled())['api'], between['api'], 'the api');
    // Which of both it is depends on what earlier scenarios have left of its mounts.
    checks.matches(run.log, /worker +worker +(roll|replace)/, 'the plan');
    await checkWhole(bed, checks, undefined, { sha: last, release });
  },
};
