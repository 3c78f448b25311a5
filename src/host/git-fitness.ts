import type { Inputs } from '../inputs.js';
import { complaint, type Problem } from './problem.js';
import { commandLine } from './quote.js';
import { linesOf, type Sections } from './sections.js';

/** What is wrong with the clone on the host, with the way to the repository, or with the commit. */
export function gitProblem(
  sections: Sections,
  inputs: Pick<Inputs, 'path' | 'source'>,
  sha: string,
): Problem | undefined {
  return (
    cloneProblem(sections, inputs.path) ??
    refProblem(sections, inputs) ??
    fetchProblem(sections, inputs.source) ??
    commitProblem(sections, inputs.source, sha) ??
    headProblem(sections, inputs) ??
    stageProblem(sections, sha) ??
    nameProblem(sections)
  );
}

function cloneProblem(sections: Sections, path: string): Problem | undefined {
  const at = commandLine([path]);
  if (linesOf(sections.get('live')).includes('git-elsewhere')) {
    return {
      what: `${path}/.git is no directory: it leads to a repository elsewhere`,
      next: `A stack needs a clone of its own, no worktree and no submodule. On the host: move ${at} away; the deploy makes a new clone. Move the files that are not in git (.env, data) into it first.`,
    };
  }
  if (linesOf(sections.get('live')).includes('git-sparse')) {
    return {
      what: `the clone ${path} is sparse: it has a part of the files only`,
      next: `A release is all files of the commit, and those that are left out would be taken for removed by hand. On the host: git -C ${at} sparse-checkout disable`,
    };
  }
  const owner = complaint(sections, 'owner');
  if (owner !== undefined && /dubious ownership|unsafe repository/i.test(owner)) {
    return {
      what: `the clone ${path} belongs to another user`,
      next: `On the host, give it to the user that deploys: sudo chown -R "$USER": ${at}`,
      evidence: owner,
    };
  }
  return foreignProblem(sections, path);
}

/** What git never makes there: somebody, or a container that mounts the directory, has. */
function foreignProblem(sections: Sections, path: string): Problem | undefined {
  const foreign = linesOf(sections.get('git-foreign'));
  if (foreign.length > 0) {
    const rm = commandLine(['rm', '-r', ...foreign.map((name) => `${path}/${name}`)]);
    return {
      what: `in ${path} these hold what git never writes there: ${foreign.join(', ')}`,
      next: `Look at who can write to this directory (containers that mount it), then remove them on the host: ${rm}`,
    };
  }
  const links = linesOf(sections.get('git-links'));
  if (links.length === 0) return undefined;
  return {
    what: `in ${path} these are symbolic links, and what is written there would end up elsewhere: ${links.join(', ')}`,
    next: 'Replace them by what they lead to. If you did not make them, look at who can write to this directory (containers that mount it).',
  };
}

/** git would only say so when the release serves already. */
function refProblem(
  sections: Sections,
  { path, source: { branch } }: Pick<Inputs, 'path' | 'source'>,
): Problem | undefined {
  const branches = linesOf(sections.get('refs-in-the-way')).map((ref) =>
    ref.replace('refs/heads/', ''),
  );
  if (branches.length === 0) return undefined;
  const renamed = branches.map((name) =>
    commandLine(['git', '-C', path, 'branch', '-m', name, `old-${name.replaceAll('/', '-')}`]),
  );
  return {
    what: `the clone ${path} has the branch ${branches.join(', ')}, beside which git makes none named ${branch}`,
    next: `On the host, give it another name: ${renamed.join(' && ')}`,
  };
}

