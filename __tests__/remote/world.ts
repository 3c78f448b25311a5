import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { DeployError } from '../../src/errors.js';
import { createShell, type Shell } from '../../src/host/shell.js';
import { acquireLease } from '../../src/host/lease.js';
import { assignments, quote } from '../../src/host/quote.js';
import type { Log } from '../../src/log.js';
import { handBack, openTransaction, type Transaction } from '../../src/rollout/transaction.js';
import { remoteScript } from '../../src/remote/load.js';
import { SESSION_LOOP } from '../../src/ssh/session-loop.js';
import { createNonce, startSession, type ExecChannel } from '../../src/ssh/session.js';
import { hasEnded, removeTree, toyHost, until, type ToyHost } from './host.js';

/**
 * A host of files on which several deploys, the watchdog, a person and the power go at once: the scripts, the session
 * and the transaction are those of the product, the engine is a directory of containers.
 */
export interface World {
  readonly host: ToyHost;
  /** What the next script runs into: see `Cut`. */
  arm(cut: Cut | undefined): void;
  run(number: number): Promise<DeployRun>;
  /** The post step of a run, by a connection of its own. */
  post(number: number, of: DeployRun): Promise<void>;
  /** A person takes the lease away. */
  unlock(): Promise<void>;
  /** A person's `docker compose up -d`: what stopped runs again, and a second container of a service goes. */
  composeUp(): Promise<void>;
  /** The lease of whoever holds it runs out. */
  expire(): void;
  /** The lease lapses; then whoever has ever kept one, and was killed, renews it once more. */
  renewLate(): Promise<void>;
  /** A cut of the power has come, and nobody has booted the host since. */
  powerFailed(): boolean;
  /** All processes of the host end at once; then it boots. */
  powerCycle(): void;
  /** Ids of containers, and whether they run. */
  containers(): Readonly<Record<string, boolean>>;
  /** A line for each undo that came to its end. */
  undone(): readonly string[];
  /** Numbers of runs whose release was finished, a line each time. */
  finished(): readonly string[];
  /** Numbers of the leases under which steps acted, in their order. */
  fences(): readonly number[];
  /** Of the numbers that leases have had, the one that the host remembers. */
  highestFence(): number;
  /** Nobody of before is there any more: the next deploy finds what is left, and goes again. */
  settle(): Promise<void>;
  /** What must never happen and did. */
  violations(): readonly string[];
  /** Processes of the host that still live. */
  processes(): readonly number[];
  left(): readonly string[];
  remove(): void;
}

/** A kill at the `at`-th command of what a script of ours starts, itself or in what it leaves running. */
export interface Cut {
  readonly at: number;
  /**
   * `process`: the shell that runs that command, alone. `group`: its process group. `power`: every process of the
   * host.
   */
  readonly kills: 'process' | 'group' | 'power';
  /** The command itself was still done. */
  readonly after: boolean;
  /** Commands of the watchdog do not count: it lives. */
  readonly sparesWatchdog?: boolean;
}

/** A deploy that makes the container `c-NUMBER`, stops what served, and retires it. */
export interface DeployRun {
  /** Does what comes next; false where it has come to an end, good or bad. */
  next(): Promise<boolean>;
  /** Takes the lease, and gives it back; says why where it does not get it. */
  visit(): Promise<string | undefined>;
  /** The number of its lease, once it has had one. */
  fence(): string | undefined;
  /** The runner is gone, and its connection with it. */
  lose(): void;
}

/** Commands at which a cut may be. */
const COMMANDS = [
  ...['cat', 'cp', 'date', 'docker', 'flock', 'ls', 'mkdir', 'mv', 'rm', 'sed', 'setsid'],
  ...['sleep', 'sync', 'tail', 'timeout'],
];

/** Kills at the command that the counter comes to zero with. */
const cutting = (root: string): string => `#!/bin/sh
command=\${0##*/} left=0
for cut in '${root}'/armed/*/cut; do
  read -r left kills after spared <"$cut" || left=0
done 2>/dev/null
case $left in 0 | '' | *[!0-9]*) exec "$TOY_REAL/$command" "$@" ;; esac
if [ "$spared" = watchdog ] && grep -q watchdog.sh "/proc/$PPID/cmdline" 2>/dev/null; then
  exec "$TOY_REAL/$command" "$@"
fi
left=$((left - 1))
# Where it is no longer armed, its directory is gone.
echo "$left $kills $after $spared" >"$cut" || left=-1
[ "$left" = 0 ] || exec "$TOY_REAL/$command" "$@"
[ "$after" != true ] || "$TOY_REAL/$command" "$@"
[ "$kills" != process ] || { kill -KILL "$PPID"; exit 137; }
[ "$kills" != power ] || : >'${root}/power'
kill -KILL 0
`;

