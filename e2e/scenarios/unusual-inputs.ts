import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

export const unusualInputs: Scenario = {
  name: 'unusual-inputs',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'any host key, a health status of 404 once, and a short time to connect: told, and no request fails',
  from: 'deployed',
  run: async (bed, checks) => {
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    const sha = await bed.commit('Unusual', bed.stack.changes.backend(release));
    const { value: run } = await underLoad(bed, checks, () =>
      bed.deploy(sha, {
        inputs: {
          'strict-host-key-checking': 'false',
          'host-fingerprint': undefined,
          'connect-timeout': '5s',
          'health-url': 'http://localhost/nothing-is-here',
          'health-status': '404',
          'health-successes': '1',
        },
      }),
    );
    checks.equal(run.exitCode, 0, 'the exit code');
    checks.equal(run.outputs['result'], 'deployed', 'result');
    checks.equal(run.outputs['failed-probes'], '0', 'failed-probes');
    const warnings = JSON.stringify(run.annotations.filter(({ level }) => level === 'warning'));
    checks.matches(warnings, /any host key is accepted/, 'the warning');
    await checkWhole(bed, checks, before, { sha, release });
  },
};
