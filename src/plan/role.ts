/** What may be done to a service. */
export const ROLES = ['routed', 'worker', 'singleton', 'data', 'proxy', 'direct', 'job'] as const;
export type Role = (typeof ROLES)[number];

export interface RoleDecision {
  readonly role: Role;
  /** Why, for the plan: a person must be able to correct it. */
  readonly reason: string;
  /** Why there are never two containers of it at once; undefined: there may be. */
  readonly single: string | undefined;
}

export const ROLE_LABEL = 'resee.deploy.role';
/** `start-first` or `stop-first`, as in `deploy.update_config.order`, and before it. */
export const ORDER_LABEL = 'resee.deploy.order';

/** How the reason of a service begins that has to be gone before another one starts. */
export const GIVES_WAY = 'its old container holds ';
