/** What a workflow said, parsed and judged. Every duration is in milliseconds. */
export interface Inputs {
  readonly connection: ConnectionInputs;
  /** Absolute path of the stack's directory on the host. */
  readonly path: string;
  readonly source: SourceInputs;
  readonly gate: GateInputs;
  readonly compose: ComposeInputs;
  /** Undefined where the host's own file is used. */
  readonly envFile: EnvFile | undefined;
  readonly preDeploy: readonly ServiceCommand[];
  readonly postDeploy: readonly ServiceCommand[];
  readonly health: HealthInputs;
  readonly readyTimeoutMs: number;
  readonly soakMs: number;
  readonly drainTimeoutMs: number;
  /** 0 turns the availability probe off. */
  readonly probeIntervalMs: number;
  readonly allowDowntime: boolean;
  /** Data services that may be changed; the deploy is not limited to them. */
  readonly allowDataChanges: readonly string[];
  readonly lockTimeoutMs: number;
  /** How many releases stay on the host for a rollback, at least 1. */
  readonly keepReleases: number;
  readonly operation: OperationName;
  /** Full or abbreviated sha of a kept release; the previous release when undefined. */
  readonly rollbackTo: string | undefined;
  readonly environment: string | undefined;
  /** Public address of the site. */
  readonly url: string | undefined;
  /** What is to be done at Cloudflare; undefined: nothing is asked of it. */
  readonly cloudflare: CloudflareInputs | undefined;
}

export interface CloudflareInputs {
  readonly apiToken: string;
  /** 32 hex digits, lower case. */
  readonly zoneId: string;
  readonly purge: CloudflarePurge;
  /** Path in the repository of the file that says how the edge should be. */
  readonly config: string | undefined;
  /** Without a slash at its end. */
  readonly apiBaseUrl: string;
}

/** What of the cache is purged after a release or a rollback; one of `chosen` is not empty. */
export type CloudflarePurge =
  | { readonly kind: 'changed' | 'everything' | 'none' }
  | {
      readonly kind: 'chosen';
      /** Host and path, without a scheme. */
      readonly prefixes: readonly string[];
      readonly tags: readonly string[];
    };

export type OperationName = 'deploy' | 'plan' | 'rollback' | 'status' | 'unlock';

export interface ConnectionInputs extends LoginInputs {
  /** Per attempt, and per jump host. */
  readonly connectTimeoutMs: number;
  /** What is logged in to on the way to the host, the first hop first. */
  readonly jumpHosts: readonly LoginInputs[];
  /** A command on the runner whose standard input and output are the connection. */
  readonly proxyCommand: string | undefined;
}

/** How to log in to one machine. */
export interface LoginInputs {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** PEM or OpenSSH text, already mended (line ends, last newline). */
  readonly key: string;
  readonly passphrase: string | undefined;
  readonly hostKeys: HostKeyPolicy;
}

export type HostKeyPolicy =
  | {
      readonly kind: 'pinned';
      readonly fingerprints: readonly string[];
      readonly knownHosts: string;
    }
  | { readonly kind: 'any' };

export interface SourceInputs {
  /** `owner/name`, a URL, or a path on the host. */
  readonly repository: string;
  /** What `git fetch` is given: a URL, or a path on the host. */
  readonly remoteUrl: string;
  readonly branch: string;
  /** What is fetched, and must hold `sha`: the branch, or what a planned pull request would make of it. */
  readonly ref: string;
  /** 40 hex digits, lower case. */
  readonly sha: string;
  readonly token: string | undefined;
  /** `https://server`: the one to which git sends the token; undefined where it sends it to none. */
  readonly tokenFor: string | undefined;
}

export interface GateInputs {
  /** The text of the `needs` input, unparsed: the gate judges it. */
  readonly needs: string;
  readonly requireOutputs: readonly OutputRequirement[];
}

export interface OutputRequirement {
  readonly job: string;
  readonly output: string;
  readonly operator: '=' | '!=' | '>=' | '<=';
  readonly value: string;
}

export interface ComposeInputs {
  /** Relative to `path`; empty means Compose's own default. */
  readonly files: readonly string[];
  readonly projectName: string | undefined;
  readonly profiles: readonly string[];
  /** Limits the deploy to these; empty means all that changed. */
  readonly services: readonly string[];
  readonly build: 'host' | 'pull' | 'none' | 'runner';
  /** What is to run the stack. */
  readonly engine: 'auto' | 'compose' | 'swarm';
  /** For Compose's interpolation, by name; they win over those of `.env`. */
  readonly variables: Readonly<Record<string, string>>;
  /** On the host for this run alone. */
  readonly registries: readonly RegistryLogin[];
}

/** The text of the stack's `.env`, as part of a release. */
export interface EnvFile {
  /** Relative to the stack's directory, inside it. */
  readonly path: string;
  readonly source:
    | { readonly kind: 'workflow'; readonly text: string }
    /** The host has it: `name` is that of the release's record, without `.json`. */
    | { readonly kind: 'release'; readonly name: string };
  /** What the release's record says of it; undefined where the text was the host's own. */
  readonly recorded: { readonly path: string; readonly digest: string } | undefined;
}

/** A login to a registry, for one run. */
export interface RegistryLogin {
  /** As Docker's configuration names it. */
  readonly registry: string;
  /** User and password in base64, as it is sent. */
  readonly auth: string;
}

export interface ServiceCommand {
  readonly service: string;
  /** As typed; split into words by a shell in the container. */
  readonly command: string;
}

export interface HealthInputs {
  /** Seen from the host. */
  readonly url: URL;
  /** The Host header; the URL's own when undefined. */
  readonly host: string | undefined;
  readonly status: number;
  readonly successes: number;
  readonly timeoutMs: number;
}
