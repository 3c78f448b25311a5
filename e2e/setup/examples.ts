import { fileURLToPath } from 'node:url';
import { type ActionRun, startAction } from '../harness/action.js';
import type { Host } from '../host/host.js';
import { runOrThrow } from '../host/process.js';
import type { Checks } from '../scenarios/checks.js';

/** The examples that a reader copies; each begins on a host where nothing was ever deployed. */
const EXAMPLES = ['nginx', 'caddy', 'traefik'] as const;

/** What the secrets of the repository hold. */
export interface Login {
  readonly host: Host;
  readonly key: string;
  readonly fingerprint: string;
}

export interface Deployed {
  /** The directory of action.yml and dist/. */
  readonly action: string;
  /** `owner/name` */
  readonly repository: string;
}

/** Deploys each example with the inputs of the README's workflow: a first release, and a second one. */
export async function deployExamples(
  login: Login,
  deployed: Deployed,
  checks: Checks,
): Promise<void> {
  for (const example of EXAMPLES) {
    for (const release of ['one', 'two']) {
      const run = await deploy(
        login,
        deployed,
        await commit(login.host, deployed, example, release),
      );
      const what = `examples/${example}, release ${release}`;
      checks.equal(run.outputs['result'], 'deployed', `${what}: ${run.log.slice(-600)}; result`);
      if (release === 'two')
        checks.equal(run.outputs['failed-probes'], '0', `${what}: failed probes`);
      const answer = await fetch(`http://${login.host.address}/api/health/`);
      checks.matches(await answer.text(), new RegExp(`"release": "${release}"`), what);
      console.log(
        `${what}: ${String(run.outputs['result'])} in ${(run.durationMs / 1000).toFixed(1)} s`,
      );
    }
    await login.host.ask(EMPTY, { user: 'root' });
  }
}

/** The host's own inputs are those of README.md, `needs` as the runner would fill it in. */
async function deploy(
  login: Login,
  { action, repository }: Deployed,
  sha: string,
): Promise<ActionRun> {
  const running = await startAction({
    action,
    inputs: {
      host: login.host.address,
      username: 'deploy',
      key: login.key,
      'host-fingerprint': login.fingerprint,
      needs: '{"test":{"result":"success","outputs":{}}}',
    },
    workflow: { repository, sha, ref: 'refs/heads/main', event: 'push', runId: '1' },
  });
  const main = await running.done;
  await running.post(main);
  return main;
}

/** Commits the example with that release to the repository on the host that stands for GitHub's. */
async function commit(
  host: Host,
  { repository }: Deployed,
  example: string,
  release: string,
): Promise<string> {
  const directory = fileURLToPath(new URL(`../../examples/${example}/`, import.meta.url));
  const archive = `/tmp/${example}.tar`;
  const tar = await runOrThrow(['sh', '-c', 'tar -C "$1" -cf - . | base64', 'sh', directory]);
  await host.ask(`base64 -d >${archive}`, { user: 'root', stdin: tar.stdout });
  return host.ask(
    `set -e
    export HOME=/root
    git config --global user.name shop && git config --global user.email shop@example.com
    [ -d /srv/git/${repository}.git ] || git init --quiet --bare --initial-branch=main /srv/git/${repository}.git
    rm -rf /tmp/commit && git clone --quiet /srv/git/${repository}.git /tmp/commit 2>/dev/null
    cd /tmp/commit && tar -xf ${archive} && echo ${release} >api/RELEASE
    git add --all && git commit --quiet --message 'Release ${release}' && git push --quiet origin HEAD:main
    git rev-parse HEAD`,
    { user: 'root' },
  );
}

const EMPTY = `
docker ps -aq | xargs -r docker rm -f >/dev/null
docker volume ls -q | xargs -r docker volume rm -f >/dev/null
docker network prune -f >/dev/null
rm -rf /srv/git/you /home/deploy/shop /home/deploy/.local/state/resee-deploy
install -d -o deploy -g deploy /home/deploy/shop
`;
