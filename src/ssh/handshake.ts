import type { Duplex } from 'node:stream';

import { NodeSSH, SSHError } from 'node-ssh';
import type { Client, ServerHostKeyAlgorithm } from 'ssh2';

import type { LoginInputs } from '../inputs.js';
import type { AttemptFailure } from './attempt-failure.js';
import { codeOf } from './error-code.js';
import { judgeHostKey } from './host-key.js';
import type { HostKeyVerdict } from './host-key.js';
import { SessionLostError } from './lost.js';
import type { LoadedKey } from './private-key.js';
import { ProxyCommandError } from './proxy-command.js';

export type UsableKey = Extract<LoadedKey, { ok: true }>;

/** An SSH connection that is authenticated. */
export interface Handshaken {
  readonly ssh: NodeSSH;
  /** The library's own client. `ssh` forgets it as soon as the host ends the connection. */
  readonly client: Client;
  readonly hostKey: Buffer;
}

/** Answers that stay away for this many intervals mean that the connection is lost. */
const keepaliveCountMax = 3;

/**
 * Speaks SSH over `stream`: the host key is judged, then the key of the user is offered. Nothing is
 * sent of the user before the host key is trusted. Never rejects.
 */
export async function handshake(
  stream: Duplex,
  login: LoginInputs,
  key: UsableKey,
  algorithms: ServerHostKeyAlgorithm[],
  keepaliveInterval: number,
): Promise<Handshaken | { readonly failure: AttemptFailure }> {
  const ssh = new NodeSSH();
  let hostKey: Buffer = Buffer.alloc(0);
  let verdict: HostKeyVerdict = { kind: 'unpinned' };
  let offered = false;
  let refused: AttemptFailure | undefined;

  const connecting = ssh.connect({
    sock: stream,
    username: login.username,
    privateKey: key.text,
    algorithms: { serverHostKey: algorithms },
    hostVerifier: (shown: Buffer) => {
      hostKey = shown;
      verdict = judgeHostKey(login.hostKeys, login.host, login.port, shown);
      return isTrusted(verdict);
    },
    // Straight to the key: asking with "none" first would cost a round trip.
    authHandler: (methods, partial, next) => {
      if (!offered) {
        offered = true;
        next('publickey');
        return;
      }
      const message = partial ? 'the key was accepted, but the host asks for more' : '';
      refused = { kind: 'auth', methods, message };
      stream.destroy();
    },
    readyTimeout: 0,
    keepaliveInterval,
    keepaliveCountMax,
  });
  // Set before `connect` waits for anything. It takes its own listener for errors away when the
  // connection is ready, and one without any would end the process.
  const client = ssh.connection;
  client?.on('error', ignore);
  try {
    await connecting;
  } catch (error) {
    if (refused !== undefined) return { failure: refused };
    if (hostKey.length > 0 && !isTrusted(verdict)) {
      return { failure: { kind: 'host-key', verdict, key: hostKey } };
    }
    return { failure: sshFailure(error, offered) };
  }
  return client === null
    ? { failure: { kind: 'protocol', message: 'the SSH library made no connection' } }
    : { ssh, client, hostKey };
}

function ignore(): void {
  // Told by the promise, and later by whoever listens to the connection.
}

function isTrusted({ kind }: HostKeyVerdict): boolean {
  return kind === 'trusted' || kind === 'unchecked';
}

/** Tells errors of the SSH library apart by what they say: it gives them no codes. */
function sshFailure(error: unknown, offered: boolean): AttemptFailure {
  // node-ssh calls every connection that closes before it is ready ETIMEDOUT.
  if (error instanceof SSHError) {
    return { kind: 'dropped', message: 'the host closed the connection' };
  }
  if (error instanceof SessionLostError) return { kind: 'jump-host-lost' };
  if (error instanceof ProxyCommandError) {
    const { message, evidence, cannotRun } = error;
    return { kind: 'proxy-command', message, evidence, cannotRun };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  // sshd that sheds load, and a firewall that bans, reset connections which were accepted before.
  if (code === 'ECONNRESET' || code === 'EPIPE') return { kind: 'dropped', message: code };
  if (code !== undefined) return { kind: 'network', code };
  if (offered) return { kind: 'auth', methods: [], message };
  if (message.includes('no matching host key format')) return { kind: 'no-host-key-algorithm' };
  if (message.includes('Connection lost before handshake')) {
    return { kind: 'dropped', message: 'the host closed the connection before SSH began' };
  }
  return { kind: 'protocol', message };
}
