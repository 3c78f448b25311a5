import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isObject } from '../../src/plan/compose/json.js';
import { ENGINE_IS_AWAY, SHELLS, toyHost, type ToyHost } from './host.js';

const OLD = `0123456789ab${'d'.repeat(52)}`;
const DATA = 'b'.repeat(64);
const JOURNAL = "state of o'neill/journal";

/**
 * An engine of one container, OLD, with the name hand: `there/NAME-OR-ID` holds its state and its id, where it is there.
 * `images/NAME` holds an id. What is created is `feed`, and its files come to `copied`.
 */
const ENGINE = `
[ ! -e "$TOY/away" ] || { ${ENGINE_IS_AWAY}; }
for last; do :; done
case "$*" in
  'image inspect '*) cat "$TOY/images/$last" || { echo "Error: No such image: $last" >&2; exit 1; } ;;
  'rm '*) rm "$TOY/there/$last" "$TOY/there/hand" ;;
  'start feed') echo 'running feed' >"$TOY/there/feed" ;;
  'start '*) echo "running $last" >"$TOY/there/$last" ;;
  'cp '*' -') tar -C "$TOY" -cf - secret ;;
  'cp '*) [ -e "$TOY/there/directory" ] && cat >"$TOY/copied" || { tar -tf - >"$TOY/made"; : >"$TOY/there/directory"; exit 1; } ;;
  'inspect '*'RestartPolicy'*) echo "$last always 0" ;;
  'inspect '*'.State.Running}} {{'*) echo 'true false 0'; exit ;;
  'inspect '*) [ -e "$TOY/there/$last" ] || { echo "Error: No such object: $last" >&2; exit 1; } ;;
esac
case "$*" in
  *'State.Status}} {{.Id'*) cat "$TOY/there/$last" ;;
  *'{{.Id}} '*) cut -d' ' -f2 "$TOY/there/$last" ;;
  *State.Running*) echo true ;;
  *State.Status*) cut -d' ' -f1 "$TOY/there/$last" ;;
  *'{{.Image}} '*) echo sha256:old ;;
  *'{{.Name}} '*) echo /hand ;;
  *HostConfig.NetworkMode*) echo shop_one ;;
  *'json .Config'*) echo '{"Hostname":"0123456789ab","Env":["A=1"],"Image":"shop-worker","Labels":{"com.docker.compose.config-hash":"h"}}' ;;
  *'json .HostConfig'*) echo '{"Binds":["/srv:/srv:rw"],"RestartPolicy":{"Name":"unless-stopped"}}' ;;
  *'range .Mounts'*) printf '${DATA}\\t/data\\t"/data"\\nshop_named\\t/n\\t"/n"\\n' ;;
  *'range .HostConfig.Mounts'*) ;;
  *'NetworkSettings.Networks'*) printf 'shop_one\\t{"IPAMConfig":{"IPv4Address":"10.0.0.9"},"Aliases":["worker","0123456789ab"]}\\n' ;;
  'system dial-stdio')
    while IFS= read -r line; do
      line=$(printf %s "$line" | tr -d '\\r')
      case $line in Content-Length:*) length=\${line#*: } ;; '') break ;; esac
    done
    dd bs=1 count="$length" >"$TOY/request" 2>/dev/null
    if [ -e "$TOY/refuses" ]; then
      printf 'HTTP/1.0 404 Not Found\\r\\n\\r\\n{"message":"network shop_one not found"}\\n'
    else
      echo 'created feed' | tee "$TOY/there/hand" >"$TOY/there/feed"
      printf 'HTTP/1.0 201 Created\\r\\n\\r\\n{"Id":"feed","Warnings":[]}\\n'
    fi ;;
  'compose '*) echo 'running feed' >"$TOY/there/hand" ;;
  'ps '*) echo feed ;;
esac
true
`;

