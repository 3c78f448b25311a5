import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { toyHost, type ToyHost } from '../remote/host.js';

/** A docker that knows a stack of one service, whose containers never run. */
export const ENGINE = `
case "$*" in
  'version --format {{json .Server}}') echo '{"Version":"26.1.5"}' ;;
  'compose version --short') echo 2.26.1 ;;
  *'config --format json')
    [ -e compose.yaml ] || { echo 'no configuration file provided: not found' >&2; exit 14; }
    [ -z "\${TAG-}" ] || echo "$PWD $TAG" >>"$TOY/tags"
    printf '{\\n  "name": "shop",\\n  "services": {"web": {"build": {"context": "%s/web"}, "environment": {"KEY": "%s"}}}\\n}\\n' "$PWD" "$(cat .env 2>/dev/null)" ;;
  'image ls'*) echo 'sha256:1 77.8MB shop-web:latest'; echo 'sha256:2 9kB redis:8' ;;
  'info'*) printf 'inactive false\n/\n[]\n' ;;
esac`;

/** A toy host that a shop of two commits is deployed to, from a repository beside it. */
export interface Shop {
  readonly host: ToyHost;
  readonly first: string;
  readonly second: string;
  git(directory: string, ...words: string[]): string;
  /** Commits all files of the repository, and gives the sha. */
  commit(subject: string): string;
  /** Makes the live directory as an earlier deploy of that commit left it. */
  deployed(sha: string): void;
}

export function shopOn(shell: string): Shop {
  const host = toyHost(shell);
  host.answerDocker(ENGINE);
  const git = (directory: string, ...words: string[]): string => {
    const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com'];
    return execFileSync('git', ['-C', host.path(directory), ...identity, ...words], {
      encoding: 'utf8',
    }).trim();
  };
  const commit = (subject: string): string => {
    git('origin', 'add', '--all');
    git('origin', 'commit', '-q', '-m', subject);
    return git('origin', 'rev-parse', 'HEAD');
  };
  execFileSync('git', ['init', '-q', '-b', 'main', host.path('origin')]);
  host.write('origin/compose.yaml', 'services: {}\n');
  host.write('origin/web/Dockerfile', 'FROM scratch\n');
  host.write('origin/gone', 'x\n');
  const first = commit('first');
  host.write('origin/web/a file', 'new\n');
  host.write('origin/web/Dockerfile', 'FROM scratch\nUSER 1\n');
  rmSync(host.path('origin/gone'));
  const second = commit('second: "quoted" $HOME');
  return {
    host,
    first,
    second,
    git,
    commit,
    deployed: (sha) => {
      execFileSync('git', ['clone', '-q', host.path('origin'), host.path('shop')]);
      git('shop', 'reset', '-q', '--hard', sha);
    },
  };
}
