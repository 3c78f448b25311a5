import { DeployError, RefusedError } from '../errors.js';
import { remoteLibrary, remoteScript } from '../remote/load.js';
import type { Session } from '../ssh/session.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { assignments } from './quote.js';
import type { Shell } from './shell.js';

/** How long a lease lives without a sign of life from its owner. */
export const LEASE_SECONDS = 60;
const RENEW_EVERY_MS = 20_000;
/** A host that swaps may take long to answer; one that has not answered for so long does not answer any more. */
const ENGINE_SILENT_MS = 300_000;
/** Of `sign_of_life` in lease.sh: the engine took the question, and did not answer it. */
const ENGINE_SILENT = 124;
/** Of `locked` in lease.sh. */
const CANNOT_LOCK = 70;

const AFTER_REBOOT = ['systemd', 'cron', 'none'] as const;
export type AfterReboot = (typeof AFTER_REBOOT)[number];

export interface Lease {
  /** Grows with every lease of the stack; a step with an older one is refused. */
  readonly fence: string;
  /** True where somebody else may have changed the stack since it was observed. */
  readonly changed: boolean;
  /** What goes on after a reboot where the runner is gone; undefined where that was told before. */
  readonly afterReboot: AfterReboot | undefined;
  /** True where nobody goes on when the connection ends: logind ends the watchdog with it. */
  readonly endsWithLogin: boolean;
}

export interface LeaseRequest {
  /** Shell code that sets STATE and LIBRARY. */
  readonly state: string;
  /** Who asks, as JSON: shown to the one who must wait. */
  readonly owner: string;
  readonly waitMs: number;
}

/**
 * Takes the stack's lease, after undoing what a dead run may have left behind.
 *
 * @throws RefusedError when another deploy holds it longer than `waitMs`
 */
export async function acquireLease(
  shell: Shell,
  request: LeaseRequest,
  signal?: AbortSignal,
): Promise<Lease> {
  const result = await shell.run(
    request.state + remoteScript('library') + remoteScript('acquire'),
    {
      OWNER: request.owner,
      TTL: String(LEASE_SECONDS),
      WAIT: String(Math.ceil(request.waitMs / 1000)),
      SESSION: String(shell.pid),
      ...remoteLibrary().texts,
    },
    signal,
  );
  const lines = result.stdout.split('\n');
  const [, fence] = /^fence (\d{1,15})$/m.exec(result.stdout) ?? [];
  if (result.code === 0 && fence !== undefined) {
    return {
      fence,
      changed: lines.includes('changed'),
      afterReboot: afterRebootIn(lines),
      endsWithLogin: lines.includes('logout'),
    };
  }
  if (result.code === 75) {
    throw new RefusedError({
      what: `another deploy holds the stack: ${lines.find((line) => line.startsWith('owner '))?.slice(6) ?? 'unknown'}`,
      next: 'Wait for it, raise lock-timeout, or, if that run is dead, wait a minute: its lease runs out. `operation: unlock` takes it away.',
    });
  }
  if (result.code === CANNOT_LOCK) {
    throw new RefusedError({
      what: 'the lease could not be taken: the file system of its directory bears no locks',
      next: 'Without locks two deploys could change the stack at once. Where the home directory comes over NFS, start its lock daemon (rpc-statd), or deploy as a user whose home is on a disk of the host.',
      evidence: result.stderr.slice(-2000),
    });
  }
  throw new DeployError({
    what:
      result.code === 76
        ? 'an earlier run left the stack half changed, and undoing it failed'
        : 'the lease of the stack could not be taken',
    next: 'The lines above say what stands, and the commands to type on the host. The host itself goes on trying what could not be undone.',
    evidence: result.stderr.slice(-2000),
  });
}

function afterRebootIn(lines: readonly string[]): AfterReboot | undefined {
  return AFTER_REBOOT.find((by) => lines.includes(`reboot ${by}`));
}

/** Tells what puts the stack right where the host loses its power and the runner is gone as well. */
export function tellAfterReboot(by: AfterReboot | undefined, username: string, log: Log): void {
  switch (by) {
    case 'systemd':
      log.info(
        'after a reboot the host goes on by itself: a systemd unit of the user, until this run ends',
      );
      return;
    case 'cron':
      log.info(
        "after a reboot the host goes on by itself: @reboot in the user's crontab, until this run ends",
      );
      return;
    case 'none':
      log.warn(
        `a reboot in the middle of a deploy is put right by the next deploy only: this host starts nothing of ${username} when it boots. To have it done at once, on the host: sudo loginctl enable-linger ${username} (or install cron). This is told once`,
      );
      return;
    case undefined:
  }
}

/** Tells where nothing puts the stack right once the connection is lost. */
export function tellAfterLogin({ endsWithLogin }: Lease, username: string, log: Log): void {
  if (!endsWithLogin) return;
  log.warn(
    `where the runner or the connection dies in the middle of a deploy, only the next deploy puts the stack right: logind ends all processes of a login with it (KillUserProcesses=yes), also the watchdog. To have it done at once, on the host: sudo loginctl enable-linger ${username}`,
  );
}

/**
 * Keeps the lease alive over a session of its own, until `stop`; each step renews it as well. Asks the Docker
 * Engine beside it: a build, a start or a stop waits for an engine that hangs as long as the runner lets it.
 *
 * @param engineSilent called when the engine has not answered for `ENGINE_SILENT_MS`, and at each sign of life after
 *   that until it answers
 */
export function keepLease(
  session: Session,
  state: string,
  fence: string,
  deps: { readonly clock: Clock; readonly log: Log; readonly engineSilent: (why: Error) => void },
): { stop(): void } {
  const stopped = new AbortController();
  const renew =
    assignments({ FENCE: fence, TTL: String(LEASE_SECONDS) }) +
    state +
    '. "$LIBRARY/lib.sh"; sign_of_life "$FENCE" "$TTL"\n';
  const loop = async (): Promise<void> => {
    let answeredAt = deps.clock.now();
    while (!stopped.signal.aborted) {
      await deps.clock.sleep(RENEW_EVERY_MS, stopped.signal);
      const { code } = await session.run(renew);
      if (code !== ENGINE_SILENT) answeredAt = deps.clock.now();
      else if (deps.clock.now() - answeredAt >= ENGINE_SILENT_MS) deps.engineSilent(engineHangs());
    }
  };
  loop().catch((error: unknown) => {
    // A lost connection shows in the deploy itself; the lease then runs out, as it should.
    if (!stopped.signal.aborted) deps.log.debug(`lease: ${String(error)}`);
  });
  return {
    stop: () => {
      stopped.abort();
      // Its end needs no waiting for.
      void session.close();
    },
  };
}

function engineHangs(): DeployError {
  return new DeployError({
    what: `the Docker Engine has not answered for ${String(ENGINE_SILENT_MS / 60_000)} minutes`,
    next: 'On the host, see what it waits for (a disk, a network file system, memory): sudo journalctl -u docker -n 50; free -m. Then: sudo systemctl restart docker.',
  });
}
