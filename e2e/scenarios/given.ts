import { ask } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import { replacing, together } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** A tag and a build argument of the API are variables from now on. */
export const TAKES_VARIABLES = together(
  replacing(
    'docker-compose.yml',
    'build: ./api\n    env_file',
    'image: tiny-api:${TAG:?}\n    build:\n      context: ./api\n      args:\n        VERSION: ${VERSION:?}\n    env_file',
  ),
  replacing('api/Dockerfile', 'USER nobody', 'ARG VERSION\nENV VERSION=$VERSION\nUSER nobody'),
);

export const variables: Scenario = {
  name: 'variables',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'variables choose an image tag and a build argument, only what they change rolls, a rollback uses the old ones, and `docker compose` by hand finds the same',
  from: 'deployed',
  reusable: false,
  run: async (bed, checks) => {
    const release = bed.nextRelease();
    const sha = await bed.commit(
      'Take variables',
      together(TAKES_VARIABLES, bed.stack.changes.backend(release)),
    );
    const refused = await bed.deploy(sha, { inputs: { variables: 'PATH=/tmp' } });
    checks.equal(refused.outputs['result'], 'refused', 'result with a reserved name');
    await deployWith(bed, checks, sha, 'one');
    await checkWhole(bed, checks, undefined, { sha, release });
    const before = await bed.lookSettled();
    await deployWith(bed, checks, sha, 'two');
    const after = idsByService(await bed.lookSettled());
    checks.equal(after['worker'], idsByService(before)['worker'], 'the container of the worker');
    await checkWhole(bed, checks, before, { sha, release });
    const { value: back } = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs: { operation: 'rollback', variables: undefined } }),
    );
    checks.equal(back.outputs['result'], 'deployed', 'result of the rollback');
    await checkVariables(bed, checks, 'one');
    await checkWhole(bed, checks, before, { sha, release });
    const status = await bed.deploy(sha, { inputs: { operation: 'status' } });
    checks.matches(status.log, /variables: TAG, VERSION/, 'the log of status');
    checks.matches(status.log, /COMPOSE_ENV_FILES=\S+ docker compose ps/, 'the log of status');
  },
};

async function deployWith(bed: Bed, checks: Checks, sha: string, tag: string): Promise<void> {
  const inputs = { variables: `TAG=${tag}\nVERSION=version ${tag}` };
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, { inputs }));
  checks.equal(run.outputs['result'], 'deployed', `result with the tag ${tag}`);
  await checkVariables(bed, checks, tag);
}

/** What a person types, with the file that the action keeps. */
const BY_HAND = `
cd "$1"
export COMPOSE_ENV_FILES=".env,$HOME/.local/state/resee-deploy/$2/variables.env"
docker compose config --images api
docker inspect -f '{{.Config.Image}}' "$(docker compose ps -q api)"
`;

/** What `TAG=tag` and `VERSION=version tag` have made is what serves. */
export async function checkVariables(bed: Bed, checks: Checks, tag: string): Promise<void> {
  const { directory, project } = bed.place;
  const inside = await ask(
    bed.host,
    'docker exec "$(docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=api)" printenv VERSION',
    { args: [project] },
  );
  checks.equal(inside.trim(), `version ${tag}`, 'the build argument in the image that serves');
  const byHand = await ask(bed.host, BY_HAND, { args: [directory, project] });
  checks.equal(
    byHand.trim().split('\n'),
    [`tiny-api:${tag}`, `tiny-api:${tag}`],
    'the images that `docker compose` by hand wants and finds',
  );
}
