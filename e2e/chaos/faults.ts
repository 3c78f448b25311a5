import { setTimeout as wait } from 'node:timers/promises';
import { ask } from '../harness/shell.js';
import type { ActionRun, RunningAction } from '../harness/action.js';
import type { Host } from '../host/host.js';
import type { Hook } from './hook.js';

export interface Scene {
  readonly host: Host;
  readonly hook: Hook;
  readonly running: RunningAction;
  /** The processes on the host that are stopped, as the host numbers them, with blanks between. */
  readonly pids: string;
}

export interface Struck {
  /** From here on the stack has to become whole: the fault, or, where the engine was away, its return. */
  readonly since: number;
  /** The end of the run and of its post step, and what they came to; undefined where the runner is gone. */
  readonly run: Promise<ActionRun | undefined>;
}

export interface Fault {
  readonly name: string;
  readonly sentence: string;
  /** The engine is away: what it stops meanwhile is not our doing. */
  readonly stopsEngine?: boolean;
  /** The engine closes the ports that it publishes for a moment, with or without a deploy: connections are refused then. */
  readonly closesPorts?: boolean;
  /** What the host needs for it, once. */
  readonly prepare?: (host: Host) => Promise<void>;
  /** The deploy has come to its point, and stands still. Returns when the fault has happened. */
  strike(scene: Scene): Promise<Struck>;
}

/** What was begun before the fault has its effect first. */
const NOTICED_MS = 300;

export const faults: readonly Fault[] = [
  {
    name: 'runner-killed',
    sentence: 'the runner is gone at once (SIGKILL, no post step)',
    strike: async ({ hook, running }: Scene): Promise<Struck> => {
      const since = performance.now();
      await running.lose();
      await wait(NOTICED_MS);
      await hook.go();
      return { since, run: gone() };
    },
  },
  {
    name: 'cancelled',
    sentence:
      'cancelled as GitHub does it: SIGINT, SIGTERM after 7.5 s, the end after 2.5 s, then post',
    strike: async ({ hook, running }: Scene): Promise<Struck> => {
      const since = performance.now();
      const cancelled = running.cancel();
      await wait(NOTICED_MS);
      await hook.go();
      return { since, run: withPost(running, cancelled) };
    },
  },
  {
    name: 'sshd-killed',
    sentence: 'sshd and all its sessions are killed, and it listens again after 3 s',
    strike: async (scene: Scene): Promise<Struck> => {
      const since = performance.now();
      await root(scene, KILL_SSHD);
      await wait(NOTICED_MS);
      await scene.hook.go();
      await wait(3_000);
      await root(scene, '/usr/sbin/sshd');
      return { since, run: ended(scene) };
    },
  },
  {
    name: 'network-gone',
    sentence:
      'nothing that belongs to SSH passes any more, and nobody is told, until the run has ended',
    strike: async (scene: Scene): Promise<Struck> => {
      const since = performance.now();
      await root(scene, blackHole('-I'));
      await scene.hook.go();
      const done = scene.running.done.finally(() => root(scene, blackHole('-D')));
      return { since, run: withPost(scene.running, done) };
    },
  },
  {
    name: 'engine-restarted',
    sentence: 'dockerd is restarted, and stops all containers meanwhile',
    stopsEngine: true,
    strike: restartEngine,
  },
  {
    name: 'engine-restarted-live',
    sentence: 'dockerd is restarted, with `live-restore`: the containers run on',
    closesPorts: true,
    prepare: async (host: Host): Promise<void> => {
      await ask(host, LIVE_RESTORE, { user: 'root' });
    },
    strike: restartEngine,
  },
  {
    name: 'script-killed',
    sentence: 'the script of this step on the host is killed (SIGKILL)',
    strike: async (scene: Scene): Promise<Struck> => {
      const since = performance.now();
      await root(scene, `kill -KILL ${scene.pids} || :`);
      await wait(NOTICED_MS);
      await scene.hook.go();
      return { since, run: ended(scene) };
    },
  },
  {
    name: 'power-lost',
    sentence: 'the host is off and on again; the runner lives',
    stopsEngine: true,
    strike: async (scene: Scene): Promise<Struck> => {
      await scene.host.powerCycle();
      const since = performance.now();
      return { since, run: ended(scene) };
    },
  },
  {
    name: 'power-and-runner-lost',
    sentence: 'the host is off and on again, and the runner is gone as well',
    stopsEngine: true,
    strike: async ({ host, running }: Scene): Promise<Struck> => {
      await running.lose();
      await host.powerCycle();
      return { since: performance.now(), run: gone() };
    },
  },
  {
    name: 'clock-set',
    sentence: 'the clock is set an hour ahead, and back after 4 s',
    prepare: async (host: Host): Promise<void> => {
      await ask(host, CLOCK, { user: 'root' });
    },
    strike: async (scene: Scene): Promise<Struck> => {
      const since = performance.now();
      await root(scene, 'touch /srv/ahead');
      await scene.hook.go();
      await wait(4_000);
      await root(scene, 'rm -f /srv/ahead');
      return { since, run: ended(scene) };
    },
  },
];

