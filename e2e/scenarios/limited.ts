import { together, type Change } from '../stacks/stack.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

/** One request a second of ours, and no other visitor's, on the path that the health check asks. */
const LIMIT: Change = async (fixture) => ({
  [CONFIG]: (await fixture.read(CONFIG))
    .replace('upstream api {', () => `${ZONE}    upstream api {`)
    .replace('location /ws {', () => `${LOCATION}        location /ws {`),
});

const CONFIG = 'nginx/nginx.conf';

const ZONE = `map $http_user_agent $prober {
        default "";
        ~resee-deploy $binary_remote_addr;
    }
    limit_req_zone $prober zone=health:1m rate=1r/s;
`;

const LOCATION = `location /health {
            limit_req zone=health;
            proxy_pass http://api;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
        }
`;

export const limited: Scenario = {
  name: 'limited',
  home: 'tiny',
  sentence:
    'a proxy that limits what the deploy itself asks has no release taken back for it, and a bad one all the same',
  from: 'deployed',
  reusable: false,
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks) => {
    const limits = await bed.commit('Limit the health path', LIMIT);
    checks.equal(
      (await bed.deploy(limits, { inputs: { 'health-timeout': '30s' } })).outputs['result'],
      'deployed',
      'result of the limit',
    );

    const release = bed.nextRelease();
    const standing: LiveRelease = {
      sha: await bed.commit('A release', bed.stack.changes.backend(release)),
      release,
    };
    const soak = { inputs: { soak: '8s', 'health-timeout': '30s' } };
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(standing.sha, soak));
    checks.equal(run.exitCode, 0, 'the exit code where the probe is limited');
    checks.equal(run.outputs['result'], 'deployed', 'result where the probe is limited');
    checks.equal(run.outputs['failed-probes'], '0', 'failed probes');
    checks.that(
      (run.report ?? '').includes('our own requests were limited'),
      'the summary tells that the probe was limited',
    );

    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      bed.stack.changes.failsBehindProxy,
    );
    const bad = await bed.commit('A bad release', change);
    const before = await bed.lookSettled();
    const { value: taken } = await underLoad(bed, checks, () => bed.deploy(bad, soak), {
      asksHealth: false,
    });
    checks.equal(taken.outputs['result'], 'rolled-back', 'result of the bad release');
    checks.matches(taken.log, /status 500/, 'the log');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};
