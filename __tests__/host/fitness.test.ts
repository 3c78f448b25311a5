import { describe, expect, it } from '@jest/globals';
import { RefusedError } from '../../src/errors.js';
import { refuseUnfit } from '../../src/host/fitness.js';
import { accepted, SHA } from '../inputs/given.js';

const inputs = accepted({ path: '/home/ec2-user/Resee-project', branch: 'main' });

/** What a fit host answers; the names are those of observe.sh. */
const FIT: Readonly<Record<string, string>> = {
  docker: '{"Version":"26.1.5"}\n',
  compose: '2.26.1\n',
  'compose-v1.err': 'sh: 1: docker-compose: not found\n',
  'git-version': 'git version 2.47.2\n',
  tools: '\n',
  live: 'directory\ngit\nwritable\n',
  fetch: '',
  commit: `${SHA}\n`,
  'on-branch': 'yes\n',
  config: '{}',
};

/** The refusal of a host that answers so; undefined in `answers` takes a section away. */
function refusal(answers: Readonly<Record<string, string | undefined>>): RefusedError | undefined {
  const sections = new Map(
    Object.entries({ ...FIT, ...answers }).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text] as const],
    ),
  );
  try {
    refuseUnfit(sections, inputs, SHA);
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}

/** A container of the stack, as `docker ps` lists it. */
function listed(
  files: readonly string[],
  oneOff = 'False',
  status = 'Up 2 hours (healthy)',
): string {
  const directory = '/home/ec2-user/Resee-project';
  const paths = files.map((file) => `${directory}/${file}`).join(',');
  return `shop\t${directory}\t${paths}\t${oneOff}\t${status}\tshop-web-1\t0.0.0.0:80->80/tcp\n`;
}

