import type { EngineInput } from './engine.js';
import type { HealthTarget } from './health/health-host.js';

/** What the workflow says about which services may change. */
export interface Permissions {
  /** Limits the deploy to these; empty means all that changed. */
  readonly services: readonly string[];
  /** Data services that may be changed, beside those that `services` names. */
  readonly allowDataChanges: readonly string[];
  readonly allowDowntime: boolean;
}

export interface ServiceOptions extends Permissions {
  readonly images: 'host' | 'pull' | 'none' | 'kept';
}

export interface PlanOptions extends ServiceOptions {
  readonly preDeploy: readonly { readonly service: string; readonly command: string }[];
  readonly postDeploy: readonly { readonly service: string; readonly command: string }[];
  /** True where images are built on the runner, not on the host. */
  readonly buildsOnRunner: boolean;
  readonly soakMs: number;
  readonly drainTimeoutMs: number;
  /** The workflow says the project's name. */
  readonly projectNamed: boolean;
  readonly engine: EngineInput;
  /** What the health check asks, as the workflow says it. */
  readonly health?: HealthTarget;
  /** For a rollback: the image that each reference shall name again. */
  readonly keptImages: Readonly<Record<string, string>>;
  /** For a rollback: the commit that each service's kept image was built from. */
  readonly keptCommits: Readonly<Record<string, string>>;
}
