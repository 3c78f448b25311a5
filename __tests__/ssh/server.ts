import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { connect as connectTcp, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';

import ssh2 from 'ssh2';
import type { Connection as ServerConnection, ServerChannel } from 'ssh2';

import type { Clock } from '../../src/clock.js';
import type { ConnectionInputs } from '../../src/inputs.js';
import type { Log } from '../../src/log.js';
import { unlessAborted } from '../../src/ssh/abort.js';
import { fingerprintOf } from '../../src/ssh/known-hosts.js';
import { loadPrivateKey } from '../../src/ssh/private-key.js';

/** A real SSH server in this process: it runs `sh` for real, and forwards TCP for real. */
export interface TestServer {
  readonly port: number;
  readonly hostKeys: readonly Buffer[];
  readonly fingerprints: readonly string[];
  /** How many TCP connections were made. */
  readonly connections: () => number;
  /** Algorithms that signed the user's proof, e.g. `rsa-sha2-256`. */
  readonly signatures: string[];
  /** Cuts all connections, without a goodbye. */
  cut(): void;
  /** Stops reading: the connection stays open and is silent. */
  freeze(): void;
  close(): Promise<void>;
}

export interface TestServerOptions {
  readonly hostKeys?: readonly string[];
  /** Public keys, as in authorized_keys, that may log in. */
  readonly authorizedKeys: readonly string[];
  readonly shell?: readonly string[];
  readonly forwarding?: boolean;
  /** Of a connection; more than these are refused. */
  readonly maxSessions?: number;
  /** A second factor, which we do not have, is asked for after the key. */
  readonly asksForMore?: boolean;
  readonly port?: number;
  readonly host?: string;
}

type KeyKind = 'ed25519' | 'rsa' | 'ecdsa';

/** A new key pair in PKCS#8. The SSH library's own generator breaks one Ed25519 key in 256. */
export function newPem(kind: KeyKind = 'ed25519'): string {
  return newKeyObject(kind).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function newKeyObject(kind: KeyKind): KeyObject {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  if (kind === 'ecdsa') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return generateKeyPairSync('ed25519').privateKey;
}

/** A new key pair: `private` as the SSH library reads it, `public` as in authorized_keys. */
export function newKey(kind: KeyKind = 'ed25519'): { private: string; public: string } {
  const key = loadPrivateKey(newPem(kind), undefined);
  if (!key.ok) throw new Error(key.problem);
  return { private: key.text, public: key.authorizedKey };
}

export function publicBlob(key: string): Buffer {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return parsed.getPublicSSH();
}

export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const hostKeys = options.hostKeys ?? [newKey().private];
  const blobs = hostKeys.map(publicBlob);
  const signatures: string[] = [];
  const clients = new Set<ServerConnection>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server = new ssh2.Server({ hostKeys: [...hostKeys] }, (client) => {
    clients.add(client);
    client.on('error', ignore);
    client.on('close', () => clients.delete(client));
    authenticate(client, options, signatures);
    let sessions = 0;
    client.on('session', (accept, reject) => {
      sessions += 1;
      if (sessions > (options.maxSessions ?? Infinity)) {
        reject();
        return;
      }
      accept().on('exec', (acceptExec, _reject, info) => {
        runShell(acceptExec(), options.shell ?? ['/bin/sh'], info.command);
      });
    });
    // Without a listener the library answers "administratively prohibited", as sshd does.
    if (options.forwarding === false) return;
    client.on('tcpip', (accept, reject, info) => {
      const socket = connectTcp(info.destPort, info.destIP);
      let connected = false;
      socket.once('connect', () => {
        connected = true;
        const channel = accept();
        channel.on('error', ignore);
        channel.on('close', () => socket.destroy());
        channel.pipe(socket).pipe(channel);
      });
      socket.on('error', () => {
        if (!connected) reject();
      });
    });
  });
  // Our own listener in front of the library's: it lets a test count and cut the sockets.
  const listener = createServer({ noDelay: true }, (socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve) => {
    listener.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: portOf(listener),
    hostKeys: blobs,
    fingerprints: blobs.map(fingerprintOf),
    connections: () => count,
    signatures,
    cut,
    freeze: () => {
      for (const socket of sockets) socket.removeAllListeners('data').pause();
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        listener.close(() => {
          resolve();
        });
      }),
  };
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address.port;
}

function ignore(): void {
  // The other side's errors are what the tests look at, from the client's side.
}

function authenticate(
  client: ServerConnection,
  { authorizedKeys, asksForMore = false }: TestServerOptions,
  signatures: string[],
) {
  const allowed = authorizedKeys.map(publicBlob);
  client.on('authentication', (context) => {
    if (context.method !== 'publickey' || !allowed.some((key) => key.equals(context.key.data))) {
      context.reject(['publickey']);
      return;
    }
    if (context.signature !== undefined && context.blob !== undefined) {
      const key = ssh2.utils.parseKey(context.key.data);
      if (key instanceof Error || !key.verify(context.blob, context.signature, context.hashAlgo)) {
        context.reject(['publickey']);
        return;
      }
      signatures.push(context.hashAlgo ?? context.key.algo);
    }
    if (asksForMore && context.signature !== undefined) context.reject(['password'], true);
    else context.accept();
  });
}

/** What sshd does with an exec: the login shell gets the line, in a session of its own. */
function runShell(channel: ServerChannel, shell: readonly string[], command: string): void {
  const [file = '/bin/sh', ...args] = shell;
  const child = spawn(file, [...args, '-c', command], { detached: true });
  channel.pipe(child.stdin);
  child.stdin.on('error', ignore);
  const sent = sendInTurn([
    [child.stdout, channel],
    [child.stderr, channel.stderr],
  ]);
  channel.on('error', ignore);
  channel.on('close', () => {
    child.stdin.end();
    child.stdout.destroy();
    child.stderr.destroy();
    // A script may outlive its connection, but not hold up the test run.
    child.unref();
  });
  child.on('close', (code) => {
    void sent().then(() => {
      channel.exit(code ?? 255);
      channel.end();
    });
  });
}

/**
 * Carries each stream to its own, one chunk at a time of all of them: the library never sends what
 * waits for the client's window on stderr while stdout waits for it as well. Gives what waits until
 * all that was read is sent.
 */
function sendInTurn(streams: readonly (readonly [Readable, Writable])[]): () => Promise<void> {
  let turn = Promise.resolve();
  for (const [from, to] of streams) {
    from.on('data', (chunk: Buffer) => {
      from.pause();
      turn = turn.then(
        () =>
          new Promise((resolve) => {
            to.write(chunk, () => {
              from.resume();
              resolve();
            });
          }),
      );
    });
  }
  return () => turn;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal = new AbortController().signal) => {
    const stop = new AbortController();
    try {
      await unlessAborted(setTimeoutPromise(ms, undefined, { signal: stop.signal }), signal);
    } finally {
      stop.abort();
    }
  },
};

export interface RecordedLog extends Log {
  readonly warnings: string[];
  readonly infos: string[];
}

export function recordedLog(): RecordedLog {
  const warnings: string[] = [];
  const infos: string[] = [];
  return {
    warnings,
    infos,
    info: (line) => infos.push(line),
    warn: (line) => warnings.push(line),
    debug: ignore,
    remote: ignore,
    group: (_title, work) => work(),
  };
}

export function inputsFor(
  server: { readonly port: number; readonly fingerprints: readonly string[] },
  key: string,
  changes: Partial<ConnectionInputs> = {},
): ConnectionInputs {
  return {
    host: '127.0.0.1',
    port: server.port,
    username: 'ec2-user',
    key,
    passphrase: undefined,
    hostKeys: { kind: 'pinned', fingerprints: server.fingerprints, knownHosts: '' },
    connectTimeoutMs: 5_000,
    jumpHosts: [],
    proxyCommand: undefined,
    ...changes,
  };
}
