/** Start this many more containers of a service, beside `incumbents`, and wait until they are ready. */
export interface ServiceScale {
  readonly service: string;
  readonly replicas: number;
  readonly incumbents: readonly string[];
  /** Containers of it that stand in the way, and go. */
  readonly dead: readonly string[];
  /** Of old containers, one each for a new one; those that do not run stay until the release is proven. */
  readonly handed: readonly HandedVolumes[];
  /** Containers of it that hold data and only stopped: they are started again. */
  readonly resumed: readonly string[];
  /** The port that the proxy uses: readiness of a service without a healthcheck. */
  readonly port: number | undefined;
  /** For a service behind Traefik: the file that makes its healthcheck fail. */
  readonly drainFile: string | undefined;
}

/** Anonymous volumes of an old container that a new one gets. */
export interface HandedVolumes {
  /** Id of the old one. */
  readonly container: string;
  readonly volumes: readonly { readonly target: string; readonly volume: string }[];
}
