import { DeployError } from '../errors.js';
import type { AttemptFailure } from './attempt-failure.js';
import type { UsableKey } from './handshake.js';
import { hostKeyError } from './host-key-errors.js';
import { whereOf } from './leg.js';
import type { Leg } from './leg.js';

/** What is told of a connection that could not be made. */
export interface FailedConnect {
  readonly leg: Leg;
  readonly key: UsableKey;
  readonly failure: AttemptFailure;
  /** All host keys that were shown and not trusted, in the order of the attempts. */
  readonly shownKeys: readonly Buffer[];
  readonly attempts: number;
}

/** Turns the last failure into the one error that the user reads. */
export function explainFailure(failed: FailedConnect): DeployError {
  const { leg, failure } = failed;
  const where = whereOf(leg);
  const tries = failed.attempts === 1 ? '' : ` (${String(failed.attempts)} attempts)`;
  switch (failure.kind) {
    case 'dns':
    case 'no-answer':
    case 'network':
      return networkError(leg, failure, tries);
    case 'ssh-silent':
      return new DeployError({
        what: `The ${leg.called} accepts connections, but SSH did not answer within ${String(leg.connectTimeoutMs)} ms${tries}`,
        where,
        next:
          'The host may be out of memory or under load: look at its console. ' +
          'If it is only slow, raise `connect-timeout`.',
      });
    case 'dropped':
      return new DeployError({
        what: `The connection was dropped before it was ready: ${failure.message}${tries}`,
        where,
        next:
          `Check that ${portInput(leg)} is the port of sshd, and look at its log on the ${leg.called} ` +
          '(`journalctl -u sshd`): MaxStartups, fail2ban, ' +
          'PerSourcePenalties and a full disk show themselves like this.',
      });
    case 'auth':
      return authError(leg, failed.key, failure);
    case 'host-key':
    case 'no-host-key-algorithm':
      return hostKeyError(leg, failed.shownKeys);
    case 'proxy-command':
    case 'forwarding-forbidden':
    case 'jump-host-lost':
      return transportError(where, failure, tries);
    case 'protocol':
      return new DeployError({
        what: `No SSH connection could be set up with the ${leg.called}: ${failure.message}`,
        where,
        next: `Check that ${portInput(leg)} is the port of sshd, and that sshd there is not outdated.`,
      });
  }
}

type Failure<K extends AttemptFailure['kind']> = Extract<AttemptFailure, { kind: K }>;

function hostInput({ inputPrefix }: Leg): string {
  return `\`${inputPrefix}host\``;
}

/** A jump host has its port after its name. */
function portInput(leg: Leg): string {
  return leg.inputPrefix === '' ? '`port`' : `the port in ${hostInput(leg)}`;
}

function networkError(
  leg: Leg,
  failure: Failure<'dns' | 'no-answer' | 'network'>,
  tries: string,
): DeployError {
  const where = whereOf(leg);
  const { login, called, via } = leg;
  const port = String(login.port);
  const seenFrom = via.at(-1);
  if (failure.kind === 'dns') {
    return new DeployError({
      what: `The name of the ${called} cannot be resolved: ${failure.code}${tries}`,
      where: seenFrom === undefined ? `${leg.inputPrefix}host: ${login.host}` : where,
      next:
        `Check the input ${hostInput(leg)}, and that its DNS record exists` +
        `${seenFrom === undefined ? '' : ` as seen from ${seenFrom}, which resolves it`}; an address works too.`,
    });
  }
  if (failure.kind === 'no-answer') {
    return new DeployError({
      what: `The ${called} does not answer on port ${port}${tries}`,
      where,
      next:
        `Check that the instance runs, that ${hostInput(leg)} is its present address (an EC2 address ` +
        `changes with a stop and start unless it is an Elastic IP), and that its security group ` +
        `allows port ${port} from ${seenFrom ?? 'GitHub runners'}.` +
        (seenFrom === undefined ? ' docs/ways-in.md shows ways that leave the port closed.' : ''),
    });
  }
  if (failure.code === 'ECONNREFUSED') {
    return new DeployError({
      what: `The ${called} refuses connections on port ${port}${tries}`,
      where,
      next: `Check that sshd runs on the ${called}, and that ${portInput(leg)} is its port.`,
    });
  }
  return new DeployError({
    what: `The network failed on the way to the ${called}: ${failure.code}${tries}`,
    where,
    next: `Check the input ${hostInput(leg)}, the route to it, and run the job again.`,
  });
}

function transportError(
  where: string,
  failure: Failure<'proxy-command' | 'forwarding-forbidden' | 'jump-host-lost'>,
  tries: string,
): DeployError {
  switch (failure.kind) {
    case 'proxy-command': {
      const said = failure.evidence.trim().split('\n').at(-1) ?? '';
      return new DeployError({
        what: `The connection could not be made: ${failure.message}${said === '' ? '' : `: ${said}`}${tries}`,
        where: `${where}, input proxy-command`,
        next: failure.cannotRun
          ? 'Install the program on the runner in a step before this one, and check that it is in PATH.'
          : 'Check the input `proxy-command`: run it by hand; it must connect its standard input and ' +
            'output with sshd on the host, and write nothing else to standard output.',
        evidence: failure.evidence,
      });
    }
    case 'forwarding-forbidden':
      return failure.error;
    case 'jump-host-lost':
      return new DeployError({
        what: 'The connection to the jump host was lost while the way through it was opened',
        where,
        next: 'Check that the jump host is up, and run the workflow again.',
      });
  }
}

function authError(leg: Leg, key: UsableKey, failure: Failure<'auth'>): DeployError {
  const more = failure.message === '' ? '' : `: ${failure.message}`;
  const methods =
    failure.methods.length === 0 || failure.methods.includes('publickey')
      ? ''
      : ` The host offers only: ${failure.methods.join(', ')}.`;
  const user = leg.inputPrefix === '' ? '`username`' : `the user in ${hostInput(leg)}`;
  return new DeployError({
    what: `The ${leg.called} does not accept the key for this user${more}`,
    where: `${whereOf(leg)}, ${key.type} ${key.fingerprint}`,
    next:
      `Check ${user} (ec2-user on Amazon Linux, ubuntu on Ubuntu), and that ` +
      `~/.ssh/authorized_keys of that user on the ${leg.called} has this line, with mode 600 in a ` +
      `directory of mode 700: ${key.authorizedKey}${methods}`,
  });
}
