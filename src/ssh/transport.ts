import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';

import { codeOf } from './error-code.js';
import type { AttemptFailure } from './attempt-failure.js';

/** The bytes between us and one sshd: a TCP connection, a stream through a jump host, a program. */
export interface Transport {
  /**
   * Begins to open a stream. `opened` resolves when bytes can be sent, or with why they cannot;
   * it never rejects.
   */
  open(): OpeningTransport;
}

export interface OpeningTransport {
  readonly opened: Promise<OpenTransport | { readonly failure: AttemptFailure }>;
  /** Gives the stream up, whether it is open or not yet. */
  destroy(): void;
}

export interface OpenTransport {
  readonly stream: Duplex;
  /** Nobody waits for it any more: the process may end although the stream is still open. */
  release(): void;
}

/** Per address where a name has several; Node's own 250 ms is less than one trip around the world. */
const perAddressTimeoutMs = 2_500;

/** A TCP connection from the runner. */
export function tcpTransport(host: string, port: number): Transport {
  return {
    open: () => {
      const socket = connectTcp({
        host: host.replace(/^\[(.*)\]$/, '$1'),
        port,
        // Without it each exec waits for a delayed ACK: 87 ms instead of 3 on loopback.
        noDelay: true,
        autoSelectFamilyAttemptTimeout: perAddressTimeoutMs,
      });
      socket.on('error', ignore);
      return {
        opened: new Promise((resolve) => {
          socket.once('error', (error) => {
            resolve({ failure: networkFailure(error) });
          });
          socket.once('connect', () => {
            resolve({ stream: socket, release: () => socket.unref() });
          });
        }),
        destroy: () => socket.destroy(),
      };
    },
  };
}

function ignore(): void {
  // Errors of a socket that was given up.
}

function networkFailure(error: Error): AttemptFailure {
  const code = codeOf(error) ?? error.message;
  if ('syscall' in error && error.syscall === 'getaddrinfo') return { kind: 'dns', code };
  return code === 'ETIMEDOUT' ? { kind: 'no-answer' } : { kind: 'network', code };
}
