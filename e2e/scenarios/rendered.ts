import { type Change, replacing } from '../stacks/stack.js';
import type { Scenario } from './scenario.js';
import { underLoad } from './whole.js';

const FILE = 'docker-compose.yml';
const CONFIG = 'nginx/nginx.conf';

/** Makes its configuration when it starts, of a file that it mounts. */
const RENDERING: Change = async (fixture) => ({
  [FILE]: (await fixture.read(FILE))
    .replace('image: nginx:alpine', () => `image: nginx:alpine\n    command: ${COMMAND}`)
    .replace('./nginx/nginx.conf:/etc/nginx/nginx.conf', './nginx:/templates'),
});

const COMMAND = `sh -c "cp /templates/nginx.conf /etc/nginx/nginx.conf && exec nginx -g 'daemon off;'"`;

export const rendered: Scenario = {
  name: 'rendered-proxy',
  home: 'tiny',
  sentence: 'a proxy that makes its configuration only when it starts is told, not left in silence',
  from: 'deployed',
  reusable: false,
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks) => {
    const renders = await bed.commit('Render the configuration', RENDERING);
    const gap = { inputs: { 'allow-downtime': 'true' } };
    checks.equal(
      (await bed.deploy(renders, gap)).outputs['result'],
      'deployed',
      'the first result',
    );

    const change = replacing(CONFIG, 'access_log off;', 'access_log off;\n    server_tokens off;');
    const sha = await bed.commit('Change the configuration', change);
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(run.outputs['result'], 'deployed', 'result of the change');
    checks.matches(run.log, /proxy has the changed files.*is the same as before/, 'the log');
  },
};
