/** The machine that a stack runs on. */
export interface HostFacts {
  readonly engineVersion: string;
  /** Of its engine, as Docker writes it: `linux/amd64`. */
  readonly platform: string;
  readonly composeVersion: string;
  /** Of a Compose that builds with it; `none` where it is not installed, undefined where it was not asked for. */
  readonly buildxVersion: string | undefined;
  readonly memoryTotalKb: number;
  readonly memoryAvailableKb: number;
  readonly swapTotalKb: number;
  readonly swapFreeKb: number;
  /** Room where the engine keeps images; undefined where that is not known. */
  readonly imageRoom: Room | undefined;
}

/** What the user may still use of a filesystem. */
export interface Room {
  /** A directory on it. */
  readonly path: string;
  readonly freeKb: number;
  /** Undefined where the filesystem makes inodes as it needs them. */
  readonly freeInodes: number | undefined;
}

/** A port of the host that somebody holds. */
export interface HeldPort {
  readonly protocol: 'tcp' | 'udp';
  /** Of every address of the host: `0.0.0.0`, or `::`, which may be those of IPv6 alone. */
  readonly address: string;
  readonly port: number;
  readonly by:
    | { readonly kind: 'container'; readonly name: string; readonly project: string }
    | { readonly kind: 'process'; readonly uid: number };
}

/** The name of a container on the host, which no other one can have. */
export interface HeldName {
  readonly name: string;
  /** Empty where Compose has not made it. */
  readonly project: string;
}

/** Containers that Compose has made, and the directory that they were started from. */
export interface ComposeProject {
  readonly name: string;
  readonly directory: string;
  /**
   * Whether the directory is another one than the stack's: `there` or `hidden` (the user may not look for it);
   * undefined where it is the stack's, one within or above it, or gone.
   */
  readonly elsewhere: 'there' | 'hidden' | undefined;
}
