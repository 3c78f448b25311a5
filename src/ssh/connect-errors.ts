import { DeployError, RefusedError } from '../errors.js';
import type { ConnectionInputs } from '../inputs.js';
import type { AttemptFailure } from './attempt-failure.js';
import type { UsableKey } from './handshake.js';
import { judgeHostKey, knownHostsLine } from './host-key.js';
import type { HostKeyVerdict } from './host-key.js';
import { fingerprintOf, keyType, knownHostsName } from './known-hosts.js';

/** What is told of a connection that could not be made. */
export interface FailedConnect {
  readonly inputs: ConnectionInputs;
  readonly key: UsableKey;
  readonly failure: AttemptFailure;
  /** All host keys that were shown and not trusted, in the order of the attempts. */
  readonly shownKeys: readonly Buffer[];
  readonly attempts: number;
}

/** Turns the last failure into the one error that the user reads. */
export function explainFailure(failed: FailedConnect): DeployError {
  const { inputs, failure } = failed;
  const where = `${inputs.username}@${knownHostsName(inputs.host, inputs.port)}`;
  const tries = failed.attempts === 1 ? '' : ` (${String(failed.attempts)} attempts)`;
  switch (failure.kind) {
    case 'dns':
      return new DeployError({
        what: `The name of the host cannot be resolved: ${failure.code}${tries}`,
        where: `host: ${inputs.host}`,
        next: 'Check the input `host`, and that its DNS record exists; an address works too.',
      });
    case 'no-answer':
      return new DeployError({
        what: `The host does not answer on port ${String(inputs.port)}${tries}`,
        where,
        next:
          `Check that the instance runs, that \`host\` is its present address (an EC2 address ` +
          `changes with a stop and start unless it is an Elastic IP), and that its security group ` +
          `allows port ${String(inputs.port)} from GitHub runners.`,
      });
    case 'network':
      return networkError(where, inputs.port, failure.code, tries);
    case 'ssh-silent':
      return new DeployError({
        what: `The host accepts connections, but SSH did not answer within ${String(inputs.connectTimeoutMs)} ms${tries}`,
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
          'Check that `port` is the port of sshd, and look at its log on the host ' +
          '(`journalctl -u sshd`): MaxStartups, fail2ban, ' +
          'PerSourcePenalties and a full disk show themselves like this.',
      });
    case 'auth':
      return authError(where, failed.key, failure);
    case 'host-key':
    case 'no-host-key-algorithm':
      return hostKeyError(failed);
    case 'protocol':
      return new DeployError({
        what: `No SSH connection could be set up: ${failure.message}`,
        where,
        next: 'Check that `port` is the port of sshd, and that sshd on the host is not outdated.',
      });
  }
}

function networkError(where: string, port: number, code: string, tries: string): DeployError {
  const refused = code === 'ECONNREFUSED';
  return new DeployError({
    what: refused
      ? `The host refuses connections on port ${String(port)}${tries}`
      : `The network failed on the way to the host: ${code}${tries}`,
    where,
    next: refused
      ? 'Check that sshd runs on the host, and that `port` is its port.'
      : 'Check the input `host`, the route to it, and run the job again.',
  });
}

function authError(
  where: string,
  key: UsableKey,
  failure: Extract<AttemptFailure, { kind: 'auth' }>,
): DeployError {
  const more = failure.message === '' ? '' : `: ${failure.message}`;
  const methods =
    failure.methods.length === 0 || failure.methods.includes('publickey')
      ? ''
      : ` The host offers only: ${failure.methods.join(', ')}.`;
  return new DeployError({
    what: `The host does not accept the key for this user${more}`,
    where: `${where}, ${key.type} ${key.fingerprint}`,
    next:
      'Check `username` (ec2-user on Amazon Linux, ubuntu on Ubuntu), and that ' +
      `~/.ssh/authorized_keys of that user on the host has this line, with mode 600 in a ` +
      `directory of mode 700: ${key.authorizedKey}${methods}`,
  });
}

function hostKeyError({ inputs, shownKeys }: FailedConnect): RefusedError {
  const name = knownHostsName(inputs.host, inputs.port);
  const seen = shownKeys.map((key) => `${fingerprintOf(key)} (${keyType(key)})`).join(', ');
  const key = shownKeys[0];
  if (key === undefined) {
    return new RefusedError({
      what: 'The host has no host key of a type that is supported here',
      where: name,
      next: 'Give it an Ed25519 host key: `sudo ssh-keygen -A` on the host, then restart sshd.',
    });
  }
  const revoked = shownKeys.find((shown) => judge(inputs, shown).kind === 'revoked');
  if (revoked !== undefined) {
    return new RefusedError({
      what: `The host showed a key that known-hosts marks as @revoked: ${fingerprintOf(revoked)}`,
      where: name,
      next:
        'Somebody may be using a stolen host key. Do not deploy before you know why the host ' +
        'shows it; give the host new keys and pin one of them.',
    });
  }
  const verdict = judge(inputs, key);
  if (verdict.kind === 'unpinned') {
    return new RefusedError({
      what: `The host key is not pinned, so this could be any host. It showed ${seen}`,
      where: name,
      next:
        'Compare it with the output of `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the ' +
        'host (or with the console log of its first boot). If it is the same, add this line to ' +
        `the step's \`with:\`\n  host-fingerprint: ${fingerprintOf(key)}\n` +
        `or this line to the input \`known-hosts\`:\n  ${knownHostsLine(name, key)}`,
    });
  }
  const expected = verdict.kind === 'mismatch' ? verdict.expected : [];
  const from = verdict.kind === 'mismatch' ? verdict.inputs.join(' and ') : 'host-fingerprint';
  return new RefusedError({
    what: `The host key is not the pinned one. Expected ${expected.join(', ')}, seen ${seen}`,
    where: `${name}, input ${from}`,
    next:
      'Either the host was rebuilt, or somebody stands between the runner and the host. Compare ' +
      'with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host itself, and only if ' +
      `it is the same change the input ${from}.`,
  });
}

function judge({ hostKeys, host, port }: ConnectionInputs, key: Buffer): HostKeyVerdict {
  return judgeHostKey(hostKeys, host, port, key);
}
