import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../host/host.js';
import type { Edits, GitFixture } from '../host/repository.js';
import type { ReleaseSource, RequestSpec, UsualPaths } from '../load/spec.js';

/** What every stack has: where it lies, what it consists of, how its app is changed. */
export interface Stack {
  readonly name: string;
  /** `org/Resee-project`; the name is also that of the directory on the host. */
  readonly repository: string;
  readonly source: URL;
  /** What of the sources is not made for this network: `from` is replaced by `to` before the first commit. */
  readonly adjusted?: { readonly file: string; readonly from: string; readonly to: string };
  /** Where in the sources the app that the small stacks share lies; what `source` has there wins. */
  readonly app?: string;
  /** The Compose project; the repository's name in lower case unless told. */
  readonly project?: string;
  /** Where visitors come in on the host; 80 unless told. */
  readonly port?: number;
  /** Files that git must not hold and the Compose file needs, as the user places them. */
  readonly placed: Readonly<Record<string, string>>;
  /** What a person types after `docker compose`. */
  readonly composeOptions?: string;
  /** How many containers each service has. */
  readonly services: Readonly<Record<string, number>>;
  /** Compose projects on the host that are not of this stack. */
  readonly beside?: readonly string[];
  /** Services whose container has done its work and stands there, exited. */
  readonly jobs?: readonly string[];
  /** Services that no deploy of code may touch: their containers keep their ids. */
  readonly kept: readonly string[];
  /** What the workflow says about this stack. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly paths: UsualPaths;
  readonly release: ReleaseSource;
  /** A request whose answer tells the release of the backend. */
  readonly tellRelease: RequestSpec;
  readonly changes: {
    /** The backend tells this release from now on; the one file that a one-line change touches. */
    readonly backend: (release: string) => Change;
  };
  /** A reload of its proxy closes the connections of visitors that are idle just then. */
  readonly closesIdle?: boolean;
  /** A release that is taken back: its app never answers. */
  readonly broken?: Change;
  /** Its sources are mounted, so that a new container comes with every file. */
  readonly readmeReplaces?: boolean;
  /** It runs only when it is named. */
  readonly onlyNamed?: boolean;
  /** Nobody reaches it by a port of the host: connectors in it dial out. */
  readonly dialsOut?: boolean;
  /** Its app cannot be replaced without a gap. */
  readonly hasGap?: boolean;
  /** What somebody else's pipeline does on the host before a release comes. */
  readonly arrange?: (host: Host, release: string) => Promise<void>;
  /** The proxy sends this header from now on. */
  readonly tellsHeader?: { readonly change: Change; readonly name: string; readonly value: string };
}

/** A stack on which every scenario can run: it can be broken in every way, too. */
export interface StackDefinition extends Stack {
  /** Makes of the sources the stack as a script deployed it before this action came. */
  readonly before: Change;
  readonly proxy: string;
  /** The routed service that `changes.backend` changes. */
  readonly backend: string;
  readonly changes: StackChanges;
}

/** A change to the sources: what is edited, given the clone. */
export type Change = (fixture: GitFixture) => Promise<Edits>;

export interface StackChanges {
  /** As in every stack. */
  readonly backend: (release: string) => Change;
  /** Undefined where the stack has no second routed service. */
  readonly frontend: ((release: string) => Change) | undefined;
  /** Ends with an error that names `no_such_module`. */
  readonly buildFails: Change;
  readonly neverReady: Change;
  /** What such a container still says in its log. */
  readonly lastWords: RegExp;
  /** The health endpoint answers 500 to what comes through the proxy, and to nothing else. */
  readonly failsBehindProxy: Change;
  /** Ends with an error that names `no_such_column`. */
  readonly migrationFails: Change;
  /** The proxy allows bodies of 6 MiB from now on. */
  readonly proxyConfig: Change;
  /** A proxy configuration with the directive `send_file`, which there is not. */
  readonly proxyConfigBroken: Change;
  /** A file of the backend's image that a user may have edited on the host. */
  readonly backendFile: string;
  /** A file that no release needs, which a user may have edited on the host. */
  readonly idleFile: string;
}

/**
 * A change that replaces `from` by `to` in one file.
 *
 * @throws Error when the file does not hold `from`: the source has moved on, and the scenario with it.
 */
export function replacing(file: string, from: string | RegExp, to: string): Change {
  return async (fixture) => {
    const old = await fixture.read(file);
    const text = old.replace(from, to);
    if (text === old) throw new Error(`${file} has no ${String(from)} to be changed`);
    return { [file]: text };
  };
}

/** Several changes at once; of two to the same file the last wins. */
export function together(...changes: readonly Change[]): Change {
  return async (fixture) => {
    let edits: Edits = {};
    for (const change of changes) edits = { ...edits, ...(await change(fixture)) };
    return edits;
  };
}

/** A change that lays the files of a directory over the sources. */
export function laidOver(directory: URL): Change {
  return async () => {
    const root = fileURLToPath(directory);
    const edits: Record<string, Buffer> = {};
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) edits[path.slice(root.length)] = await readFile(path);
    }
    return edits;
  };
}