const ENGINE = `
there() { [ -e "$TOY/containers/$1" ] || { echo "Error: No such object: $1" >&2; exit 1; }; }
verb=$1
shift
case $verb in
  version) echo 26.1.5 ;;
  ps) for each in "$TOY/containers"/*; do
      [ ! -e "$each" ] || case $* in *-a*) basename "$each" ;; *) ! grep -q true "$each" || basename "$each" ;; esac
    done ;;
  inspect)
    for last; do :; done
    there "$last"
    case $* in
      *StopTimeout*) echo 1 ;; *RestartPolicy*) echo "$last no 0" ;; *State.Running*) cat "$TOY/containers/$last" ;;
      *) echo "$last" ;;
    esac ;;
  create) echo false >"$TOY/containers/$1" ;;
  start) for id; do there "$id"; echo true >"$TOY/containers/$id"; done ;;
  stop) for id; do there "$id"; echo false >"$TOY/containers/$id"; done ;;
  rm) for id; do case $id in -*) ;; *) there "$id"; rm -f "$TOY/containers/$id" ;; esac; done ;;
esac`;

const SILENT: Log = {
  info: () => undefined,
  remote: () => undefined,
  warn: () => undefined,
  debug: () => undefined,
  group: (_title, work) => work(),
};

export function createWorld(shell: string): World {
  const host = toyHost(shell);
  host.answerDocker(ENGINE);
  host.answer('crontab', 'exit 1');
  host.write('containers/c-0', 'true\n');
  host.write('boot', 'boot-0\n');
  host.write('fences', '');
  host.write('finished', '');
  host.write('undone', '');
  host.write('violations', '');
  const real = host.path('real');
  for (const command of COMMANDS) {
    host.write(`real/${command}`, realCommand(host, command));
    host.write(`bin/${command}`, cutting(host.root));
    chmodSync(host.path(`real/${command}`), 0o755);
    chmodSync(host.path(`bin/${command}`), 0o755);
  }
  const env = {
    HOME: host.root,
    PATH: `${host.path('bin')}:${process.env['PATH'] ?? ''}`,
    TOY: host.root,
    TOY_REAL: real,
  };
  const state = assignments({ STATE: host.state, LIBRARY: join(host.state, 'bin', 'ours') });
  let boots = 0;
  let armed = 0;
  const powerCycle = (): void => {
    killAll(host.root);
    rmSync(host.path('power'), { force: true });
    boots += 1;
    host.write('boot', `boot-${String(boots)}\n`);
  };
  return {
    host,
    arm: (cut) => {
      removeTree(host.path('armed'));
      if (cut === undefined) return;
      armed += 1;
      const spared = cut.sparesWatchdog === true ? 'watchdog' : 'nobody';
      const line = `${String(cut.at)} ${cut.kills} ${String(cut.after)} ${spared}\n`;
      host.write(`armed/${String(armed)}/cut`, line);
    },
    powerFailed: () => host.exists('power'),
    run: (number) => startRun(number, { host, env, state }),
    post: async (number, of) => {
      const fence = of.fence();
      if (fence === undefined) return;
      const { shell, lose } = await connect({ host, env, state });
      await handBack(shell, { state, fence, run: `run-${String(number)}` }).catch(() => undefined);
      lose();
    },
    unlock: async () => {
      await host.runWhole(`export TOY_REAL='${real}'\n${remoteScript('unlock')}`);
    },
    composeUp: async () => {
      await host.runWhole(`export TOY_REAL='${real}' TOY='${host.root}'\n${COMPOSE_UP}`);
    },
    expire: () => {
      overwrite(join(host.state, 'lease/expires'), '000000000001');
    },
    renewLate: async () => {
      await host.run(`export TOY_REAL='${real}' TOY='${host.root}'\n${LATE_RENEWAL}`);
    },
    powerCycle,
    containers: () => containersOf(host),
    undone: () => linesOf(host.read('undone')),
    finished: () => linesOf(host.read('finished')),
    fences: () => linesOf(host.read('fences')).map(Number),
    highestFence: () => {
      const file = join(host.state, 'fence');
      return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    },
    settle: async () => {
      for (let tries = 1; ; tries += 1) {
        overwrite(join(host.state, 'lease/expires'), '000000000001');
        const run = await startRun(9, { host, env, state });
        const failure = await run.visit();
        run.lose();
        if (failure === undefined) break;
        if (tries === 20) throw new Error(`the next deploy does not get the lease: ${failure}`);
      }
      await until(() => processesOf(host.root).length === 0);
    },
    violations: () => linesOf(host.read('violations')),
    processes: () => processesOf(host.root),
    left: () => readdirSync(host.state).filter((name) => !KNOWN.has(name)),
    remove: () => {
      killAll(host.root);
      host.remove();
    },
  };
}

