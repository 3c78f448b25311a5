import type { EnvFileChange, ProxyFacts } from './observation.js';
import type { HandedVolumes, ServiceScale } from './scale.js';
import type { ServicePlan } from './service-plan.js';

/** What a deploy will do, as data: printed, tested and executed. */
export interface Plan {
  readonly project: string;
  readonly sha: string;
  readonly previousSha: string | undefined;
  readonly services: readonly ServicePlan[];
  readonly operations: readonly Operation[];
  readonly warnings: readonly string[];
}

export type Operation =
  | {
      readonly kind: 'prepare-images';
      /** `build` and `pull` on the host; `ship`: built on the runner, and brought to the host. */
      readonly verb: 'build' | 'pull' | 'ship';
      /** Made one after the other, before the others, which are built from their images. */
      readonly bases: readonly string[];
      readonly services: readonly string[];
      readonly references: readonly ImageReference[];
      readonly room?: RoomWanted | undefined;
    }
  | { readonly kind: 'restore-images'; readonly references: readonly ImageReference[] }
  | ({ readonly kind: 'install-env-file' } & EnvFileChange)
  | {
      readonly kind: 'install-files';
      readonly paths: readonly string[];
      readonly inPlace: readonly string[];
    }
  | { readonly kind: 'start'; readonly services: readonly ServiceScale[] }
  | { readonly kind: 'run-command'; readonly service: string; readonly command: string }
  | {
      readonly kind: 'run-job';
      readonly service: string;
      /** True where the job of the old release is to be run again when this is undone: others serve its files. */
      readonly again: boolean;
      readonly incumbents: readonly string[];
      readonly dead: readonly string[];
      readonly handed: readonly HandedVolumes[];
    }
  | {
      readonly kind: 'stop-incumbents';
      readonly services: readonly string[];
      readonly ids: readonly string[];
      /** Proxies that sent them requests until now, and hold some of these still. */
      readonly drained: readonly DrainedProxy[];
      /** Those that a proxy sends requests to again where this is undone: they must be ready by then. */
      readonly serving: readonly ServingContainer[];
      /** True where they finish beside what comes next, until `await-incumbents`. */
      readonly aside: boolean;
      /** True for the last ones: the release was watched beside them, and is watched without them next. */
      readonly retiring: boolean;
    }
  | {
      readonly kind: 'await-incumbents';
      readonly services: readonly string[];
    }
  | ReplaceOperation
  /** By Swarm: an update of each, all at once; those that are not named are left as they are. */
  | { readonly kind: 'update-services'; readonly services: readonly string[] }
  | HoldOperation
  | PointCallersOperation
  | CutoverOperation
  | WithdrawOperation
  | { readonly kind: 'check-health' }
  | {
      readonly kind: 'soak';
      /** `beside`: the incumbents stand by. `alone`: they have stopped since. `whole`: none stand by. */
      readonly part: 'whole' | 'beside' | 'alone';
    }
  | {
      readonly kind: 'finish';
      readonly retire: readonly string[];
      /** Anonymous volumes of theirs that nobody needs any more. */
      readonly volumes: readonly string[];
      readonly paths: readonly string[];
      readonly inPlace: readonly string[];
    };

/** The services that an operation works for. */
export function servicesOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'prepare-images':
      return [...operation.bases, ...operation.services];
    case 'stop-incumbents':
    case 'await-incumbents':
    case 'update-services':
      return operation.services;
    case 'start':
      return operation.services.map(({ service }) => service);
    case 'run-command':
    case 'run-job':
    case 'replace':
      return [operation.service];
    case 'hold':
    case 'point-callers':
    case 'cutover':
      return operation.routes.map(({ service }) => service);
    case 'withdraw':
      return operation.services.map(({ service }) => service);
    default:
      return [];
  }
}

/** An image that is made, and what its reference named before (for the undo). */
export interface ImageReference {
  readonly reference: string;
  readonly before: string | undefined;
  /** The image to put there, where it is known already (a kept release). */
  readonly imageId?: string;
}

