import type { HandedVolumes, ServiceScale } from '../plan/scale.js';
import type { Stack } from '../plan/compose/stack.js';

/** For `hand_on` on the host. */
export function handedWords({ volumes }: HandedVolumes): readonly string[] {
  return volumes.map(
    ({ target, volume }) => `${volume}:${Buffer.from(target, 'utf8').toString('base64')}`,
  );
}

/** For `up.sh`: a line for each new container that gets some. */
export function handedLines(services: readonly ServiceScale[]): string {
  return services
    .flatMap(({ service, handed }) =>
      handed.map((each) => [service, ...handedWords(each)].join(' ')),
    )
    .join('\n');
}

/** Those that do not run, and stay beside the new one that gets their volumes. */
export function volumeDonors({ dead, handed }: ServiceScale): readonly string[] {
  return dead.filter((id) => handed.some(({ container }) => container === id));
}

/** Those that do not run, and go before the new ones come. */
export function goingFirst(scale: ServiceScale): readonly string[] {
  const staying = volumeDonors(scale);
  return scale.dead.filter((id) => !staying.includes(id));
}

/** True where those that were to stay cannot, as the new one is to have their very name. */
export function isInTheWay({ services }: Stack, scale: ServiceScale): boolean {
  return services[scale.service]?.containerName !== undefined && volumeDonors(scale).length > 0;
}
