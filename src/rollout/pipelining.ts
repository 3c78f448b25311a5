import type { Observation } from '../plan/observation.js';
import { servicesOf, type Operation } from '../plan/plan.js';
import { describe } from '../plan/render.js';
import { isInTheWay } from './volumes.js';

/** Called around each operation, so that phases can be timed and shown. */
export type Phased = <T>(operation: Operation, title: string, work: () => Promise<T>) => Promise<T>;

/** An operation that the host was told to do. */
export interface Sent {
  readonly operation: Operation;
  readonly work: Promise<void>;
}

type Kinds = ReadonlySet<Operation['kind']>;

/** What brings a release to its cutover, once its images are there. */
export const PREPARING: Kinds = new Set([
  'install-env-file',
  'install-files',
  'hold',
  'point-callers',
  'run-command',
  'run-job',
  'start',
  'stop-incumbents',
  'await-incumbents',
  'replace',
]);

/** What may be sent behind an operation before that has ended: what needs nothing of its answer. */
function mayFollow(kind: Operation['kind']): Kinds | undefined {
  if (kind === 'stop-incumbents') return new Set([...PREPARING, 'check-health']);
  if (PREPARING.has(kind)) return PREPARING;
  // The host watches the candidates from the cutover on, while the health check asks.
  if (kind === 'cutover') return new Set(['cutover', 'check-health']);
  return kind === 'check-health' ? new Set(['soak']) : undefined;
}

/** Operations that may be sent to the host together: one round trip for all of them. */
export function sendable(
  operations: readonly Operation[],
  observation: Observation,
): readonly (readonly Operation[])[] {
  const together: Operation[][] = [];
  let joinable: Kinds | undefined;
  for (const operation of operations) {
    const alone = takesSeveralSteps(operation, observation);
    const last = together.at(-1) ?? [];
    const joins =
      joinable?.has(operation.kind) === true &&
      !alone &&
      !startsAgain(operation, last) &&
      !asksWhatStarts(operation, last);
    if (joins) last.push(operation);
    else together.push([operation]);
    joinable = alone ? undefined : mayFollow(operation.kind);
  }
  return together;
}

/** How many containers of a service there are is known when its last start has ended. */
function startsAgain(operation: Operation, before: readonly Operation[]): boolean {
  if (operation.kind !== 'start') return false;
  const started = new Set(
    before.filter(({ kind }) => kind === 'start').flatMap((each) => servicesOf(each)),
  );
  return operation.services.some(({ service }) => started.has(service));
}

/** What is watched after the health check are the candidates: all of them must be known by then. */
function asksWhatStarts({ kind }: Operation, before: readonly Operation[]): boolean {
  return kind === 'check-health' && before.some((each) => STARTING.has(each.kind));
}

const STARTING: Kinds = new Set(['start', 'replace', 'run-job']);

function takesSeveralSteps(operation: Operation, { wanted }: Observation): boolean {
  if (operation.kind === 'start')
    return operation.services.some((scale) => isInTheWay(wanted, scale));
  if (operation.kind !== 'replace') return false;
  return wanted.services[operation.service]?.containerName !== undefined;
}

/** Sends all at once; the host takes them in their order, and none after one that failed. */
export function sendTogether(
  operations: readonly Operation[],
  perform: (operation: Operation, before: Promise<void> | undefined) => Promise<void>,
): readonly Sent[] {
  const sent: Sent[] = [];
  for (const operation of operations) {
    const work = perform(operation, sent.at(-1)?.work);
    // When one fails, those after it were not begun: only the first failure is told.
    work.catch(() => undefined);
    sent.push({ operation, work });
  }
  return sent;
}

/** Waits for them, one phase after the other. */
export async function follow(sent: readonly Sent[], phased: Phased): Promise<void> {
  for (const [index, { operation, work }] of sent.entries()) {
    const later = sent.slice(index + 1).map((each) => failed(each.work));
    await phased(operation, describe(operation), () => Promise.race([work, ...later]));
  }
}

/** Resolves when the work has failed, and never otherwise. */
function failed(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    work.catch(() => {
      resolve();
    });
  });
}
