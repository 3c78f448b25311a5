import type { Role } from './role.js';

/**
 * What happens to a service:
 * - `keep`: nothing; `leave`: it changed, but is not part of this deploy
 * - `start`: no incumbent runs; `roll`: start-first, the incumbent serves until the cutover
 * - `replace`: the incumbent stops, then the new container starts
 * - `reload`: a proxy takes its new configuration without a restart
 * - `run`: a job runs once; `remove`: it is not in the Compose file any more
 */
export type Action = 'keep' | 'leave' | 'start' | 'roll' | 'replace' | 'reload' | 'run' | 'remove';

/** What leaves the container of a service running. */
export const STAYS: ReadonlySet<Action> = new Set(['keep', 'leave', 'reload']);

export interface ServicePlan {
  readonly service: string;
  readonly role: Role;
  readonly reason: string;
  /** Why there are never two containers of it at once; undefined: there may be. */
  readonly single: string | undefined;
  readonly action: Action;
  readonly why: string;
  /** True where `action` holds only if the build gives another image. */
  readonly ifImageChanges: boolean;
  /** What happens in place of `action` where the image is the same after all; undefined: nothing. */
  readonly ifSame?: 'reload' | 'start' | 'keep' | undefined;
  readonly replicas: number;
  /** Ids of the containers that run now. */
  readonly incumbents: readonly string[];
  /** Ids of containers of it that exist but do not run. */
  readonly dead: readonly string[];
  readonly image: string;
  readonly oldImageId: string | undefined;
  /** What changed and changes nothing of its containers by this deploy: a line each, for a person. */
  readonly told: readonly string[];
  /** Places of its definition that changed, and that its containers do without until it is named. */
  readonly waits: readonly string[];
  /** Changed files that it mounts, and that its containers do not read before their next start. */
  readonly unread: readonly string[];
}
