import { quote } from '../host/quote.js';
import { contentsOf } from '../plan/compose/contents.js';
import type { Stack } from '../plan/compose/stack.js';
import type { ServiceScale } from '../plan/scale.js';
import type { RolloutContext } from './context.js';
import { hookLinesOf } from './hooks.js';
import { handedWords, volumeDonors } from './volumes.js';

/**
 * Removes those that have the name, and whose undo makes them again; what is left to do.
 *
 * @param afterUndos commands for when they run again
 */
export async function withoutOthers(
  context: RolloutContext,
  scale: ServiceScale,
  afterUndos: readonly string[] = [],
): Promise<ServiceScale> {
  const { service, handed } = scale;
  const { live, wanted, installed } = context.observation;
  const ids = [...scale.incumbents, ...volumeDonors(scale)];
  const left = { ...scale, incumbents: [], dead: scale.dead.filter((id) => !ids.includes(id)) };
  if (ids.length === 0) return left;
  const seconds = String(Math.ceil(context.inputs.readyTimeoutMs / 1000));
  const hooks = hookLinesOf(installed, [{ service }]);
  const again = [live.path, context.compose, wanted.project, service];
  const words = [ids.join(' '), seconds, hooks, ...again, ...handed.flatMap(handedWords)];
  await context.transaction.step({
    name: `recreate-${service}`,
    // Its image, its files and its name are there again by then.
    lastUndo: `bring_back ${words.map(quote).join(' ')}`,
    afterUndos,
    script: `take_down "$CONTENTS" ${ids.join(' ')}`,
    variables: { CONTENTS: placesOf([installed, wanted], service).join(' ') },
  });
  return left;
}

/** Where Compose may have put files into the containers of a service that are in none of the host; in base64. */
function placesOf(stacks: readonly (Stack | undefined)[], name: string): readonly string[] {
  const targets = stacks.flatMap((stack) => {
    const service = stack?.services[name];
    return service === undefined ? [] : contentsOf(service).map(({ target }) => target);
  });
  return [...new Set(targets)].map((target) => Buffer.from(target, 'utf8').toString('base64'));
}
