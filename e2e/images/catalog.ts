/** A layer that build.sh makes. */
export type LayerName = 'trixie' | 'python' | 'postgres' | 'redis' | 'node' | 'nginx' | 'proxies';

/** What `docker image inspect` shows under Config. */
export interface ImageConfig {
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
}

/** A stand-in for an image of the public registry: its name there, and how it is started. */
export interface StandIn {
  readonly tag: string;
  readonly layers: readonly LayerName[];
  readonly config: ImageConfig;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Configured as the official images are, plus what lets pip and npm do without an index. */
export const base: readonly StandIn[] = [
  {
    tag: 'python:3.13-slim',
    layers: ['trixie', 'python'],
    config: {
      Env: [
        PATH,
        'LANG=C.UTF-8',
        'PIP_NO_INDEX=1',
        'PIP_BREAK_SYSTEM_PACKAGES=1',
        'PIP_ROOT_USER_ACTION=ignore',
      ],
      Cmd: ['python3'],
    },
  },
  {
    tag: 'node:24',
    layers: ['trixie', 'node'],
    config: {
      Env: [
        PATH,
        'NPM_CONFIG_CACHE=/opt/npm-cache',
        'NPM_CONFIG_OFFLINE=true',
        'NPM_CONFIG_UPDATE_NOTIFIER=false',
      ],
      Cmd: ['node'],
    },
  },
  {
    tag: 'nginx:alpine',
    layers: ['nginx'],
    config: {
      Env: [PATH],
      Entrypoint: ['/docker-entrypoint.sh'],
      Cmd: ['nginx', '-g', 'daemon off;'],
      StopSignal: 'SIGQUIT',
      ExposedPorts: { '80/tcp': {} },
    },
  },
  {
    tag: 'postgres:17',
    layers: ['trixie', 'postgres'],
    config: {
      Env: [
        `${PATH}:/usr/lib/postgresql/17/bin`,
        'LANG=C.UTF-8',
        'PGDATA=/var/lib/postgresql/data',
      ],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['postgres'],
      StopSignal: 'SIGINT',
      ExposedPorts: { '5432/tcp': {} },
      Volumes: { '/var/lib/postgresql/data': {} },
    },
  },
  {
    tag: 'redis:8-alpine',
    layers: ['trixie', 'redis'],
    config: {
      Env: [PATH],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['redis-server'],
      WorkingDir: '/data',
      ExposedPorts: { '6379/tcp': {} },
      Volumes: { '/data': {} },
    },
  },
];

/** What other stacks have in front: large, and of no use to most. */
export const proxies: readonly StandIn[] = [
  {
    tag: 'caddy:2-alpine',
    layers: ['trixie', 'proxies'],
    config: {
      Env: [PATH, 'XDG_CONFIG_HOME=/config', 'XDG_DATA_HOME=/data'],
      Cmd: ['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
      WorkingDir: '/srv',
      ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '443/udp': {}, '2019/tcp': {} },
    },
  },
  {
    tag: 'traefik:v3',
    layers: ['trixie', 'proxies'],
    config: {
      Env: [PATH],
      Entrypoint: ['/entrypoint.sh'],
      Cmd: ['traefik'],
      ExposedPorts: { '80/tcp': {} },
    },
  },
];
