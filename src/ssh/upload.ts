import type { Readable } from 'node:stream';

import type { Client } from 'ssh2';

import { DeployError } from '../errors.js';
import { SessionLostError } from './lost.js';
import { refusedSession } from './refused-session.js';

/** The path comes first on standard input: it is in no argv, and no shell reads it as text. */
const RECEIVE = `exec sh -c 'umask 077; IFS= read -r path && exec cat >"$path"'`;

/**
 * Writes a stream to a file on the host, mode 600.
 *
 * @throws SessionLostError when the connection breaks, DeployError when the host cannot write; rejects with
 *   the stream's own error, and with the signal's reason. What was written then is a part of a file.
 */
export function uploadThrough(
  client: Client,
  host: string,
  { path, source, signal }: { path: string; source: Readable; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const lost = (cause: unknown): void => {
      source.destroy();
      reject(
        refusedSession(cause, host) ??
          new SessionLostError(`the SSH connection to ${host} was lost`, cause),
      );
    };
    try {
      client.exec(RECEIVE, (error, channel) => {
        if (error !== undefined) {
          lost(error);
          return;
        }
        let code: number | undefined;
        let complaint = '';
        const give = (reason: unknown): void => {
          source.destroy();
          channel.destroy();
          reject(reason instanceof Error ? reason : new Error(String(reason)));
        };
        const cancel = (): void => {
          give(signal.reason);
        };
        signal.addEventListener('abort', cancel, { once: true });
        channel.stderr.setEncoding('utf8').on('data', (text: string) => {
          if (complaint.length < 2_000) complaint += text;
        });
        channel.on('exit', (status: number | null) => {
          code = status ?? 1;
        });
        channel.on('close', () => {
          signal.removeEventListener('abort', cancel);
          source.destroy();
          if (code === 0) resolve();
          else if (code === undefined) lost(undefined);
          else reject(notWritten(path, complaint, host));
        });
        // What breaks is told by `close`.
        channel.on('error', () => undefined);
        source.once('error', give);
        channel.resume();
        channel.write(`${path}\n`);
        source.pipe(channel);
        if (signal.aborted) cancel();
      });
    } catch (error) {
      // The library throws at once when its socket is no longer writable.
      lost(error);
    }
  });
}

function notWritten(path: string, complaint: string, host: string): DeployError {
  return new DeployError({
    what: `the host could not write ${path}: ${complaint.trim()}`,
    where: host,
    next: 'Look at the free space there: df -h; docker image prune frees what no container uses.',
  });
}
