import { join } from 'node:path';
import { RefusedError } from '../errors.js';
import { runCommand, type CommandOptions } from './command.js';

const CHECK_OUT =
  'Check it out in the same job before this step: uses: actions/checkout, with ref: the same commit.';

/** What `git` says of the checkout that images are built from. */
export interface Workspace {
  /** The root of the checkout. */
  readonly path: string;
}

/**
 * The checkout on the runner, where it is the commit that is deployed.
 *
 * @throws RefusedError where it is not
 */
export async function requireWorkspace(
  path: string | undefined,
  sha: string,
  options: Omit<CommandOptions, 'cwd'>,
): Promise<Workspace> {
  if (path === undefined || path === '') {
    throw new RefusedError({
      what: 'GITHUB_WORKSPACE is not set, so there is no checkout to build from',
      where: 'build: runner',
      next: CHECK_OUT,
    });
  }
  const head = await git(path, ['rev-parse', '--verify', 'HEAD^{commit}'], options);
  const found = head.stdout.trim();
  if (head.code !== 0 || found === '') {
    throw new RefusedError({
      what: `there is no checkout of the repository in ${path} on the runner`,
      where: 'build: runner',
      next: CHECK_OUT,
      evidence: head.lastLines,
    });
  }
  if (found !== sha) {
    throw new RefusedError({
      what: `the checkout on the runner is ${found.slice(0, 12)}, and ${sha.slice(0, 12)} is deployed`,
      where: `build: runner, ${path}`,
      next: CHECK_OUT,
    });
  }
  return { path };
}

/**
 * Images are built from the commit, not from what else a job has left in the checkout.
 *
 * @throws RefusedError that names files in the build contexts that are not the commit's; ignored ones may be there
 */
export async function requireClean(
  { path }: Workspace,
  contexts: readonly string[],
  options: Omit<CommandOptions, 'cwd'>,
): Promise<void> {
  const inside = contexts.filter((context) => context === path || context.startsWith(`${path}/`));
  if (inside.length === 0) return;
  const words = ['status', '--porcelain', '-z', '--untracked-files=all', '--', ...inside];
  const status = await git(path, words, options);
  const files = status.stdout
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => JSON.stringify(line.slice(3)));
  if (status.code === 0 && files.length === 0) return;
  throw new RefusedError({
    what:
      status.code === 0
        ? `files in a build context on the runner are not those of the commit: ${files.slice(0, 10).join(', ')}`
        : 'git cannot tell whether the checkout on the runner is clean',
    where: `build: runner, ${path}`,
    next: 'Remove them before this step, ignore them by .gitignore, or build in a job of its own with a fresh checkout.',
    evidence: status.lastLines,
  });
}

/** The checkout may belong to another user than the one that runs this step in a container. */
function git(path: string, words: readonly string[], options: Omit<CommandOptions, 'cwd'>) {
  // Of a repository that is named git does not ask whose it is; versions before 2.38 take no safe.directory from here.
  const named = [`--git-dir=${join(path, '.git')}`, `--work-tree=${path}`];
  return runCommand('git', ['-c', 'core.fsmonitor=false', ...named, ...words], {
    ...options,
    cwd: path,
  });
}
