import { ask } from '../harness/shell.js';
import { listOf, objectOf } from '../../src/plan/compose/json.js';
import { replacing, together, type Change } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** Something of each kind that a container is made of; the text of a config is of `.env`. */
const named: Change = replacing(
  'docker-compose.yml',
  /( {2}worker:\n)([^]*?)(\n {2}proxy:\n[^]*)$/,
  `$1    container_name: hand
    env_file: .env
    entrypoint: []
    labels: { told: 'yes' }
    volumes: [/srv/notes, './README.md:/srv/README.md:ro']
    configs: [{ source: told, target: /srv/told/text }]
    healthcheck: { test: ['CMD-SHELL', 'test -n "$$GREETING"'], interval: 20s }
    networks:
      default: { aliases: [helper] }
      behind: { ipv4_address: 172.31.7.9 }
$2$3
networks:
  behind:
    ipam: { config: [{ subnet: 172.31.7.0/24 }] }
configs:
  told:
    content: 'told \${GREETING}'
`,
);

const INSIDE = `
docker exec hand sh -c 'cat /srv/told/text; stat -c %a:%u:%g /srv/told/text; cat /srv/notes/file; env | grep GREETING'
`;

/** What it is, but for what the engine gives each container: an id, the addresses that it chose. */
async function whatItIs(bed: Bed): Promise<string> {
  const all: unknown = JSON.parse(await ask(bed.host, 'docker inspect hand'));
  const it = objectOf(listOf(all)[0]);
  const id = String(it['Id']);
  const mounts = listOf(it['Mounts']).map((each) => {
    const { Type, Name, Source, Destination, RW } = objectOf(each);
    return [Type, Name, Source, Destination, RW].map(String).join(' ');
  });
  const networks = Object.entries(objectOf(objectOf(it['NetworkSettings'])['Networks'])).map(
    ([name, endpoint]) => {
      const { IPAMConfig, Aliases } = objectOf(endpoint);
      return [name, IPAMConfig, listOf(Aliases).filter((alias) => alias !== id.slice(0, 12))];
    },
  );
  const { Hostname, ...config } = objectOf(it['Config']);
  const { Mounts, ...limits } = objectOf(it['HostConfig']);
  const made = { hostname: Hostname === id.slice(0, 12), mounts: listOf(Mounts).length > 0 };
  const what = [
    it['Image'],
    config,
    limits,
    made,
    mounts.sort(),
    networks,
    objectOf(it['State'])['Running'],
  ];
  return `${JSON.stringify(what, undefined, 1)}\n${await ask(bed.host, INSIDE)}`;
}

export const fixedName: Scenario = {
  name: 'fixed-name',
  home: 'tiny',
  sentence:
    'a container with a fixed name that had to go comes back as it was, whatever .env says by then',
  from: 'deployed',
  reusable: false,
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks) => {
    const { backend, failsBehindProxy } = bed.stack.changes;
    const release = bed.nextRelease();
    const sha = await bed.commit('A name', together(backend(release), named));
    checks.equal((await bed.deploy(sha)).outputs['result'], 'deployed', 'result with a name');
    await ask(bed.host, 'docker exec -u 0 hand sh -c "echo kept >/srv/notes/file"');
    const before = await bed.lookSettled();
    const was = await whatItIs(bed);
    checks.matches(was, /told hello\n?444:0:0\nkept\nGREETING=hello\s*$/, 'what it was made with');

    await sayInEnv(bed, 'GREETING=changed');
    const bad = await bed.commit(
      'A bad release',
      together(backend(bed.nextRelease()), failsBehindProxy),
    );
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(bad), {
      asksHealth: false,
    });
    checks.equal(run.outputs['result'], 'rolled-back', 'result of the bad release');
    checks.that(run.log.includes('docker create --name hand'), 'it was made again');
    checks.equal(await whatItIs(bed), was, 'what it is');
    await sayInEnv(bed, 'GREETING=hello');
    await checkWhole(bed, checks, before, { sha, release }, { rolledBack: true });
  },
};

async function sayInEnv(bed: Bed, line: string): Promise<void> {
  await ask(bed.host, 'printf "%s\\n" "$2" >"$1/.env"', { args: [bed.place.directory, line] });
}