/** What a stack at rest has in its state directory. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['bin', 'fence', 'lock', 'lock.critical', 'releases', 'reserve', 'stage', 'told-of-reboot'],
]);

/** As Compose does: what exists runs again; of more than one container of the service the newest stays. */
const COMPOSE_UP = `
for id in $(docker ps -a); do last=$id; done
for id in $(docker ps -a); do [ "$id" = "$last" ] || docker rm -f "$id"; done
docker start "$last"
`;

/** A lease that has lapsed is nobody's, whatever they do. */
const LATE_RENEWAL = `
late_renewals() {
  [ -d "$STATE/lease" ] || return 0
  lease_lapse_if_ours "$(cat "$STATE/lease/fence")"
  fence=0
  highest=$(number_in "$STATE/fence")
  while [ "$fence" -lt "\${highest:-0}" ]; do
    fence=$((fence + 1))
    lease_renew_if_ours "$fence" 60 || :
  done
  lease_expired || echo 'a lease that had lapsed was renewed' >>"$TOY/violations"
}
locked late_renewals`;

interface Setting {
  readonly host: ToyHost;
  readonly env: Readonly<Record<string, string>>;
  readonly state: string;
}

/** A session as the runner has one, on a shell of this machine in place of a connection. */
async function connect({ host, env }: Setting): Promise<{ shell: Shell; lose: () => void }> {
  const nonce = createNonce();
  const child = spawn(host.path('bin/sh'), ['-c', SESSION_LOOP], { env, detached: true });
  const channel: ExecChannel = Object.assign(
    Duplex.from({ readable: child.stdout, writable: child.stdin }),
    { stderr: child.stderr },
  );
  channel.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.on('exit', () => {
    setTimeout(() => channel.destroy(), 20);
  });
  const session = await startSession(channel, nonce, 'toy');
  return {
    shell: createShell(session, SILENT),
    lose: () => {
      kill(-session.pid);
    },
  };
}

async function startRun(number: number, setting: Setting): Promise<DeployRun> {
  const { shell, lose } = await connect(setting);
  return deployRun(number, shell, setting, lose);
}

/** Notes who acts, under which lease, and whether somebody else still does. */
const ACTING = `
acting() {
  echo "$FENCE" >>"$TOY/fences"
  read -r acting_pid _ </proc/self/stat
  read -r acting_other <"$TOY/acting" 2>/dev/null || acting_other=
  if [ -n "$acting_other" ] && [ -d "/proc/$acting_other" ] && [ "$acting_other" != "$acting_pid" ]; then
    /bin/sleep 0.5
    [ ! -d "/proc/$acting_other" ] || echo "$1 acts beside $acting_other" >>"$TOY/violations"
  fi
  echo "$acting_pid" >"$TOY/acting"
}
`;

