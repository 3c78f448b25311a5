import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { asRoot, run, runOrThrow } from './process.js';
import type { Finished } from './process.js';

export const SUITES = ['trixie', 'forky', 'forky-containerd'] as const;
export type Suite = (typeof SUITES)[number];
export type Size = 'any' | 't2.micro';

export interface HostOptions {
  /** A lower-case letter, then at most 30 of a-z, 0-9 and -. One host of a name at a time. */
  readonly name: string;
  /**
   * `trixie`: Engine 26.1, Compose 2.26. `forky`: Engine 28, Compose 2.40. `forky-containerd`: the same, with
   * images in containerd's store. Default `trixie`.
   */
  readonly suite?: Suite;
  /** `t2.micro`: one CPU and 1 GiB without swap for all that runs on the host. Default `any`. */
  readonly size?: Size;
  /** What `prepareDockerData` gave: the engine has these images from the start. */
  readonly dockerData?: string;
  /** A root file system in the place of the one that tree.sh makes: its path. */
  readonly tree?: string;
}

export interface ExecOptions {
  /** `root` or `ec2-user` (default). */
  readonly user?: 'root' | 'ec2-user';
  readonly stdin?: string | Buffer | Readable;
  /** Default 120,000. The command and its children are killed then, and the promise rejects. */
  readonly timeoutMs?: number;
}

/** What up.sh prints. */
interface Description {
  readonly name: string;
  readonly suite: Suite;
  readonly size: Size;
  /** 198.18.x.y, the host's side of the link. */
  readonly address: string;
  /** Our side of it: where the host reaches a server of the test. */
  readonly gateway: string;
  /** Which of the machine's hosts this is: its link is `standin<number>`, its cgroups `stand-in-<number>`. */
  readonly number: number;
  /** The host's init, seen from here. */
  readonly pid: number;
  readonly privateKeyPath: string;
  /** One known_hosts line. */
  readonly knownHosts: string;
  /** `SHA256:…` of the Ed25519 host key. */
  readonly fingerprint: string;
  readonly engineVersion: string;
  readonly composeVersion: string;
}

export interface Host extends Description {
  readonly port: 22;
  readonly username: 'ec2-user';
  readonly privateKey: string;
  /**
   * Runs a bash script on the host, past SSH: for arranging a test and looking at its result.
   * The environment is a login's (HOME, USER, PATH), the directory is the user's home. A failed
   * command is a `code`; throws only when the script cannot be run or its time is up.
   */
  exec(script: string, options?: ExecOptions): Promise<Finished>;
  /** As `exec`, but a failed command throws. Gives stdout without the last newline. */
  ask(script: string, options?: ExecOptions): Promise<string>;
  /** `docker load` of each archive (`docker save` format) on the host. */
  loadImages(archives: readonly string[]): Promise<void>;
  /** Cuts its power, and boots it again from the disks as they are. Returns when sshd and the engine answer. */
  powerCycle(): Promise<void>;
  /** Takes the host away with all that is on it. May be called twice. */
  down(): Promise<void>;
}

const defaultExecTimeoutMs = 120_000;
const killedByTimeout = 137;

/** Where trees, hosts and images lie: outside of the clone. */
export function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return process.env['RESEE_E2E_CACHE'] ?? path.join(base, 'resee-e2e');
}

/** The argv of a script that lies beside this file. */
export function hostScript(name: string, ...args: readonly string[]): readonly string[] {
  const file = fileURLToPath(new URL(name, import.meta.url));
  // sudo drops the environment; the cache must be the same one on both sides of it.
  return asRoot(['env', `RESEE_E2E_CACHE=${cacheDirectory()}`, 'bash', file, ...args]);
}

function isDescription(value: unknown): value is Description {
  const texts = ['name', 'suite', 'size', 'address', 'gateway', 'privateKeyPath'];
  const more = ['knownHosts', 'fingerprint', 'engineVersion', 'composeVersion'];
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return (
    typeof fields.get('pid') === 'number' &&
    typeof fields.get('number') === 'number' &&
    [...texts, ...more].every((key) => typeof fields.get(key) === 'string')
  );
}

function enter(host: Description, text: string, options: ExecOptions): readonly string[] {
  const { user = 'ec2-user', timeoutMs = defaultExecTimeoutMs } = options;
  const seconds = String(timeoutMs / 1000);
  return hostScript('enter.sh', String(host.pid), String(host.number), user, seconds, text);
}

function hostFrom(description: Description, privateKey: string): Host {
  const { name } = description;
  let current = description;
  const exec = async (text: string, options: ExecOptions = {}): Promise<Finished> => {
    const timeoutMs = options.timeoutMs ?? defaultExecTimeoutMs;
    const began = performance.now();
    const finished = await run(
      enter(current, text, options),
      options.stdin === undefined ? {} : { stdin: options.stdin },
    );
    if (finished.code === killedByTimeout && performance.now() - began >= timeoutMs) {
      throw new Error(`on ${name}, not done within ${String(timeoutMs)} ms:\n${text}`);
    }
    return finished;
  };
  const ask = async (text: string, options: ExecOptions = {}): Promise<string> => {
    const finished = await exec(text, options);
    if (finished.code !== 0) {
      const said = `${finished.stdout}\n${finished.stderr}`.trim();
      throw new Error(`on ${name}: ended with ${String(finished.code)}:\n${text}\n${said}`);
    }
    return finished.stdout.replace(/\n$/, '');
  };
  return {
    ...description,
    get pid() {
      return current.pid;
    },
    port: 22,
    username: 'ec2-user',
    privateKey,
    exec,
    ask,
    loadImages: async (archives) => {
      for (const archive of archives) {
        await ask('docker load', { user: 'root', stdin: createReadStream(archive) });
      }
    },
    powerCycle: async () => {
      const { stdout } = await runOrThrow(hostScript('power.sh', name));
      current = { ...current, pid: Number(stdout.trim()) };
    },
    down: () => down(name),
  };
}

/**
 * Brings up a host: a second or two, plus a minute the first time a suite is used on this machine.
 * Needs root or a sudo that asks no password. Throws with the script's own words when it fails, and
 * leaves nothing then.
 */
export async function up(options: HostOptions): Promise<Host> {
  const { name, suite = 'trixie', size = 'any', dockerData = '', tree = '' } = options;
  const { stdout } = await runOrThrow(hostScript('up.sh', name, suite, size, dockerData, tree));
  const description: unknown = JSON.parse(stdout);
  if (!isDescription(description)) throw new Error(`up.sh described no host:\n${stdout}`);
  return hostFrom(description, await readFile(description.privateKeyPath, 'utf8'));
}

/** Takes the named hosts away, whatever state they are in; a name without a host is no error. */
export async function down(...names: readonly [string, ...string[]]): Promise<void> {
  await runOrThrow(hostScript('down.sh', ...names));
}