function fetchProblem(
  sections: Sections,
  { repository, branch }: Inputs['source'],
): Problem | undefined {
  const fetch = complaint(sections, 'fetch');
  if (fetch === undefined) return undefined;
  const [unwritten] =
    /no space left on device|disk quota exceeded|read-only file system/i.exec(fetch) ?? [];
  if (unwritten !== undefined) {
    return {
      what: `the host cannot keep what it fetches: ${unwritten.toLowerCase()}`,
      next: 'The commit is fetched into the state directory, in the home directory of the user. On the host: df -h ~; df -i ~; quota -s; where the file system is read-only, sudo dmesg | tail says why. Nothing was changed.',
      evidence: fetch,
    };
  }
  const problem = (next: string): Problem => ({
    what: `the host cannot fetch ${branch} of ${repository}`,
    next,
    evidence: fetch,
  });
  if (/redirect|error: 30[1278]\b/i.test(fetch)) {
    return problem(
      'The server answers with a redirect, which is not followed: the token is for this address alone. Set the input repository to the new name or address.',
    );
  }
  return problem(
    /authentication|403|401|could not read Username|not found/i.test(fetch)
      ? 'Give the job `permissions: contents: read`, or set token to one that may read the repository.'
      : 'Check the inputs repository and branch, and that the host can reach the git server.',
  );
}

function commitProblem(
  sections: Sections,
  { repository, branch }: Inputs['source'],
  sha: string,
): Problem | undefined {
  const known = !sections.has('commit.err');
  const onBranch = !sections.has('on-branch') || sections.get('on-branch')?.trim() === 'yes';
  if (known && onBranch) return undefined;
  return {
    what: `commit ${sha.slice(0, 12)} is not on ${branch} of ${repository}`,
    next: `Only commits of ${branch} are deployed. Merge it, or set the input branch.`,
  };
}

/** Nothing can be compared with a commit that the branch never had, or has lost before we came. */
function headProblem(
  sections: Sections,
  { path, source: { branch } }: Pick<Inputs, 'path' | 'source'>,
): Problem | undefined {
  const head = sections.get('head-unknown')?.trim();
  if (head === undefined) return undefined;
  const at = commandLine([path]);
  return {
    what: `${path} is at commit ${head.slice(0, 12)}, which ${branch} does not have`,
    next: `It was made on the host, or ${branch} was force-pushed. Bring it to ${branch} (git -C ${at} push origin ${head.slice(0, 12)}:refs/heads/rescue, then merge that), or go back to a commit of ${branch} on the host: git -C ${at} fetch origin && git -C ${at} reset --hard origin/${branch}`,
  };
}

function stageProblem(sections: Sections, sha: string): Problem | undefined {
  const submodule = complaint(sections, 'submodule');
  if (submodule !== undefined) {
    return {
      what: `a submodule of commit ${sha.slice(0, 12)} cannot be fetched by the host`,
      next: 'Check its URL in .gitmodules, and that its commit was pushed. A private one on the same server needs a token that may read it (the default reads this repository alone); one over ssh needs a key of the user on the host.',
      evidence: submodule,
    };
  }
  const untracked = complaint(sections, 'untracked');
  if (untracked !== undefined) {
    return {
      what: 'the files on the host that are not in git could not be listed',
      next: 'A mount within that directory whose server is gone is the usual reason: findmnt on the host shows them. One that is named in .gitignore is still looked into; mount it elsewhere.',
      evidence: untracked,
    };
  }
  const said = complaint(sections, 'stage');
  if (said === undefined) return undefined;
  return {
    what: `the files of commit ${sha.slice(0, 12)} could not be laid out on the host`,
    next: /no space|quota/i.test(said)
      ? 'Make room on the disk: docker system df and docker builder prune on the host.'
      : 'Nothing was changed. See what git said; a full disk or a missing filter (Git LFS) are the usual reasons.',
    evidence: said,
  };
}

/** A newline in a path comes as the character 1, a byte that is no UTF-8 as the replacement character. */
const UNUSABLE = /[^\P{Cc}\t]|\ufffd/u;

function nameProblem(sections: Sections): Problem | undefined {
  const names = linesOf(sections.get('files')).filter((path) => UNUSABLE.test(path));
  if (names.length === 0) return undefined;
  const shown = names
    .slice(0, 5)
    .map((path) => JSON.stringify(path.replaceAll('\u0001', '\n')))
    .join(', ');
  return {
    what: `the commit has file names with line breaks, control characters or bytes that are no UTF-8: ${shown}`,
    next: 'Rename these files (git mv), and push again.',
  };
}
