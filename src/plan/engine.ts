import type { Refusal } from './gaps.js';
import type { Observation } from './observation.js';

/** What the workflow says of the engine. */
export type EngineInput = 'auto' | 'compose' | 'swarm';

/**
 * What stands against the engine. Only what runs decides, and what the workflow says: never a key of the
 * Compose file. Two copies of a stack, with two databases on one volume, are never started.
 */
export function engineRefusals(observation: Observation, engine: EngineInput): readonly Refusal[] {
  const { swarm, wanted, containers } = observation;
  const stack = wanted.project;
  const inSwarm = swarm.stacks.includes(stack);
  const inCompose = containers.some(({ oneOff }) => !oneOff);
  if (engine === 'swarm') return [noSwarm(observation)];
  if (inSwarm && inCompose) return engine === 'compose' ? [] : [runsTwice(stack)];
  if (inSwarm) return [engine === 'compose' ? secondCopy(stack) : onlyCompose(stack)];
  const mayRunElsewhere = swarm.node === 'manager' || swarm.node === 'other';
  return engine === 'auto' && mayRunElsewhere && swarm.unknown !== undefined && !inCompose
    ? [notTold(stack, swarm.unknown)]
    : [];
}

/** What a person should know of a Compose stack on a node of a Swarm. */
export function engineNotes(
  { swarm, wanted, containers }: Observation,
  engine: EngineInput,
): readonly string[] {
  if (engine !== 'compose') return [];
  const stack = wanted.project;
  const inCompose = containers.some(({ oneOff }) => !oneOff);
  if (swarm.stacks.includes(stack))
    return inCompose
      ? [
          `a stack named ${stack} runs in the Swarm of this host as well. This deploy changes only the containers of Compose`,
        ]
      : [];
  return swarm.unknown === undefined || inCompose
    ? []
    : [
        `whether a stack named ${stack} runs in the Swarm of this host is not known: ${swarm.unknown}`,
      ];
}

/** The reason why `engine: swarm` is refused on this host. */
function noSwarm({ swarm, containers, wanted }: Observation): Refusal {
  switch (swarm.node) {
    case 'none':
      return {
        what: 'engine: swarm was asked for, and this host is no node of a Swarm',
        next: 'Set engine: compose, or remove the input. (A Swarm of one node is made with: docker swarm init)',
      };
    case 'worker':
      return {
        what: 'engine: swarm was asked for, and this host is a worker of its Swarm: only a manager can change a stack',
        next: 'Set the input host to a manager (docker node ls there names them), or run on a manager: docker node promote NODE.',
      };
    case 'other':
      return {
        what: `engine: swarm was asked for, and this host's Swarm does not answer: ${swarm.unknown ?? ''}`,
        next: 'On the host, docker info tells the state of the node; a locked one is opened with docker swarm unlock.',
      };
    case 'manager':
      return {
        what: 'engine: swarm was asked for, and this version deploys to Compose only',
        next: containers.some(({ oneOff }) => !oneOff)
          ? `The stack ${wanted.project} runs in Compose: remove the input, or set engine: compose.`
          : 'Deploy with docker stack deploy, or set engine: compose.',
      };
  }
}

function onlyCompose(stack: string): Refusal {
  return {
    what: `the stack ${stack} runs in the Swarm of this host, and this version deploys to Compose only`,
    next: `Go on with docker stack deploy. To bring it to Compose, with downtime: docker stack rm ${stack} on a manager, then run the workflow again; named volumes on this host stay. If that stack is another one, set another project-name.`,
  };
}

function secondCopy(stack: string): Refusal {
  return {
    what: `engine: compose would start a second copy of the stack ${stack} beside the one that runs in the Swarm of this host, with a second database on the same volume`,
    next: `Remove the one in the Swarm first (docker stack rm ${stack} on a manager; named volumes stay). If that stack is another one, set another project-name.`,
  };
}

function runsTwice(stack: string): Refusal {
  return {
    what: `the stack ${stack} runs twice on this host: as containers of Compose, and as services of its Swarm`,
    next: `Say which one is meant: engine: compose. The other one is removed with docker stack rm ${stack}, or with docker compose -p ${stack} down.`,
  };
}

function notTold(stack: string, why: string): Refusal {
  return {
    what: `this host is a node of a Swarm that does not answer (${why}), so whether the stack ${stack} runs there already is not known`,
    next: 'Mend the Swarm (docker node ls on a manager tells), or, where the stack is not in it, set engine: compose.',
  };
}
