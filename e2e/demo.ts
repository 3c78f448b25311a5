import { takeBundle } from './harness/bundle.js';
import { type CleanUp, cleanUpOnSignal } from './harness/signals.js';
import { type Host, up } from './host/host.js';
import { baseImages } from './images/images.js';
import { loadedImages } from './images/loaded.js';
import { startLoad } from './load/load.js';
import { usualLoad, type UsualPaths } from './load/spec.js';
import { loadTable } from './load/table.js';
import { type Bed, makeBed, placeFiles } from './scenarios/bed.js';
import { type Checks, collectChecks } from './scenarios/checks.js';
import type { LiveRelease } from './scenarios/bed.js';
import { checkWhole } from './scenarios/whole.js';
import { type Live, showLive } from './show/live.js';
import { deployTable, phaseTable, type Shown } from './show/tables.js';
import { resee } from './stacks/resee.js';
import { together } from './stacks/stack.js';

/** The whole promise in three deploys: a first one, a new version, a broken version. */
async function main(): Promise<void> {
  const live = showLive((text) => {
    console.log(text);
  });
  const checks = collectChecks();
  live.title('A host: a machine in namespaces with sshd, Docker and Compose');
  const cleanUps: CleanUp[] = [];
  const release = cleanUpOnSignal(cleanUps);
  try {
    const bundle = await takeBundle();
    cleanUps.push(bundle.remove);
    const dockerData = await loadedImages('trixie', baseImages);
    live.say('the base images are built');
    const host = await up({ name: `demo-${process.pid}`, dockerData });
    cleanUps.push(() => host.down());
    live.say(`${host.address} is up: Engine ${host.engineVersion}, Compose ${host.composeVersion}`);
    printTables(await threeDeploys(host, bundle.directory, checks, live));
  } finally {
    release();
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
  verdict(checks);
}

async function threeDeploys(
  host: Host,
  action: string,
  checks: Checks,
  live: Live,
): Promise<Shown[]> {
  const { bed, first } = await makeBed({ host, stack: resee, action, onLine: live.line });
  try {
    await placeFiles(bed);
    live.title('1. The first deploy of examples/resee, on an empty host');
    const begin = await bed.deploy(first.sha);
    checks.equal(begin.outputs['result'], 'deployed', 'result of the first deploy');
    await checkWhole(bed, checks, undefined, first);
    const start = await bed.look();
    const second: LiveRelease = { sha: await commitNew(bed), release: 'r2' };
    live.title('2. A new backend and a new frontend, while the site is used');
    const change = await deployUnderLoad(bed, checks, live, {
      title: 'new version',
      sha: second.sha,
      asked: { ...resee.paths, release: resee.tellRelease },
    });
    checks.equal(change.run.outputs['result'], 'deployed', 'result of the new version');
    await checkWhole(bed, checks, start, second);
    live.title('3. A version whose health check fails only once it is live');
    const before = await bed.look();
    const broken = await deployUnderLoad(bed, checks, live, {
      title: 'broken version',
      sha: await commitBroken(bed),
      // Its health endpoint fails: that is what the deploy must find out, not what we count.
      asked: resee.paths,
    });
    checks.equal(broken.run.outputs['result'], 'rolled-back', 'result of the broken version');
    checks.that(broken.run.exitCode === 1, 'the job of the broken version is red');
    await checkWhole(bed, checks, before, second);
    return [{ title: 'first', run: begin, load: undefined }, change, broken];
  } finally {
    await bed.fixture.remove();
  }
}

function commitNew(bed: Bed): Promise<string> {
  const frontend = bed.stack.changes.frontend?.('r2');
  const changes = [bed.stack.changes.backend('r2'), ...(frontend === undefined ? [] : [frontend])];
  return bed.commit('A new version', together(...changes));
}

function commitBroken(bed: Bed): Promise<string> {
  return bed.commit(
    'A broken version',
    together(bed.stack.changes.backend('r3'), bed.stack.changes.failsBehindProxy),
  );
}

async function deployUnderLoad(
  bed: Bed,
  checks: Checks,
  live: Live,
  { title, sha, asked }: { title: string; sha: string; asked: UsualPaths },
): Promise<Shown> {
  const load = startLoad(usualLoad(bed.base, asked, bed.stack.release));
  try {
    await load.answered(1, 15_000);
    live.watch(load.progress);
    const run = await bed.deploy(sha);
    live.watch(undefined);
    const result = await load.stop();
    checks.equal(result.failures, {}, `failed requests during the ${title}`);
    console.log(`\n${loadTable(result)}`);
    return { title, run, load: result };
  } finally {
    await load.stop();
  }
}

function printTables(shown: readonly Shown[]): void {
  console.log(`\n${deployTable(shown)}\n\n  seconds per phase\n${phaseTable(shown)}\n`);
}

function verdict(checks: Checks): void {
  for (const failure of checks.failures) console.log(`✗ ${failure}`);
  if (checks.failures.length > 0) {
    process.exitCode = 1;
    return;
  }
  console.log(`✓ every promise was held (${checks.made} checks)`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
