import {
  PERMISSIONS,
  startCloudflare,
  TOKEN,
  ZONE_ID,
  type StandIn,
} from '../../__tests__/edge/cloudflare/stand-in.js';
import type { ActionRun } from '../harness/action.js';
import type { Bed, LiveRelease, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const FILE = 'edge.yml';
const CONFIG = `
dns:
  - { type: A, name: example.com, content: 203.0.113.7 }
ssl: full
cache-rules:
  - { name: assets, path: /assets/, cache: true, edge-ttl: 30d }
rate-limit: { path: /api/, requests: 100 }
`;
/** Somebody else made it. */
const FOREIGN = { id: 'mx', type: 'MX', name: 'example.com', content: 'mail.example.net' };

export const edgeConfig: Scenario = {
  name: 'edge-config',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    "Cloudflare is made as the commit's file says, once; it is purged after a deploy and a rollback; where it fails the deploy stands",
  from: 'deployed',
  run: async (bed, checks) => {
    const cloudflare = await startCloudflare();
    cloudflare.zone.records.push(FOREIGN);
    try {
      const before = await bed.lookSettled();
      const release = bed.nextRelease();
      const { backend } = bed.stack.changes;
      const sha = await bed.commit('An edge', async (fixture) => ({
        ...(await backend(release)(fixture)),
        [FILE]: CONFIG,
      }));
      const overrides = withCloudflare(bed, cloudflare);
      await checkForeseen(bed, checks, cloudflare, sha, overrides);

      const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, overrides));
      checkGreen(checks, run, 'the deploy');
      checkZone(checks, cloudflare);
      checks.equal(cloudflare.zone.purged.length, 1, 'purges after the deploy');
      await checkWhole(bed, checks, before, { sha, release });

      const second = await checkSecondTime(bed, checks, cloudflare, overrides);

      const back = await bed.deploy(second.sha, {
        ...overrides,
        inputs: { ...overrides.inputs, operation: 'rollback' },
      });
      checks.equal(back.exitCode, 0, 'the exit code of the rollback');
      checks.that(cloudflare.zone.purged.length > 2, 'a rollback purges too');
      checkZone(checks, cloudflare);
      for (const { log, summary } of [run, back]) {
        checks.that(!shown(log).includes(TOKEN) && !summary.includes(TOKEN), 'no token is shown');
      }
      await checkWhole(bed, checks, before, second);
    } finally {
      await cloudflare.close();
    }
  },
};

function withCloudflare(bed: Bed, { baseUrl }: StandIn): WorkflowOverrides {
  return {
    inputs: {
      url: bed.base,
      'cloudflare-api-token': TOKEN,
      'cloudflare-zone-id': ZONE_ID,
      'cloudflare-config': FILE,
      'cloudflare-purge': 'everything',
    },
    environment: { CLOUDFLARE_API_BASE_URL: baseUrl },
  };
}

async function checkForeseen(
  bed: Bed,
  checks: Checks,
  cloudflare: StandIn,
  sha: string,
  overrides: WorkflowOverrides,
): Promise<void> {
  const inputs = { ...overrides.inputs, operation: 'plan' };
  const plan = await bed.deploy(sha, { ...overrides, inputs });
  checks.equal(plan.exitCode, 0, 'the exit code of the plan');
  checks.matches(plan.summary, /203\.0\.113\.7/, 'the record in the plan');
  checks.equal(changes(cloudflare), [], 'what a plan changes at Cloudflare');
}

/** A change of the stack alone: the zone is read, and not written; a purge that fails takes no release back. */
async function checkSecondTime(
  bed: Bed,
  checks: Checks,
  cloudflare: StandIn,
  overrides: WorkflowOverrides,
): Promise<LiveRelease> {
  const before = changes(cloudflare).length;
  const release = bed.nextRelease();
  const sha = await bed.commit('Again', bed.stack.changes.backend(release));
  checkGreen(checks, await bed.deploy(sha, overrides), 'the second deploy');
  const purges = changes(cloudflare).slice(before);
  checks.equal(purges, ['POST /purge_cache'], 'what the second deploy asks for');

  cloudflare.zone.permissions.delete('Cache Purge');
  const next = await bed.commit('Refused purge', bed.stack.changes.backend(bed.nextRelease()));
  const run = await bed.deploy(next, overrides);
  checks.equal(run.exitCode, 0, 'the exit code where Cloudflare refuses');
  checks.equal(run.outputs['result'], 'deployed', 'result where Cloudflare refuses');
  const warnings = run.annotations.filter(({ level }) => level === 'warning');
  checks.matches(JSON.stringify(warnings), /Cache Purge/, 'the warning');
  for (const permission of PERMISSIONS) cloudflare.zone.permissions.add(permission);
  return { sha, release };
}

function checkGreen(checks: Checks, run: ActionRun, what: string): void {
  checks.equal(run.exitCode, 0, `the exit code of ${what}`);
  checks.equal(run.outputs['result'], 'deployed', `result of ${what}`);
  checks.equal(run.outputs['failed-probes'], '0', `failed-probes of ${what}`);
}

function checkZone(checks: Checks, { zone }: StandIn): void {
  const [foreign, ...ours] = zone.records;
  checks.equal(foreign, FOREIGN, 'the record that somebody else made');
  checks.equal(
    ours.map(({ content }) => content),
    ['203.0.113.7'],
    'the records of the file',
  );
  checks.equal(zone.settings['ssl'], 'full', 'the SSL mode');
  checks.equal(
    zone.rulesets.map(({ rules }) => rules.length),
    [1, 1],
    'rules in each phase',
  );
}

function changes({ seen }: StandIn): readonly string[] {
  return seen
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}

/** The runner does not show the commands that tell it what to mask. */
function shown(log: string): string {
  return log.replaceAll(/^::add-mask::.*$/gm, '');
}
