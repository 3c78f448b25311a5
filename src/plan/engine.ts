import type { Refusal } from './refusal.js';
import type { Observation } from './observation.js';

/** What the workflow says of the engine. */
export type EngineInput = 'auto' | 'compose' | 'swarm';

/**
 * What runs the stack. Only what runs decides, and what the workflow says: never a key of the Compose file, so that
 * a Compose stack on a host that happens to be a manager stays Compose.
 */
export function engineOf(observation: Observation, engine: EngineInput): 'compose' | 'swarm' {
  const { swarm } = observation;
  const isReady = swarm.node === 'manager' && swarm.unknown === undefined;
  if (!isReady || engine === 'compose' || runsInCompose(observation)) return 'compose';
  return engine === 'swarm' || runsInSwarm(observation) ? 'swarm' : 'compose';
}

/**
 * What stands against a deploy by Compose. Two copies of a stack, with two databases on one volume, are never
 * started.
 */
export function engineRefusals(observation: Observation, engine: EngineInput): readonly Refusal[] {
  const { swarm, wanted } = observation;
  const stack = wanted.project;
  const inCompose = runsInCompose(observation);
  if (engine === 'swarm') return [noSwarm(observation)];
  if (runsInSwarm(observation)) {
    if (inCompose) return engine === 'compose' ? [] : [runsTwice(stack)];
    return [engine === 'compose' ? secondCopy(stack) : notHere(stack, swarm.unknown)];
  }
  const mayRunElsewhere = swarm.node === 'manager' || swarm.node === 'other';
  return engine === 'auto' && mayRunElsewhere && swarm.unknown !== undefined && !inCompose
    ? [notTold(stack, swarm.unknown)]
    : [];
}

function runsInSwarm({ swarm, wanted }: Observation): boolean {
  return swarm.stacks.includes(wanted.project);
}

function runsInCompose({ containers }: Observation): boolean {
  return containers.some(({ oneOff }) => !oneOff);
}

/** What a person should know of a Compose stack on a node of a Swarm. */
export function engineNotes(observation: Observation, engine: EngineInput): readonly string[] {
  if (engine !== 'compose') return [];
  const { swarm, wanted } = observation;
  const stack = wanted.project;
  const inCompose = runsInCompose(observation);
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
function noSwarm({ swarm, wanted }: Observation): Refusal {
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
      return swarm.unknown === undefined
        ? {
            what: `engine: swarm was asked for, and the stack ${wanted.project} runs in Compose on this host`,
            next: `Remove the input to go on with Compose. To bring the stack to the Swarm, with downtime: docker compose -p ${wanted.project} down, then run the workflow again; named volumes on this host stay.`,
          }
        : {
            what: `engine: swarm was asked for, and this host's Swarm does not answer: ${swarm.unknown}`,
            next: 'On a manager, docker node ls tells; without a majority of its managers a Swarm changes nothing.',
          };
  }
}

function notHere(stack: string, why: string | undefined): Refusal {
  return {
    what: `the stack ${stack} runs in the Swarm of this host, which cannot change it (${why ?? ''})`,
    next: `Set the input host to a manager of that Swarm. If that stack is another one, set another project-name.`,
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
    next: `To go on with that of Compose: engine: compose. One is removed with docker stack rm ${stack}, or with docker compose -p ${stack} down.`,
  };
}

function notTold(stack: string, why: string): Refusal {
  return {
    what: `this host is a node of a Swarm that does not answer (${why}), so whether the stack ${stack} runs there already is not known`,
    next: 'Mend the Swarm (docker node ls on a manager tells), or, where the stack is not in it, set engine: compose.',
  };
}
