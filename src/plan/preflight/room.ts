import { largestCandidateKb } from '../steps/batches.js';
import type { Refusal } from '../refusal.js';
import type { Room } from '../host-facts.js';
import type { Observation } from '../observation.js';
import type { ImageReference, Operation, RoomWanted } from '../plan.js';

/** The least with which a step may begin: less of it, and the engine itself fails half-way. */
const LEAST = {
  images: { kb: 32 * 1024, inodes: 1_000 },
  containers: { kb: 4 * 1024, inodes: 100 },
} as const;
/** More than this is not short, however large the images are: most of their layers stay the same. */
const PLENTY_KB = 512 * 1024;
/** An image that is not there yet is thought to take so much. */
const UNKNOWN_KB = 256 * 1024;
/** With less memory for a build many compilers and package managers are killed. */
const BUILD_MEMORY_KB = 256 * 1024;

/** What the images that are made want; undefined where there is enough, or where nothing is known. */
export function roomWanted(
  { host: { imageRoom }, images, imageSizesKb, wanted: { project } }: Observation,
  references: readonly ImageReference[],
): RoomWanted | undefined {
  if (imageRoom === undefined) return undefined;
  const sizes = new Map(
    references.map(({ reference }) => [
      images[reference] ?? reference,
      imageSizesKb[reference] ?? UNKNOWN_KB,
    ]),
  );
  const all = [...sizes.values()].reduce((sum, kb) => sum + kb, 0);
  const wantedKb = Math.ceil(Math.max(LEAST.images.kb, Math.min(all, PLENTY_KB)));
  const { kb: leastKb, inodes: leastInodes } = LEAST.images;
  return has(imageRoom, wantedKb, leastInodes)
    ? undefined
    : { path: imageRoom.path, project, wantedKb, leastKb, leastInodes };
}

function has({ freeKb, freeInodes }: Room, kb: number, inodes: number): boolean {
  return freeKb >= kb && (freeInodes === undefined || freeInodes >= inodes);
}

/** Where images are made, room is made before them. Where none are, containers alone need some. */
export function roomRefusals(
  { host: { imageRoom } }: Observation,
  operations: readonly Operation[],
): readonly Refusal[] {
  const { kb, inodes } = LEAST.containers;
  if (
    imageRoom === undefined ||
    !operations.some(({ kind }) => CREATES.has(kind)) ||
    operations.some(({ kind }) => kind === 'prepare-images') ||
    has(imageRoom, kb, inodes)
  ) {
    return [];
  }
  return [
    {
      what: `${left(imageRoom)} in ${imageRoom.path}, and new containers need ${mebibytes(kb)} and ${String(inodes)} inodes`,
      next: 'Make room on the host: docker system df; docker image prune; docker builder prune; sudo journalctl --vacuum-size=100M.',
    },
  ];
}

const CREATES: ReadonlySet<Operation['kind']> = new Set([
  'start',
  'replace',
  'run-command',
  'run-job',
  'update-services',
]);

/** What is short, and what is done about it or would mend it. */
export function roomNotes(
  observation: Observation,
  operations: readonly Operation[],
): readonly string[] {
  const { imageRoom } = observation.host;
  const made = operations.find((operation) => operation.kind === 'prepare-images');
  const wanted = made?.room;
  return [
    ...(wanted === undefined || imageRoom === undefined
      ? []
      : [
          `${left(imageRoom)} in ${imageRoom.path}, and the images that are made may take ${mebibytes(wanted.wantedKb)}: what no release needs is removed first (images of this project without a name, the cache of builds)`,
        ]),
    ...memoryNotes(observation, operations),
  ];
}

function memoryNotes(
  observation: Observation,
  operations: readonly Operation[],
): readonly string[] {
  const { memoryAvailableKb, swapFreeKb, swapTotalKb } = observation.host;
  const freeKb = memoryAvailableKb + swapFreeKb;
  const builds = operations.some((each) => each.kind === 'prepare-images' && each.verb === 'build');
  const started = operations.flatMap((each) =>
    each.kind === 'start' ? each.services.map(({ service }) => service) : [],
  );
  const largest = largestCandidateKb(observation, started);
  const remedy =
    swapTotalKb === 0
      ? 'The host has no swap. Add some: sudo dd if=/dev/zero of=/swapfile bs=1M count=2048 && sudo chmod 600 /swapfile && sudo mkswap /swapfile && sudo swapon /swapfile'
      : 'Stop something else, or take a larger host';
  if (largest !== undefined && largest.kb > freeKb) {
    return [
      `${mebibytes(freeKb)} of memory and swap are free, and a new container of ${largest.service} needs about ${mebibytes(largest.kb)}: the kernel may kill it, or something else. ${remedy}`,
    ];
  }
  return builds && freeKb < BUILD_MEMORY_KB
    ? [
        `${mebibytes(freeKb)} of memory and swap are free for the build: the kernel may kill it. ${remedy}, or build elsewhere: build: runner`,
      ]
    : [];
}

function left({ freeKb, freeInodes }: Room): string {
  const inodes = freeInodes === undefined ? '' : ` and ${String(freeInodes)} inodes`;
  return `only ${mebibytes(freeKb)}${inodes} are free`;
}

function mebibytes(kb: number): string {
  return `${String(Math.floor(kb / 1024))} MiB`;
}
