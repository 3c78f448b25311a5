import { DeployError } from '../errors.js';
import { servicesOf, type Operation } from '../plan/plan.js';
import { describe } from '../plan/render.js';
import { StepError } from './transaction.js';

/** Of each container that is shown, and of anything else. */
const EVIDENCE_CHARACTERS = 4_000;
const MOST_EVIDENCE_CHARACTERS = 16_000;
/** A line of ready.sh and soak.sh. */
const CANDIDATE_LINE = /^(failed|waiting) (\S+) (\S+) (.*)$/gm;
/** A line of make_room. */
const NO_ROOM_LINE = /^no-room (\S+) (.*)$/m;
/** How the host's tools, the journal, and dash say that a disk has no room. */
const NO_SPACE =
  /no space left on device|disk quota exceeded|^the journal cannot be written: |^\S*sh: \d+: (?:\w+: )+I\/O error$/im;
/** How Docker and registries say that a login is missing or wrong. */
const NOT_LOGGED_IN =
  /unauthorized|authentication required|incorrect username or password|no basic auth credentials|requested access to the resource is denied|insufficient_scope|401 Unauthorized|403 Forbidden/i;
/** A line of require_left. */
const OPENED_LINE = /^opened (\S+) (\d+)$/gm;
/** A line of cut_over. */
const REFUSED_LINE = /^refused (\S+)$/gm;

/** What to tell of an operation that failed: what happened, where, what next. */
export function explainFailure(error: unknown, operation: Operation): unknown {
  if (!(error instanceof StepError)) return error;
  const { stdout, stderr } = error.result;
  const candidates = candidatesIn(stdout);
  const failed = candidates.filter(({ word }) => word === 'failed');
  const characters = EVIDENCE_CHARACTERS * Math.max(1, candidates.length);
  const evidence = stderr.slice(-Math.min(characters, MOST_EVIDENCE_CHARACTERS));
  if (failed.length > 0) {
    return new DeployError({
      what: failed.map((candidate) => whatFailed(candidate, operation)).join('\n'),
      where: failed
        .map(({ service, id }) => `container ${id.slice(0, 12)} of ${service}`)
        .join(', '),
      next: nextAfter(candidates, operation),
      evidence,
      cause: error,
    });
  }
  const told = sentence(operation, stdout, stderr);
  const { what, next } = NO_SPACE.test(stderr) ? withoutSpace(told) : told;
  return new DeployError({ what, next, evidence, cause: error });
}

interface Candidate {
  readonly word: string;
  readonly service: string;
  readonly id: string;
  readonly reason: string;
}

/** What the host said of candidates: those that failed, and those that were just not ready yet. */
function candidatesIn(stdout: string): readonly Candidate[] {
  return [...stdout.matchAll(CANDIDATE_LINE)].map(
    ([, word = '', service = '', id = '', reason = '']) => ({ word, service, id, reason }),
  );
}

/** Operations that wait until their candidates are ready; the others watch those that were. */
const STARTING: ReadonlySet<Operation['kind']> = new Set(['start', 'replace', 'run-job']);

function whatFailed({ service, reason }: Candidate, operation: Operation): string {
  return STARTING.has(operation.kind)
    ? `${service} did not become ready: ${reason}`
    : `${service} did not survive the soak: ${reason}`;
}

function nextAfter(candidates: readonly Candidate[], operation: Operation): string {
  const waiting = candidates.filter(({ word }) => word === 'waiting').map(({ service }) => service);
  const also =
    waiting.length === 0
      ? ''
      : ` Not ready yet at that moment: ${[...new Set(waiting)].join(', ')}.`;
  const late = candidates.some(({ reason }) => / within \d+ s$/.test(reason));
  const slow =
    late && STARTING.has(operation.kind)
      ? ' If it only needs longer to start, raise `ready-timeout`.'
      : '';
  return `Its last log lines, under "Last output", tell why.${also}${slow}`;
}

interface Sentence {
  readonly what: string;
  readonly next: string;
}

