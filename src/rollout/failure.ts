import { DeployError } from '../errors.js';
import type { Operation } from '../plan/plan.js';
import { StepError } from './transaction.js';

const EVIDENCE_CHARACTERS = 4_000;

/** What to tell of an operation that failed: what happened, where, what next. */
export function explainFailure(error: unknown, operation: Operation): unknown {
  if (!(error instanceof StepError)) return error;
  const evidence = error.result.stderr.slice(-EVIDENCE_CHARACTERS);
  const [service, reason] = failedService(error.result.stdout);
  if (service !== undefined) {
    return new DeployError({
      what:
        operation.kind === 'soak'
          ? `${service} did not survive the soak: ${reason}`
          : `${service} did not become ready: ${reason}`,
      next: 'Its last log lines are above.',
      evidence,
      cause: error,
    });
  }
  return new DeployError({ ...sentence(operation), evidence, cause: error });
}

function failedService(stdout: string): [string | undefined, string] {
  const match = /^failed (\S+) \S+ (.*)$/m.exec(stdout);
  return [match?.[1], match?.[2] ?? ''];
}

function sentence(operation: Operation): { readonly what: string; readonly next: string } {
  const look = 'See the lines above for what the host said.';
  switch (operation.kind) {
    case 'prepare-images':
      return {
        what: `docker compose ${operation.verb} of ${operation.services.join(', ')} failed`,
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
        what: `starting ${operation.services.map(({ service }) => service).join(', ')} failed`,
        next: look,
      };
    case 'replace':
      return { what: `replacing ${operation.service} failed`, next: look };
    case 'cutover':
      return {
        what: `the proxy ${operation.proxyService} did not take the new configuration`,
        next: 'nginx -t above says why; the old configuration is back.',
      };
    case 'finish':
      return {
        what: 'the release serves, but retiring the old one was not finished',
        next: 'The next deploy finishes it. See the lines above.',
      };
    default:
      return { what: `${operation.kind} failed`, next: look };
  }
}
