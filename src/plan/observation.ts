import type { Fingerprint } from './compose/definition.js';
import type { ComposeProject, HeldName, HeldPort, HostFacts } from './host-facts.js';
import type { JsonObject } from './compose/json.js';
import type { Stack } from './compose/stack.js';

/** One look at the host: all that a plan is made from. */
export interface Observation {
  readonly host: HostFacts;
  /** The stack's state directory on the host. */
  readonly stateDirectory: string;
  /** Oldest first; the last one is what runs, as far as we know. */
  readonly releases: readonly ReleaseRecord[];
  /** With it the records keep what may be secret. It lies on the host, and goes into no record or log. */
  readonly recordKey: string;
  /** Somebody deploys at this moment, or died while doing so. */
  readonly busy: boolean;
  readonly live: LiveDirectory;
  readonly commit: Commit;
  /** The commit's files in a directory of this run's own, with the host's own files laid over. */
  readonly stage: string;
  /** What the release makes of the stack's `.env` in the live directory; undefined where it has none. */
  readonly envFile?: EnvFileChange | undefined;
  /** Compose files that Compose reads by its own choice, and git does not hold. */
  readonly ownComposeFiles: readonly string[];
  /** Symbolic links of the live directory that no commit holds, by which the definition leads: relative paths. */
  readonly links: readonly string[];
  /** Untracked paths within a build's context that were too large to be copied into the staged tree. */
  readonly uncopied: readonly string[];
  /** Lines with `FROM`, `ARG` and `from=` of the Dockerfiles that Compose names, by path. */
  readonly dockerfiles: Readonly<Record<string, readonly string[]>>;
  /** Files of Git LFS that the host could not fetch: the release has what git holds in their place. */
  readonly pointers: readonly string[];
  /** Where variables are used that are not set: `FILE:LINE NAME`, without the name where it may be a part of a secret. */
  readonly unset?: readonly string[] | undefined;
  /** Absolute paths of configs, secrets and binds that are neither in the commit nor on the host. */
  readonly missingFiles?: readonly string[] | undefined;
  readonly wanted: Stack;
  /** The same as Compose has normalised it, with paths in the staged tree. */
  readonly wantedProject: JsonObject;
  /** What the live directory's Compose file says now; undefined where there is none. */
  readonly installed: Stack | undefined;
  readonly containers: readonly Container[];
  /** The Compose projects on the host, and the directories that they were started from. */
  readonly projects: readonly ComposeProject[];
  /** Ports of the host that containers, of whatever project, and other processes hold. */
  readonly heldPorts: readonly HeldPort[];
  /** The names of all containers on the host, of whatever project, also of those that do not run. */
  readonly heldNames?: readonly HeldName[] | undefined;
  /** What Docker Swarm has to do with this host. */
  readonly swarm: SwarmFacts;
  /** The stack in the Swarm, where that runs it: then `containers` are those of its tasks. */
  readonly swarmStack?: SwarmStack | undefined;
  /** Image id by reference. */
  readonly images: Readonly<Record<string, string>>;
  /** What each takes, in KiB, with the layers that it shares with others; by reference. */
  readonly imageSizesKb: Readonly<Record<string, number>>;
  /** Proxies that run on a network of the stack, also those of other projects. */
  readonly proxies: readonly ProxyFacts[];
  /** What was found in storage that only one routed service writes to; looked into only where a plan needs it. */
  readonly storage: readonly StorageContents[];
  /** Text of the commit's files that speak of upstreams, by path. */
  readonly proxyFiles: Readonly<Record<string, string>>;
  /** Text of the commit's file that `cloudflare-config` names; undefined where it has none. */
  readonly edgeConfig?: string | undefined;
}

export interface SwarmFacts {
  /** `other`: a node that can tell nothing now, as one that is locked. */
  readonly node: 'none' | 'worker' | 'manager' | 'other';
  /** Namespaces of the stacks that are known to run: on a manager all, elsewhere those with a task here. */
  readonly stacks: readonly string[];
  /** Why not all stacks are known; undefined where they are. */
  readonly unknown: string | undefined;
}

/** A stack, as a manager knows it. */
export interface SwarmStack {
  /** Its services, without the stack's name before them. */
  readonly services: readonly string[];
  /** Host names of the Swarm's nodes. */
  readonly nodes: readonly string[];
  /** Tools that the host lacks, and that are needed for a Swarm. */
  readonly lacks: readonly string[];
  /** As Compose has normalised it, with paths in the live directory; those of configs and secrets in the staged tree. */
  readonly project: JsonObject;
  /** SHA-256 of the files that its configs and secrets are made of, by path. */
  readonly contents: Readonly<Record<string, string>>;
  /** Names of the configs and secrets that each service has now. */
  readonly uses: Readonly<Record<string, readonly string[]>>;
}

/** A place to look into: what lies in it decides whether a candidate may run beside the incumbent. */
export interface StorageQuestion {
  readonly service: string;
  readonly containerId: string;
  /** The path in the container. */
  readonly target: string;
}

