import type { Duplex } from 'node:stream';

import type { Client } from 'ssh2';

import { DeployError } from '../errors.js';
import type { Handshaken } from './handshake.js';
import { SessionLostError } from './lost.js';

/** The host could not reach the address that it was asked to dial. */
export class DialError extends Error {
  override readonly name = 'DialError';
  /** `ECONNREFUSED`, `ETIMEDOUT`, …, as the host's own connect said. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** RFC 4254, 5.1. */
const administrativelyProhibited = 1;

/**
 * Opens a TCP stream from the host to `address:port`.
 *
 * @throws DeployError when sshd forbids forwarding, DialError when the host cannot connect,
 *   SessionLostError when our own connection is gone.
 */
export async function dialThrough(
  { ssh, client }: Pick<Handshaken, 'ssh' | 'client'>,
  host: string,
  address: string,
  port: number,
): Promise<Duplex> {
  try {
    // Throws, and not only rejects, once the host has ended the connection.
    const channel = await ssh.forwardOut('127.0.0.1', 0, address, port);
    return tellOfLoss(client, host, channel);
  } catch (error) {
    throw dialFailure(error, host, `${address}:${String(port)}`);
  }
}

/** Without this a stream that ends with our connection looks as if the other side had closed it. */
function tellOfLoss(client: Client, host: string, channel: Duplex): Duplex {
  const onLost = (): void => {
    if (channel.listenerCount('error') === 0) return;
    channel.emit('error', new SessionLostError(`the SSH connection to ${host} was lost`));
  };
  // The client closes before it closes its channels.
  client.once('close', onLost);
  channel.once('close', () => {
    client.removeListener('close', onLost);
  });
  return channel;
}

/** What it means that sshd opened no stream. */
export function dialFailure(error: unknown, host: string, address: string): Error {
  if (!(error instanceof Error && 'reason' in error && typeof error.reason === 'number')) {
    return new SessionLostError(`the SSH connection to ${host} is gone`, error);
  }
  if (error.reason === administrativelyProhibited) {
    return new DeployError({
      what: `sshd on the host does not let us connect to ${address} through it`,
      where: host,
      next:
        'Set `AllowTcpForwarding yes` (or `local`) in /etc/ssh/sshd_config and restart sshd; ' +
        'look also for `PermitOpen` and `DisableForwarding` there, and for `restrict` or ' +
        '`no-port-forwarding` before the key in ~/.ssh/authorized_keys.',
      cause: error,
    });
  }
  const reason = error.message.replace(/^\(SSH\) Channel open failure: /, '');
  return new DialError(`${address}: ${reason}`, dialCode(reason));
}

/** sshd passes on the system's text for the error, in English. */
function dialCode(message: string): string {
  // sshd's own trouble: nobody was asked.
  if (/too many open files|cannot allocate|resource/i.test(message)) return 'EMFILE';
  if (/refused/i.test(message)) return 'ECONNREFUSED';
  if (/timed out/i.test(message)) return 'ETIMEDOUT';
  if (/no route|unreachable/i.test(message)) return 'EHOSTUNREACH';
  if (/resolve|not known|resolution/i.test(message)) return 'ENOTFOUND';
  return 'ECONNREFUSED';
}
