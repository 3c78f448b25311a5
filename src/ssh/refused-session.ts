import { DeployError } from '../errors.js';

/**
 * What it means that the host opens no further session on a connection that stands: sshd counts them. Undefined for
 * any other error.
 */
export function refusedSession(error: unknown, host: string): DeployError | undefined {
  // RFC 4254, 5.1: the host has answered, with a number that says why.
  if (!(error instanceof Error && 'reason' in error && typeof error.reason === 'number')) {
    return undefined;
  }
  return new DeployError({
    what: 'sshd on the host opens no further session on this connection',
    where: host,
    next:
      'A deploy has up to four at a time. Set `MaxSessions 10`, which is the default, in /etc/ssh/sshd_config ' +
      'and restart sshd.',
    cause: error,
  });
}
