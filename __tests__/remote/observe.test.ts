import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseDockerfiles } from '../../src/host/dockerfiles.js';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** A user who owns nothing here; root may write everywhere. */
const AS_NOBODY = 'setpriv --reuid=65534 --regid=65534 --clear-groups';

describe.each(SHELLS)('the look at the host, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
  });
  afterEach(() => {
    host.remove();
  });

  it('tells of a proxy on more networks than a file name has room for', async () => {
    const networks = Array.from({ length: 30 }, (_, index) => `a_network_of_some_project_${index}`);
    const name = `proxy:nginx:${'0'.repeat(64)}:edge:${networks.join(',')}`;
    host.write('scratch/.keep', '');
    const { code, stdout, stderr } = await host.run(
      `${remoteScript('observe/sections')}\ncapture "$NAME" echo loaded\ncapture "$NAME" false || :`,
      { MARK: 'm', SCRATCH: host.path('scratch'), NAME: name },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(`\n=m=${name}=\nloaded\n\n=m=${name}.err=\n`);
    expect(code).toBe(0);
  });

  it('takes a container that somebody runs of an image of the stack for none of it', async () => {
    // The labels of an image that Compose has built are those of the project and the service, and no more.
    host.answerDocker(`case "$*" in
  'ps -aq'*oneoff*) echo a1 ;;
  'ps -aq'*) echo a1; echo by-hand ;;
  'inspect a1'*|'inspect by-hand'*) echo "seen: $*" ;;
esac`);
    host.write('scratch/.keep', '');
    const words = ['observe/sections', 'observe/running'].map(remoteScript).join('\n');
    const { stdout } = await host.run(`${words}\nobserve_running shop`, {
      MARK: 'm',
      SCRATCH: host.path('scratch'),
    });
    expect(stdout).toContain('seen: inspect a1\n');
  });

  it.each([
    ['names none', 'A=COMPOSE_FILE=x\n', '', ''],
    ['names others', 'A=1\n export COMPOSE_FILE=x.yml\n', '', '.env\n'],
    ["names others, and is the workflow's", 'COMPOSE_FILE=x.yml\n', '.env', ''],
  ])('tells of Compose files that git does not hold; .env %s', async (_, env, envPath, told) => {
    host.write('stage/.env', env);
    for (const file of ['compose.yaml', 'compose.override.yml', 'docker-compose.prod.yml'])
      host.write(`stage/${file}`, '');
    host.write('own/files', 'README.md\0compose.yaml\0');
    const words = ['lib/git', 'observe/sections', 'observe/stage'].map(remoteScript).join('\n');
    const { code, stdout, stderr } = await host.run(
      `set -eu\n${words}\nobserve_own_compose_files`,
      {
        MARK: 'm',
        STAGE: host.path('stage'),
        OWN: host.path('own'),
        ENV_PATH: envPath,
      },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(`\n=m=own-compose-files=\ncompose.override.yml\n${told}`);
    expect(code).toBe(0);
  });

  it('tells of links that no commit holds, and by which the definition leads', async () => {
    const git = (...words: string[]): void => {
      const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com'];
      execFileSync('git', ['-C', host.path('live'), ...identity, ...words]);
    };
    for (const file of ['web/file', 'plain/file', 'other']) host.write(`live/${file}`, '');
    symlinkSync('web', host.path('live/kept'));
    symlinkSync('web', host.path('live/changed'));
    execFileSync('git', ['init', '-q', '-b', 'main', host.path('live')]);
    git('add', 'kept', 'changed', 'web');
    git('commit', '-q', '-m', 'first');
    execFileSync('git', [
      'clone',
      '-q',
      '--bare',
      host.path('live'),
      `${host.state}/repository.git`,
    ]);
    host.write('own/modified', 'changed\n');
    for (const link of ['data', 'conf', 'app.env', '.env', 'unused'])
      symlinkSync('/', host.path(`live/${link}`));
    const stage = host.path('own/stage');
    host.write('own/stage/compose.yaml', 'services:\n  a:\n    env_file:\n      - ./app.env\n');
    const sources = ['data', 'conf/nginx/x.conf', 'kept/a', 'changed/a', 'plain/file', '../x'];
    host.write(
      'scratch/config.out',
      sources.map((each) => `      "source": "${stage}/${each}",\n`).join(''),
    );
    const words = ['lib/git', 'observe/sections', 'observe/compose'].map(remoteScript).join('\n');
    const { stdout, stderr } = await host.run(`${words}\nobserve_links`, {
      ...{ MARK: 'm', SHA: 'main', DIR: host.path('live'), STAGE: stage, OWN: host.path('own') },
      SCRATCH: host.path('scratch'),
    });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n').slice(1).sort()).toEqual(
      ['.env', 'app.env', 'changed', 'conf', 'data'].sort(),
    );
  });

  it('tells that the timeout is not the one that is needed', async () => {
    host.answer(
      'timeout',
      `case $1 in --*) echo 'unrecognized option' >&2; exit 1 ;; esac\nPATH=\${PATH#*:} exec timeout "$@"`,
    );
    const { stdout } = await host.run(`${remoteScript('observe/machine')}\nmissing_tools`);
    expect(stdout.split('\n')).toContain('timeout of GNU coreutils');
    host.answer('timeout', 'PATH=${PATH#*:} exec timeout "$@"');
    const { stdout: known } = await host.run(`${remoteScript('observe/machine')}\nmissing_tools`);
    expect(known).not.toContain('timeout');
  });

  it('tells of the directories of the clone that the release must write, and cannot', async () => {
    const files = [
      '.git/refs/heads/main',
      '.git/objects/ab/1',
      '.git/hooks/trap',
      'conf/sub/file',
      'other/file',
      'top',
    ];
    for (const file of files) host.write(`live/${file}`, '');
    host.write(
      'ask.sh',
      [
        ...['lib/git', 'observe/commit'].map(remoteScript),
        "git_own() { printf 'conf/sub/file\\000top\\000new/deep/file\\000'; }",
        'BASE= SHA= DIR=$1\nunwritable',
      ].join('\n'),
    );
    const { stdout, stderr } = await host.run(
      `cd "$TOY" && chmod -R a+rwX . && chmod 755 live/.git/objects/ab live/.git/hooks live/conf/sub live/other
${AS_NOBODY} "$TOY/bin/sh" "$TOY/ask.sh" "$TOY/live"`,
      { TOY: host.root },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(
      ['.git/objects/ab', 'conf/sub'].map((name) => `${host.path(`live/${name}`)}\n`).join(''),
    );
  });

  it('takes a directory for another one than the stack’s where nobody may look for it', async () => {
    host.write('home/.keep', '');
    host.write(
      'ask.sh',
      `${['observe/machine', 'observe/running'].map(remoteScript).join('\n')}\nDIR=$1/shop STATE=$1/state\nwhereabouts "$1/home/a/shop"\n`,
    );
    const ask = `"$TOY/bin/sh" "$TOY/ask.sh" "$TOY"`;
    const { stdout, stderr } = await host.run(
      `cd "$TOY" && chmod -R a+rwX . && ${AS_NOBODY} ${ask}; chmod 700 home; ${AS_NOBODY} ${ask}`,
      { TOY: host.root },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(`hidden ${host.path('home/a/shop')}\n`);
  });

  it('tells of every file of the commit that says where a proxy sends requests, whatever stands between its words', async () => {
    const files = {
      'nginx/tabs.conf': 'location / {\n\tproxy_pass\thttp://web:3000;\n}\n',
      'nginx/scgi.conf': 'location / { scgi_pass app:4000; }\n',
      Caddyfile: 'example.com {\n\treverse_proxy\tapp:80\n}\n',
      'haproxy.cfg': 'backend a\n\tserver one web:80\n',
      'lb.cfg': 'listen\tin\n\tserver\tone\tweb:80\n',
      'httpd.conf': '\tProxyPass\t/ http://web/\n',
      'tunnel/config.yml': 'ingress:\n  - hostname: a.example\n    service: http://web:80\n',
      'README.md': 'proxy_pass http://web;\n',
      'k8s/ingress.yaml': 'ingress:\n  - service: web\n',
      'settings.conf': 'proxy_passes 3\nserver one\n',
    };
    for (const [file, text] of Object.entries(files)) host.write(`stage/${file}`, text);
    const { stdout, stderr } = await host.run(
      [
        ...['observe/sections', 'observe/compose'].map(remoteScript),
        'git_own() { git -C "$STAGE" -c user.name=Tester -c user.email=tester@example.com "$@"; }',
        'git_own init -q && git_own add --all && git_own commit -q -m first',
        'observe_proxy_files',
      ].join('\n'),
      { MARK: 'm', STAGE: host.path('stage'), SHA: 'HEAD' },
    );
    expect(stderr).toBe('');
    const told = [...stdout.matchAll(/^=m=proxy-file:(.*)=$/gm)].map(([, file]) => file);
    expect(told.sort()).toEqual(Object.keys(files).slice(0, 7).sort());
  });

  it('tells what the images are built from, of the Dockerfiles that Compose names', async () => {
    const stage = host.path('stage');
    const build = (context: string, dockerfile?: string) => ({ build: { context, dockerfile } });
    const config = {
      services: {
        api: build(`${stage}/api`, 'Dockerfile'),
        web: build(`${stage}/my web`, '../docker/web.Dockerfile'),
        inline: build(`${stage}/inline`),
        outside: build('/elsewhere', 'Dockerfile'),
      },
    };
    host.write('scratch/config.out', JSON.stringify(config, undefined, 2));
    host.write('stage/api/Dockerfile', 'ARG TAG=1\n# a comment\n  from base:$TAG\nRUN make\n');
    host.write('stage/my web/file', '');
    host.write('stage/docker/web.Dockerfile', 'FROM node\nCOPY --from=shop-api /a b\nCMD from\n');
    const { stdout, stderr } = await host.run(
      `${['observe/sections', 'observe/context'].map(remoteScript).join('\n')}\nobserve_dockerfiles`,
      { MARK: 'm', SCRATCH: host.path('scratch'), STAGE: stage },
    );
    expect(stderr).toBe('');
    expect(parseDockerfiles(stdout.replace('\n=m=dockerfiles=\n', ''))).toEqual({
      'api/Dockerfile': ['ARG TAG=1', '  from base:$TAG'],
      'docker/web.Dockerfile': ['FROM node', 'COPY --from=shop-api /a b'],
    });
  });
});
