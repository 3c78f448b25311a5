import type { Duplex } from 'node:stream';

import { DeployError } from '../errors.js';
import type { AttemptFailure } from './attempt-failure.js';
import { DialError, dialThrough } from './dial.js';
import type { Handshaken } from './handshake.js';
import type { Transport } from './transport.js';

/** A stream from a jump host, whose connection is there already, to the sshd behind it. */
export function jumpTransport(
  jumpHost: Pick<Handshaken, 'ssh' | 'client'> & { readonly host: string },
  host: string,
  port: number,
): Transport {
  return {
    open: () => {
      const dialled = dialThrough(jumpHost, jumpHost.host, host, port);
      let stream: Duplex | undefined;
      let givenUp = false;
      return {
        opened: dialled.then(
          (opened) => {
            stream = opened;
            opened.on('error', ignore);
            if (givenUp) opened.destroy();
            // The TCP connection below is the jump host's.
            return { stream: opened, release: ignore };
          },
          (error: unknown) => ({ failure: dialFailed(error) }),
        ),
        destroy: () => {
          givenUp = true;
          stream?.destroy();
        },
      };
    },
  };
}

function ignore(): void {
  // Errors of a stream that was given up.
}

function dialFailed(error: unknown): AttemptFailure {
  if (error instanceof DialError) {
    if (error.code === 'ENOTFOUND') return { kind: 'dns', code: error.code };
    if (error.code === 'ETIMEDOUT') return { kind: 'no-answer' };
    return { kind: 'network', code: error.code };
  }
  return error instanceof DeployError
    ? { kind: 'forwarding-forbidden', error }
    : { kind: 'jump-host-lost' };
}