/** Room that is made on the host before its images are: what no release needs is removed there. */
export interface RoomWanted {
  /** A directory of the filesystem that holds images. */
  readonly path: string;
  readonly project: string;
  /** With so much free nothing is removed. */
  readonly wantedKb: number;
  /** Without so much the images are not made. */
  readonly leastKb: number;
  readonly leastInodes: number;
}

export interface ServingContainer {
  readonly id: string;
  /** The port that the proxy uses; undefined where that is not known. */
  readonly port: number | undefined;
}

/** The incumbents stop, then the new containers start. */
export interface ReplaceOperation {
  readonly kind: 'replace';
  readonly service: string;
  readonly replicas: number;
  readonly incumbents: readonly string[];
  readonly dead: readonly string[];
  readonly handed: readonly HandedVolumes[];
  /** Proxies, by id or name, that resolve its name anew where the incumbents run again. */
  readonly proxies: readonly { readonly kind: ProxyFacts['kind']; readonly container: string }[];
}

/** The proxy goes on sending requests to the incumbents only, whatever starts beside them. */
export interface HoldOperation {
  readonly kind: 'hold';
  readonly proxyService: string;
  readonly proxyKind: ProxyFacts['kind'];
  readonly proxy: string;
  readonly routes: readonly Route[];
}

/** Containers that are no proxy, and call services by their names, call these containers of them from now on. */
export interface PointCallersOperation {
  readonly kind: 'point-callers';
  readonly to: 'incumbents' | 'candidates';
  readonly routes: readonly CallerRoute[];
}

export interface CallerRoute {
  /** The service that calls. */
  readonly caller: string;
  /** The service that is called, its names, and the network that both are on. */
  readonly service: string;
  readonly names: readonly string[];
  readonly network: string;
  /** Ids of the containers that are called until then. */
  readonly incumbents: readonly string[];
  /** Those of them that are called beside the candidates. */
  readonly staying: readonly string[];
}

export interface CutoverOperation {
  readonly kind: 'cutover';
  /** The proxy's service, or the container's name where it is of another project. */
  readonly proxyService: string;
  readonly proxyKind: ProxyFacts['kind'];
  /** Id of the proxy's container that stays; undefined: its new containers. */
  readonly proxy: string | undefined;
  /** So long the proxy may go on sending requests of visitors who stayed connected. */
  readonly lingersMs: number;
  /** True where the routes are held at the incumbents until then: it resolves names at each connection. */
  readonly held: boolean;
  /** Routes of later cutovers, which it stays held at. */
  readonly holds: readonly Route[];
  /** True where the proxy goes on with the connections that it has to the incumbents. */
  readonly staysConnected: boolean;
  /** False where the pin alone moves new connections, and a reload would only cost visitors theirs. */
  readonly reloads: boolean;
  /** True where the undo of a replacement brings it back once more: before that its names may lead nowhere. */
  readonly comesBack: boolean;
  readonly routes: readonly Route[];
  /** Changed files that the proxy mounts. */
  readonly paths: readonly string[];
  readonly inPlace: readonly string[];
  /** Single files among them, with their path in the container. */
  readonly mounted: readonly { readonly path: string; readonly inside: string }[];
}

/** Names to pin to the candidates of a service, on a network that the proxy shares. */
export interface Route {
  readonly service: string;
  readonly names: readonly string[];
  readonly network: string;
  /** Ids of the containers that the names stand for until then; none where those have stopped before. */
  readonly incumbents: readonly string[];
  /** Those of them that the names go on standing for, beside the candidates. */
  readonly staying: readonly string[];
}

/** A proxy whose cutover has been, and what it still holds. */
export type DrainedProxy = Pick<
  CutoverOperation,
  'proxyService' | 'proxyKind' | 'proxy' | 'lingersMs'
>;

/** Incumbents turn unhealthy on request, and a proxy that follows Docker's health leaves them out. */
export interface WithdrawOperation {
  readonly kind: 'withdraw';
  readonly services: readonly {
    readonly service: string;
    readonly incumbents: readonly string[];
    /** Undefined where nothing makes its healthcheck fail: then they serve until they are stopped. */
    readonly drainFile: string | undefined;
  }[];
}
