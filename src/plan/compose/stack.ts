import type { JsonObject } from './json.js';

/** A Compose project as `docker compose config --format json` normalises it. */
export interface Stack {
  readonly project: string;
  readonly services: Readonly<Record<string, Service>>;
  /** Canonical text of the definitions of networks, volumes, by name. */
  readonly networks: Readonly<Record<string, string>>;
  readonly volumes: Readonly<Record<string, string>>;
}

export interface Service {
  readonly name: string;
  /** The reference that Compose uses, also when it builds the image; without `:latest`. */
  readonly image: string;
  readonly build: Build | undefined;
  readonly command: readonly string[];
  readonly containerName: string | undefined;
  readonly dependsOn: readonly Dependency[];
  readonly replicas: number;
  readonly updateOrder: 'start-first' | 'stop-first' | undefined;
  /** How many containers of it may change at a time; undefined: all. */
  readonly parallelism: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the networks it is on; empty with another `network_mode`. */
  readonly networks: readonly string[];
  /** Other names that its containers are reached by: aliases, links, fixed addresses. */
  readonly aliases: readonly string[];
  /** Names of single containers of it, which change with each deploy: `shop-web-1`. */
  readonly numberedNames: readonly string[];
  /** Services that it is tied to by `links`: to the container that runs when it is created. */
  readonly links: readonly string[];
  /** Services whose network or processes it shares: it is of no use without their container. */
  readonly joins: readonly string[];
  /** Why there cannot be a second container of it; undefined: there can. */
  readonly single: string | undefined;
  /** True where it publishes a port of the host, or uses the host's network. */
  readonly publishes: boolean;
  readonly binds: readonly Bind[];
  /** What `volumes` mounts: named volumes, directories and files of the host, anonymous volumes. */
  readonly mounts: readonly Mount[];
  /** When Docker starts a container of it again that has ended; undefined where nothing says so. */
  readonly restart: string | undefined;
  /**
   * All that Compose says of it, with paths relative to the stack's directory. `config NAME`, `secret NAME` and
   * `volume NAME` are what those of the stack that it uses are made of.
   */
  readonly definition: JsonObject;
}

export interface Build {
  /** Directories and files whose change may change the image; relative to the stack's directory. */
  readonly inputs: readonly string[];
  /** True where a context is not a directory of the commit: a change of it cannot be seen. */
  readonly remote: boolean;
  /** The file that says how, a path as in `inputs`; undefined where the Compose file itself says it. */
  readonly dockerfile: string | undefined;
}

export interface Bind {
  /** Relative to the stack's directory, `''` for itself; absolute outside of it. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Mount {
  readonly kind: 'volume' | 'bind';
  /** The volume, or the path as in `Bind`; undefined for an anonymous volume. */
  readonly source: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Dependency {
  readonly service: string;
  readonly condition: string;
  /** True where it is to be started again when that service gets a new container. */
  readonly restart?: true;
}

/** True where `path` (a file of the commit) is `place` or lies below it; `''` is the whole stack. */
export function isWithin(path: string, place: string): boolean {
  return place === '' || path === place || path.startsWith(`${place}/`);
}