function sentence(operation: Operation, stdout: string, stderr: string): Sentence {
  const look = 'See the lines above for what the host said.';
  switch (operation.kind) {
    case 'prepare-images':
      if (NO_ROOM_LINE.test(stdout)) return noRoom(stdout);
      if (NOT_LOGGED_IN.test(stderr)) return registryRefused(operation.verb, stderr);
      return {
        what: `docker compose ${operation.verb} of ${servicesOf(operation).join(', ')} failed`,
        next: 'Mend the build; the running release was not touched. Its last lines are above.',
      };
    case 'run-command':
      return {
        what: `pre-deploy failed: ${operation.service}: ${operation.command}`,
        next: 'No candidate was started. What the command itself has changed (a migration, say) is not undone. Its output is above.',
      };
    case 'run-job':
      return { what: `the job ${operation.service} failed`, next: 'Its output is above.' };
    case 'start':
      return {
        what: `starting ${operation.services.map(({ service }) => service).join(', ')} failed${quoted(ENGINE_REFUSED, stderr)}`,
        next: look,
      };
    case 'stop-incumbents':
      return (
        notLeft(operation.services, stdout) ?? {
          what: `stopping the old ${operation.services.join(', ')} failed`,
          next: look,
        }
      );
    case 'await-incumbents':
      return { what: `stopping the old ${operation.services.join(', ')} failed`, next: look };
    case 'update-services':
      return {
        what: `docker stack deploy of ${operation.services.join(', ')} failed`,
        next: look,
      };
    case 'replace':
      return { what: `replacing ${operation.service} failed`, next: look };
    case 'cutover':
      return {
        what: `${proxiesThatRefused(operation.proxyService, stdout)} did not take the new configuration${quoted(PROXY_REFUSED, stderr)}`,
        next: 'What it said above tells all of it; the old configuration is back.',
      };
    case 'finish':
      return {
        what: 'the release serves, but retiring the old one was not finished',
        next: 'The next deploy finishes it. See the lines above.',
      };
    default:
      return { what: `this step failed: ${describe(operation)}`, next: look };
  }
}

/** What an nginx, or a Caddy, says of a configuration that it does not take. */
const PROXY_REFUSED = /\[emerg\] (.+)|^Error: (.+)/m;
const ENGINE_REFUSED = /^Error response from daemon: (.+)/m;
const MOST_QUOTED = 300;

/** The reason in the words of the program that failed; empty where it gave none of the kind. */
function quoted(reason: RegExp, said: string): string {
  const [, one, other] = reason.exec(said) ?? [];
  const words = (one ?? other)?.trim().slice(0, MOST_QUOTED);
  return words === undefined ? '' : `: ${words}`;
}

/** Who sends requests to containers that nothing was to be sent to any more. */
function notLeft(services: readonly string[], stdout: string): Sentence | undefined {
  const opened = [...stdout.matchAll(OPENED_LINE)];
  if (opened.length === 0) return undefined;
  const told = opened.map(([, name = '', number = '']) => `${name} (${number} new connections)`);
  return {
    what: `${told.join(', ')} went on sending requests to the old ${services.join(', ')} after the cutover: they would have failed`,
    next:
      'The old containers were not stopped. A proxy that looks an address up once and keeps it must be nginx or Caddy ' +
      'with static names, so that it can be moved; anything else must look the name up at each connection. ' +
      '`allow-downtime: true` accepts the failed requests.',
  };
}

function noRoom(stdout: string): Sentence {
  const [, path = '', left = ''] = NO_ROOM_LINE.exec(stdout) ?? [];
  return {
    what: `there is no room for images on the host: only ${left} are free in ${path}, after what no release needs was removed`,
    next: `Make room on the host: docker system df; sudo du -xh --max-depth=2 ${path} | sort -h | tail; sudo journalctl --vacuum-size=100M. Or give it a larger disk. The running release was not touched.`,
  };
}

function withoutSpace({ what, next }: Sentence): Sentence {
  return {
    what: `${what}: a disk of the host is full`,
    next: `Make room on the host: df -h; df -i; docker system df; docker image prune; docker builder prune. ${next}`,
  };
}

function registryRefused(verb: string, stderr: string): Sentence {
  const line = stderr.split('\n').findLast((each) => NOT_LOGGED_IN.test(each)) ?? '';
  return {
    what: `docker compose ${verb} failed: the registry did not accept the login: ${line.trim().slice(0, 300)}`,
    next:
      'Check `registries`: the name of the registry as it stands in the name of the image, the user, and ' +
      'that the token may read this image and has not expired (for ghcr.io the job needs ' +
      '`permissions: packages: read`). Without it the host uses what `docker login` has stored there. ' +
      'The running release was not touched.',
  };
}

/** A cutover is of several proxies; where none of them said that it was the one, `first` is named. */
function proxiesThatRefused(first: string, stdout: string): string {
  const names = [...stdout.matchAll(REFUSED_LINE)].map(([, name = '']) => name);
  return `the proxy ${names.length === 0 ? first : names.join(', ')}`;
}
