import { questionsOf } from '../plan/health/candidate-questions.js';
import type { Plan } from '../plan/plan.js';
import type { ServiceScale } from '../plan/scale.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';

/** What is added to the step in which candidates become ready, so that they are asked the health path. */
export interface Asking {
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Undefined where nothing can be asked of these. */
export function askingOf(
  { observation, inputs: { health } }: RolloutContext,
  plan: Plan,
  services: readonly ServiceScale[],
): Asking | undefined {
  const questions = questionsOf(observation, plan, health).flatMap((question) => {
    const scale = services.find(({ service }) => service === question.service);
    const incumbent = question.incumbents.find((id) => scale?.incumbents.includes(id) === true);
    return incumbent === undefined ? [] : [{ ...question, incumbent }];
  });
  if (questions.length === 0) return undefined;
  return {
    script: ASK_CANDIDATES,
    variables: {
      QUESTIONS: questions
        .map(({ service, network, port, incumbent, host, target }) =>
          [service, network, String(port), incumbent, host, target].join(' '),
        )
        .map((line) => `${line}\n`)
        .join(''),
      STATUS: String(health.status),
      FORWARDED: health.url.protocol.replace(':', ''),
    },
  };
}

/** In a subshell: it has traps of its own. */
export const ASK_CANDIDATES = [
  '(',
  'SCHEME=http SECONDS_TO_ANSWER=5 INSECURE=',
  'TOOL=$(',
  remoteScript('http-tool'),
  ')',
  remoteScript('ask'),
  remoteScript('ask-candidates'),
  ')',
].join('\n');