async function restartEngine(scene: Scene): Promise<Struck> {
  const restarted = root(scene, RESTART_ENGINE);
  await wait(NOTICED_MS);
  await scene.hook.go();
  await restarted;
  const since = performance.now();
  return { since, run: ended(scene) };
}

function ended({ running }: Scene): Promise<ActionRun> {
  return withPost(running, running.done);
}

async function withPost(running: RunningAction, done: Promise<ActionRun>): Promise<ActionRun> {
  const run = await done;
  await running.post(run);
  return run;
}

function gone(): Promise<undefined> {
  return Promise.resolve(undefined);
}

function root({ host }: Scene, script: string): Promise<string> {
  return ask(host, script, { user: 'root' });
}

function blackHole(action: '-I' | '-D'): string {
  return `iptables -w ${action} INPUT -p tcp --dport 22 -j DROP\niptables -w ${action} OUTPUT -p tcp --sport 22 -j DROP`;
}

/** What listens on port 22, and what holds a connection to it. */
const KILL_SSHD = `
ss -Htanp '( sport = :22 )' | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u | xargs -r kill -KILL
`;

const RESTART_ENGINE = `
pid=$(cat /run/docker.pid)
kill -TERM "$pid"
while [ -e "/proc/$pid" ]; do sleep 0.05; done
setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &
until docker version >/dev/null 2>&1; do sleep 0.05; done
`;

const LIVE_RESTORE = `
sed -i 's/^{$/{ "live-restore": true,/' /etc/docker/daemon.json
kill -HUP "$(cat /run/docker.pid)"
until [ "$(docker info -f '{{.LiveRestoreEnabled}}')" = true ]; do sleep 0.1; done
`;

/**
 * All hosts here share one kernel, and with it one clock of the day: so those programs that the scripts ask for it are
 * told another one. \`find -mmin\` compares with it as well.
 */
const CLOCK = `
cat >/usr/local/bin/date <<'END'
#!/bin/sh
[ -e /srv/ahead ] || exec /usr/bin/date "$@"
exec /usr/bin/date -d '1 hour' "$@"
END
cat >/usr/local/bin/find <<'END'
#!/bin/bash
[ -e /srv/ahead ] || exec /usr/bin/find "$@"
all=()
older=
for each; do
  if [ -n "$older" ]; then
    older=
    each=+$((\${each#+} - 60))
    [ "\${each#+}" -ge 0 ] || each=+0
  fi
  [ "$each" != -mmin ] || older=yes
  all+=("$each")
done
exec /usr/bin/find "\${all[@]}"
END
chmod 755 /usr/local/bin/date /usr/local/bin/find
`;