function deployRun(
  number: number,
  shell: Shell,
  { host, state }: Setting,
  lose: () => void,
): DeployRun {
  const own = `c-${String(number)}`;
  const run = `run-${String(number)}`;
  let fence: string | undefined;
  let transaction: Transaction | undefined;
  let served = '';
  const done = (what: string): string => `echo '${String(number)} ${what}' >>"$TOY/undone"`;
  const step = (name: string, undo: string | undefined, script: string): Promise<unknown> => {
    if (transaction === undefined) throw new Error('no lease');
    const body = `${ACTING}acting ${own}\n${script}`;
    return transaction.step({
      name,
      ...(undo === undefined ? {} : { undo }),
      script: body,
      variables: FINISH,
    });
  };
  const phases: readonly (() => Promise<unknown>)[] = [
    async () => {
      const lease = await acquireLease(shell, { state, owner: own, waitMs: 0 });
      ({ fence } = lease);
      transaction = openTransaction(shell, { state, signal: new AbortController().signal });
      served = Object.keys(containersOf(host))
        .filter((id) => id !== own)
        .join(' ');
      return shell.run(`${state}mkdir -p "$STATE/stage/${run}"`, {});
    },
    () =>
      step(
        'start',
        `remove_new_containers toy web yes ${served}\n${done('start')}`,
        `run docker create ${own}\nrun docker start ${own}`,
      ),
    () => step('stop', `start_containers ${served}\n${done('stop')}`, `stop_containers ${served}`),
    () => step('finish', undefined, finishing({ number, own, run, served, fence: fence ?? '' })),
    async () => transaction?.close(),
  ];
  let next = 0;
  const handOver = async (): Promise<void> => {
    if (fence !== undefined) await handBack(shell, { state, fence, run });
  };
  return {
    next: async () => {
      const phase = phases[next];
      next += 1;
      if (phase === undefined) return false;
      try {
        await phase();
        return true;
      } catch {
        next = phases.length;
        await handOver().catch(() => undefined);
        return false;
      }
    },
    visit: async () => {
      try {
        const lease = await acquireLease(shell, { state, owner: own, waitMs: 0 });
        const { whole, said } = await handBack(shell, { state, fence: lease.fence, run });
        return whole ? undefined : said;
      } catch (error) {
        return error instanceof DeployError
          ? `${error.what}: ${error.evidence ?? ''}`
          : String(error);
      }
    },
    fence: () => fence,
    lose,
  };
}

const FINISH = {
  RECORD: '{}',
  DIR: '',
  ENV_PATH: '',
  VARIABLES_FILE: '',
  STAGE: '',
  LAST_PATHS: '',
};

function finishing(of: {
  readonly number: number;
  readonly own: string;
  readonly run: string;
  readonly served: string;
  readonly fence: string;
}): string {
  const forward = [
    `prove_release ${of.served}`,
    `stop_present ${of.served}`,
    `write_record ${of.fence.padStart(8, '0')}-${of.own}.json`,
    `remove_present ${of.served}`,
    `echo '${String(of.number)}' >>"$TOY/finished"`,
    `rm -rf "$STATE/stage/${of.run}"`,
    'end_journal',
  ];
  return `CANDIDATES=''\nFORWARD=${quote(forward.join('\n'))}\n${remoteScript('finish')}`;
}

function realCommand(host: ToyHost, command: string): string {
  if (command === 'docker') return host.read('bin/docker');
  if (command === 'sleep') return '#!/bin/sh\nexec /bin/sleep 0.05\n';
  const path = ['/usr/bin', '/bin'].map((directory) => join(directory, command)).find(existsSync);
  // Each boot of this host has an id of its own.
  const boot =
    command === 'cat'
      ? `[ "$1" != /proc/sys/kernel/random/boot_id ] || set -- '${host.path('boot')}'\n`
      : '';
  return `#!/bin/sh\n${boot}exec ${path ?? command} "$@"\n`;
}

function containersOf(host: ToyHost): Readonly<Record<string, boolean>> {
  return Object.fromEntries(
    readdirSync(host.path('containers')).map((id) => [
      id,
      host.read(`containers/${id}`).trim() === 'true',
    ]),
  );
}

/** Over what is there, where it is there. */
function overwrite(file: string, text: string): void {
  try {
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, text, 0);
    closeSync(descriptor);
  } catch {
    // Nobody holds it.
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Processes that have the directory in their environment. */
function processesOf(root: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          pid !== process.pid &&
          readFileSync(`/proc/${String(pid)}/environ`, 'utf8').includes(`TOY=${root}\0`) &&
          !hasEnded(pid)
        );
      } catch {
        return false;
      }
    });
}

function killAll(root: string): void {
  for (let left = processesOf(root); left.length > 0; left = processesOf(root)) {
    for (const pid of left) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