describe('refuseUnfit', () => {
  it('lets a fit host pass', () => {
    expect(refusal({})).toBeUndefined();
  });

  it('lets a stack be taken over that was started with the files that this deploy reads', () => {
    const started = (...files: string[]) => ({
      config: '{"name":"shop"}',
      listed: listed(files),
    });
    expect(refusal(started('compose.yaml', 'compose.override.yaml'))).toBeUndefined();
    const other = started('compose.yaml', 'compose.prod.yaml');
    expect(refusal(other)).toBeDefined();
    expect(refusal({ ...other, 'release:1': '{}' })).toBeUndefined();
    expect(refusal({ ...other, 'compose-file-variable': 'COMPOSE_FILE\n' })).toBeUndefined();
  });

  it.each([
    'tcp://127.0.0.1:2375',
    'tcp://localhost:2376',
    'tcp://[::1]:2375',
    'http://127.0.0.1:80/',
  ])('lets an engine pass that the host reaches by a port of its own: %s', (endpoint) => {
    const name = { 'engine-name': 'web-1\nweb-1\nDebian GNU/Linux 13\n' };
    expect(
      refusal({ endpoint: `${endpoint}\n`, ...name, swarm: 'inactive false\n' }),
    ).toBeUndefined();
  });

  it.each([
    'tcp://127.0.0.1.example.com:2375',
    'tcp://localhost.example.com:2375',
    'tcp://10.0.0.2:2375',
  ])('takes no other machine for the host: %s', (endpoint) => {
    expect(refusal({ endpoint: `${endpoint}\n` })?.message).toContain('another engine');
  });

  it('lets a Compose pass that is old, and has all that a deploy uses', () => {
    expect(refusal({ compose: '2.10.2\n' })).toBeUndefined();
    expect(refusal({ compose: '5.5.0\n' })).toBeUndefined();
  });

  it('lets an engine pass that maps the users of containers, or labels what they mount', () => {
    const security = '["name=userns","name=selinux","name=seccomp,profile=builtin"]\n';
    expect(refusal({ 'engine-security': security })).toBeUndefined();
  });

  it('lets a host pass that has no directory yet, and where one can be made', () => {
    expect(refusal({ live: 'writable\n' })).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, string, RegExp]>([
    [
      'a user outside of the group docker',
      {
        docker: undefined,
        'docker.err':
          'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.45/version": dial unix /var/run/docker.sock: connect: permission denied',
      },
      'the user may not use Docker',
      /usermod -aG docker/,
    ],
    [
      'an engine that hangs, whatever else was told',
      { unanswered: '60 inspect\n', 'git-version.err': 'not found' },
      'the Docker Engine did not answer within 60 s (docker inspect)',
      /^Nothing was changed.*journalctl -u docker.*systemctl restart docker/,
    ],
    [
      'an engine elsewhere',
      { endpoint: 'ssh://me:secret@build.example.com\n' },
      'docker of this user speaks to another engine than the one of the host: ssh://build.example.com',
      /docker context use default.*DOCKER_HOST/,
    ],
    [
      'an engine behind a port of the host that is of another machine',
      {
        endpoint: 'tcp://127.0.0.1:2375\n',
        'engine-name': 'web-1\nbuild-7\nDebian GNU/Linux 13\n',
      },
      'docker of this user speaks through tcp://127.0.0.1:2375 to the engine of another machine: that one calls itself build-7, this host is web-1',
      /Make the machine that runs the containers the input host/,
    ],
    [
      'a Swarm behind a port of the host',
      { endpoint: 'tcp://localhost:2375\n', swarm: 'active true\n' },
      'docker of this user reaches the engine by tcp://localhost:2375, and a Docker Swarm is deployed to by its socket',
      /DOCKER_HOST/,
    ],
    [
      'a rootless engine',
      {
        endpoint: 'unix:///run/user/1000/docker.sock\n',
        'engine-security': '["name=seccomp,profile=builtin","name=rootless","name=cgroupns"]\n',
      },
      'docker of this user speaks to a rootless Docker Engine',
      /docker context use default.*usermod -aG docker/,
    ],
    [
      'Docker Desktop',
      {
        endpoint: 'unix:///home/me/.docker/desktop/docker.sock\n',
        'engine-name': 'web-1\ndocker-desktop\nDocker Desktop\n',
      },
      'docker of this user speaks to Docker Desktop, which runs containers in a virtual machine',
      /docker context use default/,
    ],
    [
      'the docker command of Podman',
      { 'docker-says': 'podman version 5.4.2\n', docker: 'null\n' },
      'docker on the host is Podman (podman-docker), not Docker',
      /take away podman-docker first/,
    ],
    [
      'the service of Podman',
      {
        'docker-says': 'Docker version 28.5.1, build e180ab8\n',
        docker: '{"Components":[{"Name":"Podman Engine","Version":"5.4.2"}],"Version":"5.4.2"}\n',
      },
      'docker of this user speaks to Podman, not to the Docker Engine',
      /docs\.docker\.com\/engine\/install/,
    ],
    [
      'a Compose that lacks what a deploy uses',
      { compose: 'v2.5.0\n' },
      'Docker Compose v2.5.0 is too old',
      /Install Compose 2\.20 or later/,
    ],
    [
      'a sparse clone',
      { live: 'directory\ngit-sparse\ngit\nwritable\n' },
      'the clone /home/ec2-user/Resee-project is sparse: it has a part of the files only',
      /sparse-checkout disable/,
    ],
    [
      'a home directory that fills up while the commit is fetched',
      { 'fetch.err': 'fatal: write error: No space left on device\nfatal: fetch-pack failed\n' },
      'the host cannot keep what it fetches: no space left on device',
      /df -h ~/,
    ],
    [
      'a home directory that is read-only',
      { 'fetch.err': 'fatal: cannot mkdir /home/a/x: Read-only file system\n' },
      'the host cannot keep what it fetches: read-only file system',
      /dmesg/,
    ],
    [
      'the program that Docker is asked by is missing',
      {
        tools: 'timeout\n',
        docker: undefined,
        'docker.err': 'sh: 1: timeout: not found',
      },
      'the host lacks timeout',
      /coreutils/,
    ],
    [
      'a daemon that was stopped, as Docker 29 says it',
      {
        docker: undefined,
        'docker.err':
          'failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory',
      },
      'the Docker daemon does not run',
      /systemctl enable --now docker/,
    ],
    [
      'Docker as a snap, whatever it says',
      {
        'docker-program': '/usr/bin/snap\n',
        docker: undefined,
        'docker.err': 'permission denied while trying to connect to the Docker daemon socket',
      },
      'Docker is installed as a snap, which may not read the directories that a deploy works in',
      /snap remove docker/,
    ],
    [
      'a state that another directory of the same name has',
      {
        state: '/home/ec2-user/.local/state/resee-deploy/resee-project',
        'foreign-state': '/srv/Resee-project\n',
      },
      'the releases and the lock in /home/ec2-user/.local/state/resee-deploy/resee-project belong to the stack in /srv/Resee-project, not to /home/ec2-user/Resee-project',
      /set project-name/,
    ],
    [
      'containers that were created from other Compose files',
      {
        config: '{"name":"shop"}',
        listed:
          'other\t/x\t/x/compose.yml\tFalse\tUp 1 second\tother-1\t\n' +
          `${listed(['compose.yaml'], 'True')}${listed(['compose.yaml'], 'False', 'Exited (0)')}` +
          listed(['docker-compose.yml', 'docker-compose.prod.yml']),
      },
      'the containers of shop were created from docker-compose.yml, docker-compose.prod.yml, and this deploy reads the default Compose file',
      /Set compose-files: docker-compose\.yml, docker-compose\.prod\.yml/,
    ],
    [
      'directories of the clone that belong to root',
      {
        unwritable:
          '/home/ec2-user/Resee-project/.git/objects/ab\n/home/ec2-user/Resee-project/my conf\n',
      },
      'the user may not write to /home/ec2-user/Resee-project/.git/objects/ab, /home/ec2-user/Resee-project/my conf',
      /sudo chown -R "\$USER": '?\/home\/ec2-user\/Resee-project\/.git\/objects\/ab'? '\/home\/ec2-user\/Resee-project\/my conf'/,
    ],
    [
      'a daemon that does not run',
      {
        docker: undefined,
        'docker.err':
          'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\nnull',
      },
      'the Docker daemon does not run',
      /systemctl enable --now docker/,
    ],
    [
      'no Docker',
      { docker: undefined, 'docker.err': 'sh: 1: docker: not found' },
      'Docker Engine is not installed',
      /dnf install -y docker .*apt-get install -y docker\.io/,
    ],
    [
      'no Compose plugin, as on Amazon Linux',
      { compose: undefined, 'compose.err': "docker: 'compose' is not a docker command." },
      'the Docker Compose plugin is not installed',
      /docs\.docker\.com\/compose\/install/,
    ],
    [
      'only docker-compose 1',
      {
        compose: undefined,
        'compose.err': "docker: 'compose' is not a docker command.",
        'compose-v1': '1.29.2\n',
        'compose-v1.err': undefined,
      },
      'the Docker Compose plugin is not installed (docker-compose 1 is there, and is not enough)',
      /Install Compose v2/,
    ],
    [
      'a plugin that is Compose 1',
      { compose: 'v1.29.2\n' },
      'Docker Compose v1.29.2 is too old',
      /2\.20 or later/,
    ],
    [
      'no git',
      { 'git-version': undefined, 'git-version.err': 'sh: 1: git: not found' },
      'the host lacks git',
      /dnf install -y git/,
    ],
    ['no flock', { tools: 'flock\nsetsid\n' }, 'the host lacks flock, setsid', /util-linux/],
    [
      'a branch in the way of the one that is deployed',
      { 'refs-in-the-way': 'refs/heads/main/old\n' },
      'the clone /home/ec2-user/Resee-project has the branch main/old, beside which git makes none named main',
      /git -C \/home\/ec2-user\/Resee-project branch -m main\/old old-main-old$/,
    ],
    [
      'a timeout that knows too little',
      {
        tools: 'timeout of GNU coreutils\n',
        docker: undefined,
        'docker.err': 'timeout: unrecognized option: foreground',
      },
      'the host lacks timeout of GNU coreutils',
      /coreutils/,
    ],
    [
      'a home without locks',
      { state: '/home/me/state\n', 'locks.err': 'flock: 9: No locks available' },
      'the state directory /home/me/state lies in a file system that bears no locks',
      /rpc-statd/,
    ],
    [
      'a directory of somebody else',
      { live: 'directory\ngit\n' },
      'the user may not write to /home/ec2-user/Resee-project',
      /chown "\$USER" \/home\/ec2-user\/Resee-project/,
    ],
    [
      'a private repository without a token',
      {
        'fetch.err':
          "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
      },
      'the host cannot fetch main of org/Resee-project',
      /contents: read/,
    ],
    [
      'a token that is not enough',
      {
        'fetch.err':
          "remote: Write access to repository not granted.\nfatal: unable to access 'https://github.com/org/x.git/': The requested URL returned error: 403",
      },
      'the host cannot fetch main of org/Resee-project',
      /contents: read/,
    ],
    [
      'a git server that cannot be reached',
      {
        'fetch.err':
          "fatal: unable to access 'https://github.com/org/x.git/': Failed to connect to github.com port 443 after 0 ms: Could not connect to server",
      },
      'the host cannot fetch main of org/Resee-project',
      /reach the git server/,
    ],
    [
      'a branch that does not exist',
      { 'fetch.err': "fatal: couldn't find remote ref refs/heads/main" },
      'the host cannot fetch main of org/Resee-project',
      /inputs repository and branch/,
    ],
    [
      'a commit that was never pushed',
      { commit: undefined, 'commit.err': '' },
      'commit 0123456789ab is not on main of org/Resee-project',
      /Only commits of main are deployed. Merge it/,
    ],
    [
      'a commit of another branch',
      { 'on-branch': '' },
      'commit 0123456789ab is not on main of org/Resee-project',
      /Only commits of main are deployed/,
    ],
    [
      'a clone of another user',
      { 'owner.err': "fatal: detected dubious ownership in repository at '/home/x'" },
      'the clone /home/ec2-user/Resee-project belongs to another user',
      /sudo chown -R "\$USER": \/home\/ec2-user\/Resee-project/,
    ],
    [
      'a clone whose .git leads elsewhere',
      { live: 'directory\ngit-elsewhere\nwritable\n' },
      '/home/ec2-user/Resee-project/.git is no directory: it leads to a repository elsewhere',
      /clone of its own/,
    ],
    [
      'links inside of .git, which a container may have made',
      { 'git-links': '.git/index\n' },
      'in /home/ec2-user/Resee-project these are symbolic links, and what is written there would end up elsewhere: .git/index',
      /who can write/,
    ],
    [
      'files inside of .git that git has not written',
      { 'git-foreign': '.git/commondir\n.git/shallow\n' },
      'in /home/ec2-user/Resee-project these hold what git never writes there: .git/commondir, .git/shallow',
      /who can write.*rm -r \/home\/ec2-user\/Resee-project\/\.git\/commondir/,
    ],
    [
      'a server that sends the token elsewhere',
      { 'fetch.err': 'fatal: unable to access …: The requested URL returned error: 301' },
      'the host cannot fetch main of org/Resee-project',
      /redirect, which is not followed/,
    ],
    [
      'a live commit that the branch does not have',
      { 'head-unknown': `${'f'.repeat(40)}\n` },
      '/home/ec2-user/Resee-project is at commit ffffffffffff, which main does not have',
      /reset --hard origin\/main/,
    ],
    [
      'a commit that cannot be laid out',
      { 'stage.err': 'error: unable to write file x: No space left on device' },
      'the files of commit 0123456789ab could not be laid out on the host',
      /Make room/,
    ],
    [
      'names that no list can hold',
      { files: 'web/a\u0001b\nweb/c\td\nweb/"e"\nweb/\ufffd\n' },
      'the commit has file names with line breaks, control characters or bytes that are no UTF-8: "web/a\\nb", "web/\ufffd"',
      /git mv/,
    ],
    [
      'an env file that is not there',
      {
        config: undefined,
        'config.err':
          'env file /home/ec2-user/.local/state/resee-deploy/resee-project/stage/run-1-1/Resee-project/.env not found: stat /home/ec2-user/.local/state/resee-deploy/resee-project/stage/run-1-1/Resee-project/.env: no such file or directory',
      },
      'the Compose file needs .env, which is not on the host',
      /Put it into \/home\/ec2-user\/Resee-project on the host/,
    ],
    [
      'an env file that is not there, as earlier versions say it',
      {
        config: undefined,
        'config.err':
          'Failed to load /stage/Resee-project/prod.env: open /stage/Resee-project/prod.env: no such file or directory',
      },
      'the Compose file needs prod.env, which is not on the host',
      /Put it into \/home\/ec2-user\/Resee-project on the host/,
    ],
    [
      'a variable that nothing sets',
      {
        config: undefined,
        'config.err':
          'error while interpolating services.postgres.environment.POSTGRES_PASSWORD: required variable DB_PASSWORD is missing a value: set DB_PASSWORD in .env',
      },
      'the Compose file needs the variable DB_PASSWORD, which is not set on the host',
      /\/home\/ec2-user\/Resee-project\/\.env/,
    ],
    [
      'no Compose file',
      { config: undefined, 'config.err': 'no configuration file provided: not found' },
      'the commit has no Compose file where one is expected',
      /compose-files/,
    ],
    [
      'no Compose file of that name',
      { config: undefined, 'config.err': 'open /stage/prod.yml: no such file or directory' },
      'the commit has no Compose file where one is expected',
      /compose-files/,
    ],
    [
      'a Compose file with a mistake',
      {
        config: undefined,
        'config.err':
          'validating /stage/compose.yaml: services.a Additional property imagee is not allowed',
      },
      'Docker Compose refuses the Compose file of the commit',
      /`docker compose config` in a clone of the commit/,
    ],
    [
      'a Compose file that is no YAML',
      {
        config: undefined,
        'config.err': 'yaml: line 2: found character that cannot start any token',
      },
      'Docker Compose refuses the Compose file of the commit',
      /docker compose config/,
    ],
  ])('refuses %s', (_, answers, what, next) => {
    const error = refusal(answers);
    expect(error?.what).toBe(what);
    expect(error?.next).toMatch(next);
    expect(error?.where).toBe('203.0.113.7');
  });

  it('shows what the host said', () => {
    const said = 'yaml: line 2: found character that cannot start any token';
    expect(refusal({ config: undefined, 'config.err': `${said}\n` })?.evidence).toBe(said);
  });

  it('names the first obstacle: the others follow from it', () => {
    const error = refusal({
      docker: undefined,
      'docker.err': 'docker: not found',
      compose: undefined,
    });
    expect(error?.what).toBe('Docker Engine is not installed');
  });
});
