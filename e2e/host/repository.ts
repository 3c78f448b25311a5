import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Host } from './host.js';
import { runOrThrow } from './process.js';

/** Path within the work tree → its new text, or null where the file goes away. */
export type Edits = Readonly<Record<string, string | Buffer | null>>;

export interface PushOptions {
  /** Default `main`. */
  readonly branch?: string;
  /** Replaces a history that was rewritten. */
  readonly force?: boolean;
}

/** A local clone, and the bare repository on the host that stands for GitHub's. */
export interface GitFixture {
  /** `owner/name`: on the host, https://github.com/owner/name.git is this repository. */
  readonly repository: string;
  readonly workTree: string;
  /** Commits the edits (none: an empty commit) and gives the full sha. A `#!` file is executable. */
  commit(message: string, edits?: Edits): Promise<string>;
  /** Runs git in the work tree and gives stdout without the last newline. */
  git(...args: readonly string[]): Promise<string>;
  /** What is checked out becomes the head of the branch on the host. */
  push(options?: PushOptions): Promise<void>;
  /** The text of a file in the work tree, to be edited. */
  read(file: string): Promise<string>;
  /** Removes the work tree; the repository on the host goes with the host. */
  remove(): Promise<void>;
}

/** A fixed author, and nothing of the configuration of whoever runs the test. */
const gitEnvironment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Stand-in',
  GIT_AUTHOR_EMAIL: 'stand-in@example.com',
  GIT_COMMITTER_NAME: 'Stand-in',
  GIT_COMMITTER_EMAIL: 'stand-in@example.com',
} as const;

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** How git reaches the host: its key and host key are in files beside the work tree. */
function sshCommand(host: Host, knownHostsPath: string): string {
  const options = [
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    `UserKnownHostsFile=${shellQuote(knownHostsPath)}`,
  ];
  const flags = options.map((option) => `-o ${option}`).join(' ');
  return `ssh -F none -i ${shellQuote(host.privateKeyPath)} ${flags}`;
}

/**
 * Makes the bare repository /srv/git/<owner>/<name>.git on the host. An existing one is left as it is.
 * @throws Error where `repository` isn't `owner/name`.
 */
export async function createRepository(host: Host, repository: string): Promise<string> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Error(`no owner/name: ${repository}`);
  const bare = `/srv/git/${repository}.git`;
  await host.ask(`git init --quiet --bare --initial-branch=main '${bare}'`);
  return bare;
}

async function edit(workTree: string, edits: Edits): Promise<void> {
  for (const [name, content] of Object.entries(edits)) {
    const file = path.join(workTree, name);
    if (content === null) {
      await rm(file, { recursive: true });
    } else {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      if (content.toString().startsWith('#!')) await chmod(file, 0o755);
    }
  }
}

/**
 * Copies `directory` (without a .git), commits it as the first commit, and pushes that to a new bare
 * repository on the host. Needs git and ssh on this machine.
 */
export async function fromDirectory(
  host: Host,
  repository: string,
  directory: string,
): Promise<GitFixture> {
  const bare = await createRepository(host, repository);
  const base = await mkdtemp(path.join(tmpdir(), 'git-fixture-'));
  const workTree = path.join(base, 'work');
  const knownHostsPath = path.join(base, 'known_hosts');
  await writeFile(knownHostsPath, `${host.knownHosts}\n`);
  await cp(directory, workTree, {
    recursive: true,
    filter: (source) => path.basename(source) !== '.git',
  });

  const env = {
    ...process.env,
    ...gitEnvironment,
    GIT_SSH_COMMAND: sshCommand(host, knownHostsPath),
  };
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await runOrThrow(['git', ...args], { cwd: workTree, env });
    return stdout.replace(/\n$/, '');
  };
  const remote = `ssh://${host.username}@${host.address}:${String(host.port)}${bare}`;
  const fixture: GitFixture = {
    repository,
    workTree,
    git,
    commit: async (message, edits = {}) => {
      await edit(workTree, edits);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', `--message=${message}`);
      return git('rev-parse', 'HEAD');
    },
    push: async ({ branch = 'main', force = false } = {}) => {
      const refspec = `${force ? '+' : ''}HEAD:refs/heads/${branch}`;
      await git('push', '--quiet', 'origin', refspec);
    },
    read: (file) => readFile(path.join(workTree, file), 'utf8'),
    remove: () => rm(base, { recursive: true, force: true }),
  };
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', remote);
  await fixture.commit('First commit');
  await fixture.push();
  return fixture;
}
