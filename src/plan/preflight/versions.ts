import type { Refusal } from '../refusal.js';
import type { HostFacts } from '../host-facts.js';
import type { Operation } from '../plan.js';

/** Compose from here on hands builds over to Buildx with a flag that older ones do not know (`bake --allow`). */
const BUILDX_SINCE = '2.40.1';
const BUILDX_LEAST = '0.17.0';
/** Nothing older was ever tried, and some of what a deploy uses came with later ones. */
const TRIED = { 'Docker Engine': '23.0.0', 'Docker Compose': '2.20.0' } as const;
/** As Docker releases them; distributions patch theirs: `2.40.3+ds1`. */
const UNPATCHED = /^v?[\d.]+$/;

const BUILDX_REMEDY =
  'On the host: sudo apt-get install -y docker-buildx (Debian, Ubuntu) or docker-buildx-plugin (from the packages of Docker); on Amazon Linux, which packages an old one, as docs/host-setup.md says. Or build elsewhere: build: runner.';

/** What is too old for this plan. */
export function versionRefusals(
  host: HostFacts,
  operations: readonly Operation[],
): readonly Refusal[] {
  const what = oldBuildx(host, operations);
  return what === undefined || !isRefusedByCompose(host) ? [] : [{ what, next: BUILDX_REMEDY }];
}

/** What may be too old. */
export function versionNotes(host: HostFacts, operations: readonly Operation[]): readonly string[] {
  const found = { 'Docker Engine': host.engineVersion, 'Docker Compose': host.composeVersion };
  const what = oldBuildx(host, operations);
  return [
    ...(what === undefined || isRefusedByCompose(host) ? [] : [`${what}. ${BUILDX_REMEDY}`]),
    ...(['Docker Engine', 'Docker Compose'] as const)
      .filter((tool) => isOlder(found[tool], TRIED[tool]))
      .map(
        (tool) =>
          `${tool} ${found[tool]} is older than all that this action was tried with: update it to ${TRIED[tool]} or later`,
      ),
  ];
}

function oldBuildx(
  { composeVersion, buildxVersion }: HostFacts,
  operations: readonly Operation[],
): string | undefined {
  const builds = operations.some((each) => each.kind === 'prepare-images' && each.verb === 'build');
  if (!builds || buildxVersion === undefined || isOlder(composeVersion, BUILDX_SINCE)) {
    return undefined;
  }
  if (buildxVersion === 'none') {
    return `Buildx is not installed: Compose ${composeVersion} builds images with it, or with the old builder, which lacks features`;
  }
  return isOlder(buildxVersion, BUILDX_LEAST)
    ? `Buildx ${buildxVersion} is too old: to build images Compose ${composeVersion} needs ${BUILDX_LEAST} or later`
    : undefined;
}

/** Without Buildx some versions build with the old builder; what a distribution has patched nobody knows. */
function isRefusedByCompose({ composeVersion, buildxVersion }: HostFacts): boolean {
  return buildxVersion !== 'none' && UNPATCHED.test(composeVersion);
}

/** False where a version is none. */
function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): readonly number[] =>
    (/^v?(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '').split('.').filter(Boolean).map(Number);
  const [own, other] = [numbers(version), numbers(than)];
  if (own.length === 0) return false;
  for (const [index, number] of other.entries()) {
    const difference = (own[index] ?? 0) - number;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