describe.each(SHELLS)('a container that must go for its name, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    for (const name of ['hand', OLD]) host.write(`there/${name}`, `running ${OLD}\n`);
    host.write('images/shop-worker', 'sha256:old\n');
    host.write('secret', 'token');
  });
  afterEach(() => {
    host.remove();
  });

  const place = Buffer.from('/run/secrets/secret').toString('base64');
  const takeDown = () => host.run(`set -eu\ntake_down ${place} ${OLD}`);
  const bringBack = () =>
    host.run(`set -eu\nbring_back ${OLD} 5 '' "$DIR" '' shop worker`, { DIR: host.root });
  const request = (): Record<string, unknown> => {
    const json: unknown = JSON.parse(host.read('request'));
    return isObject(json) ? json : {};
  };

  it('comes back as it was', async () => {
    expect((await takeDown()).code).toBe(0);
    expect(host.dockerCalls()).toContain(`rm ${OLD}`);
    expect((await bringBack()).code).toBe(0);
    expect(request()).toEqual({
      Env: ['A=1'],
      Image: 'shop-worker',
      Labels: { 'com.docker.compose.config-hash': 'h' },
      HostConfig: {
        Binds: ['/srv:/srv:rw'],
        // Not what it had while it was told to stop.
        RestartPolicy: { Name: 'unless-stopped' },
        Mounts: [{ Type: 'volume', Source: DATA, Target: '/data' }],
      },
      NetworkingConfig: {
        EndpointsConfig: {
          shop_one: { IPAMConfig: { IPv4Address: '10.0.0.9' }, Aliases: ['worker'] },
        },
      },
    });
    expect(host.dockerCalls()).toContain('start feed');
    expect(host.dockerCalls().filter((call) => call.startsWith('compose'))).toEqual([]);
  });

  it('gets back what Compose has put into it, in directories that are not of the image', async () => {
    await takeDown();
    expect((await bringBack()).code).toBe(0);
    expect(host.read('copied')).toContain('token');
    expect(host.dockerCalls().filter((call) => call.startsWith('cp - '))).toEqual([
      'cp - feed:/run/secrets/',
      'cp - feed:/',
      'cp - feed:/run/secrets/',
    ]);
  });

  it('stays where a file that it was given has grown beyond what anything keeps', async () => {
    host.write('secret', 'x'.repeat(5_000_000));
    const { code, stderr } = await takeDown();
    expect(code).not.toBe(0);
    expect(stderr).toContain('/run/secrets/secret of 0123456789ab');
    expect(host.dockerCalls().filter((call) => /^(stop|rm) /.test(call))).toEqual([]);
    const kept = await host.run('du -sk "$STATE/journal/containers"');
    expect(Number.parseInt(kept.stdout, 10)).toBeLessThan(4200);
  });

  it('lays out no directory of it beside its scratch', async () => {
    const { code } = await host.run('set -eu\nput_back feed /../../../../outside/secret /dev/null');
    expect(code).not.toBe(0);
    expect(host.dockerCalls()).toEqual([]);
  });

  it('shows no line of any length of a job that failed', async () => {
    host.answerDocker(
      `case "$*" in 'ps '*) echo job1 ;; 'wait '*) echo 1 ;; 'logs '*) head -c 3000000 /dev/zero | tr '\\0' x ;; esac`,
    );
    const { code, stderr } = await host.run('run_job_again 5 "$TOY" "" shop job', {
      TOY: host.root,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('the job job did not end well');
    expect(stderr.length).toBeLessThan(100_000);
  });

  it('is of its own image, also where that has lost its name', async () => {
    await takeDown();
    host.write('images/shop-worker', 'sha256:new\n');
    await bringBack();
    expect(request()['Image']).toBe('sha256:old');
  });

  it('is made once, however often it is tried', async () => {
    await takeDown();
    await bringBack();
    expect((await bringBack()).code).toBe(0);
    expect(host.dockerCalls().filter((call) => call === 'system dial-stdio')).toHaveLength(1);
  });

  it('is made by Compose where the engine does not make it as it was', async () => {
    await takeDown();
    host.write('refuses', '');
    const { code, stderr } = await bringBack();
    expect(code).toBe(0);
    expect(stderr).toContain('network shop_one not found');
    expect(host.dockerCalls()).toContain(
      'compose up -d --no-deps --no-recreate --no-build --pull missing --remove-orphans=false worker',
    );
  });

  it('is made by nobody while the engine is away', async () => {
    await takeDown();
    host.write('away', '');
    expect((await bringBack()).code).not.toBe(0);
    expect(host.dockerCalls().join('\n')).not.toMatch(/^compose /m);
  });

  it('waits where the other one still has its name', async () => {
    await takeDown();
    host.write('there/hand', 'running beef\n');
    const { code, stderr } = await bringBack();
    expect(code).not.toBe(0);
    expect(stderr).toContain('the name hand is that of another container: beef');
  });

  it('goes on where it was only told to stop', async () => {
    const { code } = await bringBack();
    expect(code).toBe(0);
    expect(host.exists(`${JOURNAL}/containers`)).toBe(false);
    expect(host.dockerCalls()).not.toContain('system dial-stdio');
  });

  it('tells nobody else what it was given', async () => {
    await takeDown();
    const { stdout } = await host.run(
      'find "$STATE/journal/containers" -perm /077 | wc -l; ls "$STATE/journal/containers"',
    );
    expect(stdout.trim().split('\n')).toEqual(['0', OLD]);
  });
});
