import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { takeBundle } from '../e2e/harness/bundle.js';
import { ask } from '../e2e/harness/shell.js';
import { type CleanUp, cleanUpOnSignal } from '../e2e/harness/signals.js';
import { up } from '../e2e/host/host.js';
import { baseImages } from '../e2e/images/images.js';
import { loadTable, textTable } from '../e2e/load/table.js';
import { type Bed, makeBed } from '../e2e/scenarios/bed.js';
import type { Scenario } from '../e2e/scenarios/scenario.js';
import { makeStage, type Stage } from '../e2e/scenarios/stage.js';
import { replacing } from '../e2e/stacks/stack.js';
import { tiny } from '../e2e/stacks/tiny.js';
import { growth, overheads } from './costs.js';
import { measure, type Measured } from './measure.js';
import { comparison, failures, markdownTable, plain, replaceRegion, type Rows } from './tables.js';
import { type Way, ways } from './ways.js';

/** A server that boots in no time would hide what a deploy does to those who wait for it. */
const boots = replacing('api/server.py', 'def main():\n', 'def main():\n    time.sleep(2)\n');

/** Where each way begins: the same release, deployed the same way on an emptied host. */
const beginning: Scenario = {
  name: 'bench',
  home: 'tiny',
  sentence: 'a release runs, and a line of its backend changes',
  from: 'deployed',
  run: () => Promise.resolve(),
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const cleanUps: CleanUp[] = [];
  const release = cleanUpOnSignal(cleanUps);
  try {
    const bundle = await takeBundle();
    cleanUps.push(bundle.remove);
    const archives = await baseImages();
    const host = await up({ name: `bench-${process.pid}` });
    cleanUps.push(() => host.down());
    await host.loadImages(archives);
    const { bed } = await makeBed({ host, stack: tiny, action: bundle.directory });
    cleanUps.push(() => bed.fixture.remove());
    await compare(bed, values.write);
  } finally {
    release();
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

async function compare(bed: Bed, write: boolean): Promise<void> {
  const first = {
    sha: await bed.commit('A server that takes two seconds to boot', boots),
    release: 'r1',
  };
  const stage = makeStage(bed, first);
  const loads: number[] = [];
  const measured: Measured[] = [];
  for (const way of ways) {
    measured.push(await one(bed, stage, way));
    loads.push(loadavg()[0] ?? 0);
  }
  console.log(`\n${textTable(plain(comparison(measured)))}`);
  console.log(`\n${textTable(plain(failures(measured)))}`);
  await stage.prepare(beginning);
  const costs: Rows[] = [];
  for (const cost of [overheads, growth]) {
    costs.push(await cost(bed));
    console.log(`\n${textTable(plain(costs.at(-1) ?? []))}`);
    loads.push(loadavg()[0] ?? 0);
  }
  const circumstances = await describe(bed, loads);
  console.log(`\n${circumstances}`);
  if (write) await writePages(measured, costs, circumstances);
}

async function one(bed: Bed, stage: Stage, way: Way): Promise<Measured> {
  await stage.prepare(beginning);
  const release = bed.nextRelease();
  const sha = await bed.commit('One line of the backend', bed.stack.changes.backend(release));
  bed.takeLog();
  const measured = await measure(bed, way, { sha, release });
  console.log(`\n${way.title.replaceAll(/[`*]/g, '')}: ${measured.verdict}`);
  for (const load of [measured.quick, measured.slow]) console.log(loadTable(load));
  if (measured.verdict !== 'deployed') console.log(bed.takeLog());
  return measured;
}

async function describe(bed: Bed, loads: readonly number[]): Promise<string> {
  const version = await ask(bed.host, 'cd "$1" && docker compose exec -T "$2" nginx -v 2>&1', {
    args: [bed.place.directory, bed.stack.proxy],
  });
  const nginx = /nginx\/(\S+)/.exec(version)?.[1] ?? version;
  const averages = loads.map((load) => load.toFixed(1)).join(', ');
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} with Engine ${bed.host.engineVersion}, Compose ${bed.host.composeVersion},`,
    `nginx ${nginx}, on a machine with ${cpus().length} CPUs; its load average after each part: ${averages}.`,
  ].join('\n');
}

async function writePages(
  measured: readonly Measured[],
  costs: readonly Rows[],
  circumstances: string,
): Promise<void> {
  const table = markdownTable(comparison(measured));
  const short =
    'A one-line change of a backend that boots in two seconds, under about 170 requests a second, deployed in\n' +
    'four ways on the same host in one run ([how it was measured](docs/benchmarks.md)):';
  const pages = [
    ['../README.md', `${short}\n\n${table}`],
    [
      '../docs/benchmarks.md',
      [
        circumstances,
        ...[comparison(measured), failures(measured), ...costs].map(markdownTable),
      ].join('\n\n'),
    ],
  ] as const;
  for (const [page, text] of pages) {
    const file = new URL(page, import.meta.url);
    await writeFile(file, replaceRegion(await readFile(file, 'utf8'), text));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
