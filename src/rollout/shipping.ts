import { layersOnHost, parseHostLayers } from '../images/layers.js';
import { packWithout, type ImageArchive } from '../images/archive.js';
import { describeShipment, readableBytes, type Shipment } from '../images/shipment.js';
import { compressionFor, outgoing, type Outgoing } from '../images/stream.js';
import type { Operation } from '../plan/plan.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';
import { StepError } from './transaction.js';

type Prepare = Extract<Operation, { kind: 'prepare-images' }>;

const PROGRESS_EVERY_MS = 5_000;

/**
 * Builds the images on the runner, and brings the layers that the host lacks there.
 *
 * @returns what `docker image inspect` on the host says of them, as lines `reference image-id`
 */
export async function shipImages(
  context: RolloutContext,
  operation: Prepare,
  { undo, room }: Pick<Cargo, 'undo' | 'room'>,
): Promise<string> {
  const { runnerImages, transaction, observation } = context;
  if (runnerImages === undefined) throw new Error('there is nothing to build images with');
  const references = operation.references.map(({ reference }) => reference);
  const present = transaction.step({
    name: 'layers',
    script: remoteScript('layers'),
    variables: {},
  });
  const build = async (): Promise<ImageArchive> => {
    await runnerImages.build({
      project: observation.wantedProject,
      stage: observation.stage,
      bases: operation.bases,
      services: operation.services,
      platform: observation.host.platform,
    });
    return runnerImages.save(references);
  };
  try {
    const [archive, layers] = await Promise.all([build(), present]);
    const omitted = layersOnHost(archive.images, parseHostLayers(layers));
    return await loadOrSendAll(context, { archive, omitted, references, undo, room });
  } finally {
    await runnerImages.close();
  }
}

interface Cargo {
  readonly archive: ImageArchive;
  /** Layers that the host has. */
  readonly omitted: ReadonlySet<string>;
  readonly references: readonly string[];
  /** Gives the references back what they named before. */
  readonly undo: string;
  /** Arguments of make_room, quoted; empty where there is enough. */
  readonly room: string;
}

/** An engine may list a layer whose content it cannot build on (the containerd image store): then all are sent. */
async function loadOrSendAll(context: RolloutContext, cargo: Cargo): Promise<string> {
  try {
    return await send(context, cargo);
  } catch (error) {
    if (!(error instanceof StepError) || cargo.omitted.size === 0) throw error;
    context.log.info('the engine on the host did not take a part of the layers: all are sent');
    return send(context, { ...cargo, omitted: new Set() });
  }
}

async function send(
  context: RolloutContext,
  { archive, omitted, references, undo, room }: Cargo,
): Promise<string> {
  const { observation, transaction, clock, log, run } = context;
  const file = `${observation.stateDirectory}/stage/${run}/images.tar`;
  const from = clock.now();
  const shipment = outgoing(
    packWithout(archive.path, omitted),
    compressionFor(observation.host.engineVersion),
  );
  await uploadWithProgress(context, { file, shipment, total: bytesToRead(archive, omitted) });
  const output = await transaction.step({
    name: 'ship',
    undo,
    script: remoteScript('load-images'),
    variables: {
      FILE: file,
      SHA256: shipment.digest(),
      REFERENCES: references.join(' '),
      ROOM: room,
    },
  });
  const all = new Set(archive.images.flatMap(({ layers }) => layers.map(({ path }) => path)));
  const shipped: Shipment = {
    layersShipped: all.size - omitted.size,
    layersReused: omitted.size,
    bytes: shipment.sent.bytes,
    durationMs: clock.now() - from,
  };
  context.results.shipment = shipped;
  log.info(describeShipment(shipped));
  return output;
}

function bytesToRead({ sizes }: ImageArchive, omitted: ReadonlySet<string>): number {
  return [...sizes].reduce((sum, [path, size]) => (omitted.has(path) ? sum : sum + size), 0);
}

async function uploadWithProgress(
  { upload, clock, log, signal }: RolloutContext,
  { file, shipment, total }: { file: string; shipment: Outgoing; total: number },
): Promise<void> {
  const over = new AbortController();
  const tell = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(PROGRESS_EVERY_MS, over.signal);
      const percent = total === 0 ? 100 : Math.floor((shipment.read.bytes / total) * 100);
      log.info(`${String(percent)} % shipped (${readableBytes(shipment.sent.bytes)} so far)`);
    }
  };
  // It ends with the upload.
  tell().catch(() => undefined);
  try {
    await upload(file, shipment.stream, signal);
  } finally {
    over.abort();
  }
}
