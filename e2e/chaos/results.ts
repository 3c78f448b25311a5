import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../host/host.js';

/** What came of one fault at one step. */
export interface Cell {
  readonly step: string;
  readonly fault: string;
  readonly failed: number;
  readonly requests: number;
  /** From the fault, or the return of the engine, until the stack was whole. */
  readonly wholeSeconds: number;
  /** Which release stood then. */
  readonly stands: 'old' | 'new';
  /** The output `result` of the next deploy. */
  readonly next: string;
  readonly nextFailed: number;
  /** What was not as promised. */
  readonly problems: readonly string[];
}

/** All of one fault. */
export interface FaultResults {
  readonly fault: string;
  readonly sentence: string;
  /** ISO 8601. */
  readonly at: string;
  readonly engine: string;
  /** Of the deploy that was recorded, in their order. */
  readonly steps: readonly string[];
  readonly cells: readonly Cell[];
}

function directory(): string {
  return join(cacheDirectory(), 'chaos');
}

/** Keeps what came of one step, in the place of what an earlier run found at it. */
export async function keepResult(cell: Cell, of: Omit<FaultResults, 'cells'>): Promise<void> {
  await mkdir(directory(), { recursive: true });
  const file = join(directory(), `${of.fault}.json`);
  const before = await readFile(file, 'utf8').then(parse, () => undefined);
  const others = (before?.cells ?? []).filter(({ step }) => step !== cell.step);
  const rank = ({ step }: Cell): number => of.steps.indexOf(step);
  const cells = [...others, cell]
    .filter((each) => rank(each) >= 0)
    .sort((one, other) => rank(one) - rank(other));
  await writeFile(file, `${JSON.stringify({ ...of, cells }, undefined, 2)}\n`);
}

/** @throws Error where nothing was run yet */
export async function keptResults(): Promise<readonly FaultResults[]> {
  const names = (await readdir(directory())).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (name) => parse(await readFile(join(directory(), name), 'utf8'))),
  );
}

function parse(text: string): FaultResults {
  const value: unknown = JSON.parse(text);
  if (!isResults(value)) throw new Error(`Not the results of a chaos run: ${text.slice(0, 200)}`);
  return value;
}

function isResults(value: unknown): value is FaultResults {
  return typeof value === 'object' && value !== null && 'cells' in value && 'steps' in value;
}