/** What lies in a place that a service mounts. */
export interface StorageContents {
  readonly service: string;
  /** The path in the container. */
  readonly target: string;
  /** A file there that bears one writer only: of a database, or locked by a process. */
  readonly database: string | undefined;
  /** Why nothing is known of what lies there. */
  readonly unknown: string | undefined;
}

export interface EnvFileChange {
  readonly path: string;
  readonly change: 'same' | 'added' | 'modified' | 'removed';
}

export interface LiveDirectory {
  readonly path: string;
  /** The commit that is checked out; undefined before the first deploy. */
  readonly head: string | undefined;
  readonly branch: string | undefined;
  /** Commits on the host that the branch does not have, or has no more. */
  readonly localCommits: readonly string[];
  /** Where there are some: the newest commit that both have. */
  readonly commonCommit: string | undefined;
  /** Tracked files that were changed by hand. */
  readonly modified: readonly string[];
  /** Files in the way: not tracked, and the commit brings others of that name. */
  readonly conflicts: readonly string[];
}

export interface Commit {
  readonly sha: string;
  readonly subject: string;
  /** What differs from the live directory's commit. */
  readonly changes: readonly FileChange[];
  /**
   * What differs from other commits that services of the last release were built from; one that the host
   * does not have is missing.
   */
  readonly since: Readonly<Record<string, readonly FileChange[]>>;
  /** Every file of the commit. */
  readonly files: readonly string[];
  /** True where the live directory's commit is this one or an ancestor of it. */
  readonly newerThanLive: boolean;
}

export interface FileChange {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted';
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly oneOff: boolean;
  readonly running: boolean;
  /** When it was last started, in ms since 1970. */
  readonly startedMs: number | undefined;
  /** How it ended; undefined while it runs, and where it never ran. */
  readonly ended: { readonly code: number; readonly atMs: number } | undefined;
  readonly imageId: string;
  /** By network: its addresses and the names that Docker's DNS gives for it. */
  readonly networks: Readonly<Record<string, ContainerNetwork>>;
  /** Binds and volumes: the path on the host, and that in the container. */
  readonly mounts: readonly {
    readonly source: string;
    readonly target: string;
    /** The name of an anonymous volume, which Docker has made for this container or one before it. */
    readonly volume?: string;
    /** The name of any other volume. */
    readonly named?: string;
    readonly readOnly?: boolean;
  }[];
  /** Its variables, those of the image among them. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it was started with: entrypoint and command. */
  readonly command: readonly string[];
  /** Names of the processes in it, as far as the host told. */
  readonly processes: readonly string[];
  /** Ids of the stack's containers that it had a connection to, now or a minute ago, at a port that they listen on. */
  readonly calls: readonly string[];
  /** Memory that only it uses and that cannot be reclaimed; undefined where the kernel did not tell. */
  readonly memoryKb: number | undefined;
}

export interface ContainerNetwork {
  /** IPv4 and IPv6, as far as it has them. */
  readonly addresses: readonly string[];
  readonly names: readonly string[];
}

export interface ProxyFacts {
  readonly kind: 'nginx' | 'caddy';
  readonly containerId: string;
  readonly name: string;
  readonly networks: readonly string[];
  /** What it has loaded: `nginx -T`, or Caddy's JSON. Empty where it did not tell. */
  readonly config: string;
}

/** What stays on the host of a release: enough to go back to it without a build. */
export interface ReleaseRecord {
  /** File name in `releases/`. */
  readonly name: string;
  readonly sha: string;
  readonly deployedAt: string;
  /** What the workflow said that an operation needs as well; undefined in records of earlier versions. */
  readonly workflow?: ReleasedWorkflow | undefined;
  readonly services: Readonly<Record<string, ReleasedService>>;
}

export interface ReleasedWorkflow {
  readonly healthUrl: string;
  readonly healthHost: string | undefined;
  readonly healthStatus: number;
  readonly composeFiles: readonly string[];
  readonly profiles: readonly string[];
  /** The stack's `.env`, where it is of the workflow: its place, and the SHA-256 of its text. */
  readonly envFile?: { readonly path: string; readonly digest: string } | undefined;
  /** For Compose's interpolation; undefined in records of earlier versions. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

export interface ReleasedService {
  readonly imageId: string;
  /** The reference that keeps the image from being pruned; undefined for images not built here. */
  readonly keptAs: string | undefined;
  /** Reference that Compose uses for it. */
  readonly image: string;
  /**
   * The commit that its image was built from, and whose mounted files its containers have read; empty where
   * nobody knows, undefined in records of earlier versions.
   */
  readonly commit?: string | undefined;
  /** Digest of the definition; only in records of earlier versions. */
  readonly definition?: string | undefined;
  /** The definition that its containers were created from; undefined in records of earlier versions. */
  readonly runs?: Fingerprint | undefined;
  /** The role of one that the commit does without, and that this release has left there. */
  readonly removed?: string | undefined;
}
