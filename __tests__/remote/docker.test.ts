import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { ENGINE_IS_AWAY, SHELLS, toyHost, until, type ToyHost } from './host.js';

const STATE = "state of o'neill";

/**
 * An engine of files: containers/ID says whether it runs, images/REFERENCE which image it names,
 * inside/PATH is what the proxy sees, and its own shell runs there. A reload makes a new worker, unless
 * there is a file `deaf`.
 */
const ENGINE = `
case $1 in
  ps) ls "$TOY/containers" ;;
  inspect)
    for last; do :; done
    [ -e "$TOY/containers/$last" ] || { echo "no such object: $last" >&2; exit 1; }
    case "$*" in *StopTimeout*) echo 1 ;; *Args*) cat "$TOY/command" ;; *Env*) ;; *) cat "$TOY/containers/$last" ;; esac ;;
  start) shift; for id; do echo true >"$TOY/containers/$id"; done ;;
  stop)
    shift
    [ ! -e "$TOY/slow" ] || sleep "$(cat "$TOY/slow")"
    code=0
    for id; do
      if [ -e "$TOY/containers/$id" ]; then echo false >"$TOY/containers/$id"
      else echo "no such container: $id" >&2; code=1; fi
    done
    exit "$code" ;;
  wait) while [ "$(cat "$TOY/containers/$2")" = true ]; do sleep 0.05; done ;;
  rm)
    if [ -e "$TOY/removing" ]; then
      (sleep 0.3; rm -f "$TOY/containers/cmd") >/dev/null 2>&1 &
      echo 'removal is already in progress' >&2
      exit 1
    fi
    code=0
    shift; for id; do case $id in -*) ;; *) rm "$TOY/containers/$id" || code=1 ;; esac; done
    exit "$code" ;;
  tag) cp "$TOY/images/$(echo "$2" | tr / _)" "$TOY/images/$(echo "$3" | tr / _)" 2>/dev/null || echo "$2" >"$TOY/images/$(echo "$3" | tr / _)" ;;
  rmi) rm "$TOY/images/$(echo "$2" | tr / _)" ;;
  image)
    [ "$2" != ls ] || { ls "$TOY/images" | tr _ /; exit; }
    for last; do :; done
    name=$(echo "$last" | tr / _)
    [ -e "$TOY/images/$name" ] || { echo 'No such image' >&2; exit 1; }
    case "$*" in *RepoTags*) echo 1 ;; *) cat "$TOY/images/$name" ;; esac ;;
  top)
    echo 'PID COMMAND'
    cat "$TOY/workers" ;;
  logs) echo 'the log of nginx' ;;
  exec)
    shift
    while :; do case $1 in -u | -e) shift 2 ;; -i) shift ;; *) break ;; esac; done
    shift
    case "$1 $2" in
      nginx\\ *) "$@" ;;
      'sh -c') script=$(printf '%s' "$3" | sed "s#/etc/#$TOY/inside/etc/#g"); shift 4
        case \${1-} in /etc/*) file=$TOY/inside$1; shift; set -- "$file" "$@" ;; esac
        sh -c "$script" sh "$@" ;;
      cat\\ *) cat "$TOY/inside$2" ;;
    esac ;;
  kill) echo '3 nginx: worker process' >"$TOY/workers" ;;
esac`;

/** What runs in the container. */
const NGINX = `
echo "$*" >>"$TOY/nginx.log"
case " $* " in
  *' -T '*) [ ! -e "$TOY/broken" ] || exit 1; cat "$TOY/text" ;;
  *' -t '*) [ ! -e "$TOY/broken" ] || { echo 'nginx: [emerg] unknown directive' >&2; exit 1; } ;;
  *' -s '*)
    [ ! -e "$TOY/unsignalled" ] || exit 1
    [ -e "$TOY/deaf" ] || echo '2 nginx: worker process' >"$TOY/workers" ;;
esac`;

const settled = (ms: number): Promise<'not yet'> =>
  new Promise((resolve) => {
    setTimeout(() => {
      resolve('not yet');
    }, ms);
  });

describe.each(SHELLS)('containers and nginx, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    host.answer('nginx', NGINX);
    host.write('containers/proxy', 'true\n');
    host.write('images/.keep', '');
    host.write('command', 'nginx -g daemon off;\n');
    host.write(
      'workers',
      '0 nginx: master process nginx -g daemon off;\n1 nginx: worker process\n',
    );
    host.write('inside/etc/hosts', '127.0.0.1 localhost\n198.19.1.4 proxy\n');
  });
  afterEach(() => {
    host.remove();
  });

  const run = (script: string, variables = {}) => host.run(`set -eu\n${script}`, variables);
  /** The calls that change something. */
  const changes = () =>
    host.dockerCalls().filter((call) => /^(start|stop|rm|rmi|tag|kill|network rm)\b/.test(call));
  const hosts = (): string => host.read('inside/etc/hosts');

  describe('write_pins', () => {
    const PIN = '198.19.1.9 api # resee-deploy\n198.19.1.10 api # resee-deploy';

    it('appends our lines, replaces them, and takes them away, and no other', async () => {
      const before = hosts();
      await run('write_pins proxy "$PINS"', { PINS: PIN });
      expect(hosts()).toBe(`${before}${PIN}\n`);
      await run('write_pins proxy "198.19.1.11 api # resee-deploy"');
      expect(hosts()).toBe(`${before}198.19.1.11 api # resee-deploy\n`);
      await run('write_pins proxy ""');
      expect(hosts()).toBe(before);
    });

    it('is idempotent', async () => {
      await run('write_pins proxy "$PINS"; write_pins proxy "$PINS"', { PINS: PIN });
      expect(hosts().match(/resee-deploy/g)).toHaveLength(2);
    });

    it('is left out by unpin where the proxy does not run', async () => {
      host.write('containers/proxy', 'false\n');
      expect((await run('unpin proxy')).code).toBe(0);
      expect((await run('unpin gone')).code).toBe(0);
      expect(host.dockerCalls().filter((call) => call.startsWith('exec'))).toEqual([]);
    });
  });

  describe('what nginx reads', () => {
    const compare = async (change: () => void): Promise<string> => {
      await run('nginx_text_keep proxy "$STATE/journal/p/text"');
      change();
      const compared = await run('nginx_text_compare proxy "$STATE/journal/p/text" edge');
      expect(compared.code).toBe(0);
      return compared.stdout;
    };
    beforeEach(() => {
      host.write('text', 'server { listen 80; }');
    });

    it('is told where it is the same as before', async () => {
      expect(await compare(() => undefined)).toBe('unread edge\n');
    });

    it('is not told where it is another', async () => {
      const changed = compare(() => {
        host.write('text', 'server { listen 81; }');
      });
      expect(await changed).toBe('');
    });

    it('is not told where nginx did not say it', async () => {
      host.write('broken', '');
      expect(await compare(() => undefined)).toBe('');
    });
  });

  describe('nginx_reload', () => {
    it('returns when a new worker runs', async () => {
      const { code } = await run('nginx_reload proxy');
      expect(code).toBe(0);
      expect(host.read('workers')).toContain('2 nginx');
    });

    it('does not reload a configuration that nginx refuses', async () => {
      host.write('broken', '');
      const { code, stderr } = await run('nginx_reload proxy');
      expect(code).not.toBe(0);
      expect(stderr).toContain('[emerg] unknown directive');
      expect(host.read('nginx.log')).not.toContain('-s');
    });

    it('signals from outside where nginx may not signal itself', async () => {
      host.write('unsignalled', '');
      const { code } = await run('nginx_reload proxy');
      expect(code).toBe(0);
      expect(changes()).toEqual(['kill -s HUP proxy']);
    });

    it('uses the binary and the configuration that nginx was started with', async () => {
      host.answer('openresty', NGINX);
      // The title says another: whoever runs in the container writes it.
      host.write('workers', '0 nginx: master process /tmp/x -c /tmp/*\n');
      host.write('command', 'sh -c exec openresty -g x; -c /own.conf -p /srv\n');
      expect((await run('nginx_reload proxy')).code).toBe(0);
      expect(host.read('nginx.log')).toBe(
        '-c /own.conf -p /srv -t\n-c /own.conf -p /srv -s reload\n',
      );
    });

    it('is waited for by the clock, also where each look takes long', async () => {
      host.write('deaf', '');
      host.answerDocker(`[ "$1" != top ] || sleep 1\n${ENGINE}`);
      const { code, stderr } = await run('nginx_reload proxy');
      expect(code).toBe(1);
      expect(stderr).toContain('nginx did not change its workers within 10 s of the reload');
    });

    it('waits until the old workers take no connection any more', async () => {
      host.write('deaf', '');
      const reload = host.start('set -eu\nnginx_reload proxy');
      const seen = () => host.dockerCalls().filter((call) => call.startsWith('top')).length;
      await until(() => host.exists('nginx.log') && host.read('nginx.log').includes('-s reload'));
      host.write('workers', '1 nginx: worker process\n8 nginx: worker process\n');
      const before = seen();
      await until(() => seen() > before + 5);
      host.write('workers', '1 nginx: worker process is shutting down\n8 nginx: worker process\n');
      expect((await reload.ended).code).toBe(0);
    });

    it('does not take a worker that ends for a new one', async () => {
      host.write('deaf', '');
      host.write(
        'workers',
        '0 nginx: master process nginx -g daemon off;\n1 nginx: worker process\n7 nginx: worker process is shutting down\n',
      );
      const reload = host.start('set -eu\nnginx_reload proxy');
      await until(() => host.dockerCalls().filter((call) => call.startsWith('top')).length > 5);
      host.write('workers', '1 nginx: worker process is shutting down\n8 nginx: worker process\n');
      expect((await reload.ended).code).toBe(0);
    });
  });

  describe('proxy_drain', () => {
    it('returns at once where no old worker is left', async () => {
      expect((await run('proxy_drain nginx proxy 30 old1')).stderr).toBe('');
    });

    it('waits for the old workers', async () => {
      host.write('workers', '1 nginx: worker process is shutting down\n');
      const drain = host.start('set -eu\nproxy_drain nginx proxy 600 old1');
      await until(() => host.dockerCalls().length > 3);
      host.write('workers', '2 nginx: worker process\n');
      expect((await drain.ended).code).toBe(0);
    });

    it('goes on when the time is up, and says what it leaves', async () => {
      host.write('workers', '1 nginx: worker process is shutting down\n');
      const { code, stderr } = await run('proxy_drain nginx proxy 0 old1');
      expect(code).toBe(0);
      expect(stderr).toContain('connection(s) are still held after 0 s');
    });
  });

  describe('cut_over', () => {
    const cutOver = () =>
      run(`together "cut_over front nginx proxy yes kept 'new1 default api' dir stage '' '' ''"`);

    it('pins nginx to the addresses that the candidates have, and reloads it', async () => {
      const before = hosts();
      host.write('containers/new1', '198.19.1.6 \n');
      expect(await cutOver()).toMatchObject({ code: 0, stdout: '' });
      expect(host.read('workers')).toContain('2 nginx');
      expect(hosts()).toBe(`${before}198.19.1.6 api # resee-deploy\n`);
    });

    it('says which proxy refused', async () => {
      host.write('containers/new1', '198.19.1.6 \n');
      host.write('broken', '');
      const { code, stdout } = await cutOver();
      expect(code).not.toBe(0);
      expect(stdout).toBe('refused front\n');
      expect(host.read('workers')).not.toContain('2 nginx');
    });

    it.each([
      ['has no address any more', '\n'],
      ['is gone', undefined],
    ])('reloads nothing for a candidate that %s', async (_, said) => {
      if (said !== undefined) host.write('containers/new1', said);
      const { code, stdout } = await cutOver();
      expect(code).not.toBe(0);
      expect(stdout).toBe('refused front\n');
      expect(host.read('workers')).not.toContain('2 nginx');
    });
  });

  it('cutover_back pins nginx to the addresses that the incumbents have now', async () => {
    const before = hosts();
    host.write('containers/old1', '198.19.1.5 \n');
    const { code } = await run("cutover_back nginx proxy 'old1 default api' yes 0 new1");
    expect(code).toBe(0);
    expect(host.read('workers')).toContain('2 nginx');
    expect(hosts()).toBe(`${before}198.19.1.5 api # resee-deploy\n`);
    await run('unpin proxy');
    expect(hosts()).toBe(before);
    host.write('containers/proxy', 'false\n');
    expect((await run("cutover_back nginx proxy 'old1 default api' yes 0 new1")).code).toBe(0);
  });

  describe('what the proxy sees of its configuration', () => {
    const mounted = 'nginx/nginx.conf\t/etc/nginx/nginx.conf\n';
    const show = () =>
      run('proxy_files_show proxy "$FROM" "$MOUNTED"', {
        FROM: host.path('new'),
        MOUNTED: mounted,
      });
    beforeEach(() => {
      host.write('new/nginx/nginx.conf', 'new text\n');
      host.write('inside/etc/nginx/nginx.conf', 'old text\n');
    });

    it('is written through the container where it holds an old file', async () => {
      const { code, stderr } = await show();
      expect(code).toBe(0);
      expect(host.read('inside/etc/nginx/nginx.conf')).toBe('new text\n');
      expect(stderr).toContain('/etc/nginx/nginx.conf in the container is not the file');
    });

    it('is left alone where it is right already', async () => {
      host.write('inside/etc/nginx/nginx.conf', 'new text\n');
      expect((await show()).stderr).toBe('');
      expect(host.dockerCalls().filter((call) => call.startsWith('exec -i'))).toEqual([]);
    });

    it('can be kept, and given back', async () => {
      const variables = { KEPT: host.path('kept'), MOUNTED: mounted };
      await run('proxy_files_keep proxy "$KEPT" "$MOUNTED"', variables);
      await show();
      await run('proxy_files_show proxy "$KEPT" "$MOUNTED"', variables);
      expect(host.read('inside/etc/nginx/nginx.conf')).toBe('old text\n');
    });
  });

  describe('containers', () => {
    beforeEach(() => {
      for (const id of ['old1', 'old2', 'new1', 'new2']) host.write(`containers/${id}`, 'true\n');
    });

    it('remove_new_containers takes away all but the known ones', async () => {
      await run('remove_new_containers shop api yes old1 old2 proxy');
      expect(changes()).toEqual(['stop new1', 'rm -f -v new1', 'stop new2', 'rm -f -v new2']);
      await run('remove_new_containers shop api yes old1 old2 proxy');
      expect(changes()).toHaveLength(4);
    });

    it('remove_new_containers starts the newest one where those that served are gone, and none runs yet', async () => {
      host.answerDocker('case "$*" in "ps -aq"*) echo new2; echo new1 ;; esac');
      const { code, stderr } = await run('set -eu; remove_new_containers shop api yes old1');
      expect(code).toBe(0);
      expect(stderr).toContain('the containers of api that served before are gone: new2 stays');
      expect(changes()).toEqual(['start new2', 'stop new1', 'rm -f -v new1']);
    });

    it('remove_container takes it away, and may be done twice', async () => {
      host.write('containers/cmd', 'true\n');
      expect((await run('remove_container cmd')).code).toBe(0);
      expect(host.exists('containers/cmd')).toBe(false);
      expect((await run('remove_container cmd')).code).toBe(0);
    });

    it('remove_container waits for one that takes itself away at that moment', async () => {
      host.write('containers/cmd', 'true\n');
      host.write('removing', '');
      const { code } = await run('remove_container cmd\n! docker inspect cmd');
      expect(code).toBe(0);
    });

    it('retiring stops all together, then removes them, and may be done twice', async () => {
      await run('stop_present old1 old2; remove_present old1 old2');
      expect(changes()).toEqual(['stop old1 old2', 'rm old1 old2']);
      const { code } = await run('stop_present old1 old2; remove_present old1 old2');
      expect(code).toBe(0);
    });

    it('retiring goes on with those that are left', async () => {
      const { code } = await run('stop_present gone old2; remove_present gone old2');
      expect(code).toBe(0);
      expect(host.exists('containers/old2')).toBe(false);
    });

    it('retiring fails where one that is there does not go', async () => {
      host.answerDocker(`[ "$1" != stop ] || exit 1\n${ENGINE}`);
      expect((await run('stop_present old1 old2')).code).not.toBe(0);
    });

    it.each(['stop_present', 'remove_present'])('%s takes no silence for absence', async (name) => {
      host.answerDocker(ENGINE_IS_AWAY);
      expect((await run(`set -e; ${name} old1; echo went on`)).stdout).toBe('');
    });

    it('start_containers starts those that do not run', async () => {
      host.write('containers/old2', 'false\n');
      await run('start_containers old1 old2');
      expect(changes()).toEqual(['start old2']);
    });

    it('start_containers leaves out what somebody has removed, and does not fail for it', async () => {
      host.write('containers/old2', 'false\n');
      const { code, stderr } = await run('start_containers removed old2');
      expect(code).toBe(0);
      expect(stderr).toContain('removed is gone: somebody removed it');
      expect(changes()).toEqual(['start old2']);
    });

    it('start_containers fails where the engine does not say whether it is there', async () => {
      host.answerDocker(ENGINE_IS_AWAY);
      expect((await run('start_containers old1')).code).not.toBe(0);
    });

    it('start_containers brings back one that has been told to stop and has not ended yet', async () => {
      host.write('slow', '0.5');
      const stopping = host.start('set -eu; stop_containers old1');
      await until(() => host.dockerCalls().includes('stop old1'));
      expect(host.read('containers/old1')).toBe('true\n');
      expect((await run('start_containers old1')).code).toBe(0);
      expect(host.read('containers/old1')).toBe('true\n');
      expect(changes()).toEqual(['stop old1', 'start old1']);
      await stopping.ended;
    });

    describe('serve_again', () => {
      const answered = (healthcheck: string): void => {
        host.answerDocker(`
case "$*" in
  *RestartCount*) echo "running 0 0 false - 0 ${healthcheck}"; exit ;;
  *.IPAddress*) echo '127.0.0.1 '; exit ;;
esac
${ENGINE}`);
      };

      it('starts them, and waits until the port of one without a healthcheck accepts', async () => {
        answered('NONE');
        host.write('containers/old1', 'false\n');
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
        server.close();
        const back = host.start(`set -eu; serve_again old1:${String(port)}`);
        await until(() => changes().length === 1);
        const early = await Promise.race([back.ended, settled(700)]);
        expect(early).toBe('not yet');
        server.listen(port, '127.0.0.1');
        expect((await back.ended).code).toBe(0);
        server.close();
        expect(changes()).toEqual(['start old1']);
      });

      it('takes one that only runs for ready where no port is known', async () => {
        answered('NONE');
        expect((await run('serve_again old1 old2')).code).toBe(0);
        expect(changes()).toEqual([]);
      });
    });

    it('stop_timed tells how long they took, and that they were told to', async () => {
      host.write('slow', '0.3');
      const { code, stderr } = await run('stop_timed old1 old2');
      expect(code).toBe(0);
      expect(Number(/^stopped within (\d+) ms$/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(300);
      expect(host.exists(`${STATE}/journal/stopping/old1`)).toBe(true);
    });

    it('start_containers leaves one alone that nobody came to tell', async () => {
      await run('tell_of_stop old1');
      const { code, stderr } = await run('start_containers old1');
      expect(code).toBe(0);
      expect(stderr).toContain('old1 was not stopped, and goes on');
      expect(changes()).toEqual([]);
    });

    it('stop_aside does not wait, and await_stopped does', async () => {
      host.write('slow', '0.5');
      await run('stop_aside old1 old2');
      expect(host.read('containers/old1')).toBe('true\n');
      expect((await run('await_stopped')).code).toBe(0);
      expect(host.read('containers/old1')).toBe('false\n');
    });

    it('await_stopped fails where whoever was to stop them has died', async () => {
      host.write('slow', '60');
      await run('stop_aside old1');
      const [pid = ''] = host.read(`${STATE}/journal/stopping/process`).split(' ');
      process.kill(Number(pid), 'SIGKILL');
      expect((await run('await_stopped')).code).not.toBe(0);
    });

    it('run_again starts those that ran, and that somebody else has stopped', async () => {
      host.answerDocker(`case "$*" in
  'ps -aq --no-trunc --filter status=exited --filter status=created') echo other; echo db ;;
  'inspect -f {{.State.Running}} db') echo false ;;
esac`);
      expect((await run('set -eu; run_again api db')).code).toBe(0);
      expect(host.dockerCalls()).toContain('start db');
      expect(host.dockerCalls().join()).not.toMatch(/start (other|api)/);
    });

    it('await_stopped fails, and tells why, where docker could not stop them', async () => {
      await run('stop_aside gone');
      const { code, stderr } = await run('await_stopped');
      expect([code, stderr]).toEqual([1, 'no such container: gone\n']);
    });
  });

  describe('an engine that is away', () => {
    it.each([
      'remove_new_containers toy web yes old',
      'remove_unused_networks toy',
      "cutover_back nginx proxy 'old net web' no 0",
      "RESEE_FINISHES_FOR_ANOTHER=yes; cut_over_again nginx proxy no ''",
      'unpin proxy',
      "pins_of 'old net web'",
      'pin_callers toy "front web net old web"',
      'withdraw_new toy web /resee-drain old',
      "restore_tag shop-api ''",
      'restore_tag shop-api sha256:old',
      'forget_volumes old',
      'remove_container cmd',
      'hand_on new volume:target',
      'hold_restart "" new',
      'list_running',
      'mkdir -p "$STATE/old"; echo /web >"$STATE/old/name"; name_is_free "$STATE/old"',
      'mkdir -p "$STATE/journal/restart"; echo always >"$STATE/journal/restart/new"; prove_release old',
    ])('is not taken for one that has nothing of it: %s', async (command) => {
      host.answerDocker(ENGINE_IS_AWAY);
      const { code, stderr } = await run(`ENGINE_AWAY=0; set -eu; ${command}; echo done >&2`);
      expect(code).not.toBe(0);
      expect(stderr).not.toContain('done');
    });
  });

  describe('images', () => {
    const foreseen = (unless: string) => run(remoteScript('foreseen'), { UNLESS: unless });

    it.each([
      ['each differs', 'shop-api sha256:old\nshop-worker sha256:old', 0],
      ['one is the same', 'shop-api sha256:old\nshop-worker sha256:new', 1],
      ['nothing was in question', '', 0],
    ])('are as foreseen where %s', async (_, unless, code) => {
      host.write(`${STATE}/lease/images`, 'shop-api sha256:new\nshop-worker sha256:new\n');
      expect((await foreseen(unless)).code).toBe(code);
    });

    it('are not as foreseen where none were made', async () => {
      expect((await foreseen('shop-api sha256:old')).code).toBe(1);
    });

    it('restore_tag gives the reference back what it named', async () => {
      host.write('images/shop-api', 'sha256:new\n');
      host.write('images/sha256:old', 'sha256:old\n');
      await run('restore_tag shop-api sha256:old');
      expect(host.read('images/shop-api')).toBe('sha256:old\n');
    });

    it('restore_tag takes a reference away that named nothing before, and may be done twice', async () => {
      host.write('images/shop-api', 'sha256:new\n');
      await run("restore_tag shop-api ''");
      expect(host.exists('images/shop-api')).toBe(false);
      expect((await run("restore_tag shop-api ''")).code).toBe(0);
    });

    it('restore_tag goes on where somebody has removed what it named: then it names nothing', async () => {
      host.write('images/shop-api', 'sha256:new\n');
      const { code, stderr } = await run('set -eu; restore_tag shop-api sha256:pruned');
      expect(code).toBe(0);
      expect(stderr).toContain('sha256:pruned, which shop-api named before, is gone');
      expect(host.exists('images/shop-api')).toBe(false);
    });

    it('restore_tag goes on where a container uses the image of a name that was new', async () => {
      host.answerDocker('case "$1" in rmi) echo conflict >&2; exit 1 ;; esac; echo sha256:new');
      const { code, stderr } = await run("set -eu; restore_tag docker.io/org/api:1 ''");
      expect(code).toBe(0);
      expect(stderr).toContain('docker.io/org/api:1 is in use, and stays');
    });

    it('restore_tag fails where the engine does not answer', async () => {
      host.answerDocker(ENGINE_IS_AWAY);
      expect((await run('set -eu; restore_tag shop-api sha256:old')).code).not.toBe(0);
    });

    it('a warning of the docker client is none of what it says of a container or an image', async () => {
      host.answerDocker('echo "WARNING: Error loading config file" >&2; echo true');
      const { stdout } = await run(
        'set -eu; asked api-1 "{{.State.Running}}"; echo "$asked_said"; image_of shop-api',
      );
      expect(stdout).toBe('true\ntrue\n');
    });

    it('a question that the engine cannot answer of a container that is there ends all, and says why', async () => {
      host.answerDocker(
        'case "$*" in *.Id*) echo id ;; *) echo "template: no such field" >&2; exit 1 ;; esac',
      );
      const { code, stdout, stderr } = await run('asked api-1 "{{.Odd}}"; echo "went on"');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('template: no such field');
    });

    it('set_tag fails where the image of a kept release is gone', async () => {
      host.write('images/shop-api', 'sha256:new\n');
      host.answerDocker('case "$1" in tag) echo "No such image" >&2; exit 1 ;; esac');
      expect((await run('set -eu; set_tag shop-api sha256:pruned')).code).not.toBe(0);
    });

    it('are not told where one cannot be looked at', async () => {
      host.answerDocker('case "$*" in "image inspect"*) exit 1 ;; esac');
      const given = {
        STAGE: host.root,
        COMPOSE: '',
        VARIABLES: '',
        VERB: 'build',
        SERVICES: 'api',
      };
      const { code, stdout } = await run(`set -eu\n${remoteScript('build')}`, {
        ...given,
        ...{ REFERENCES: 'shop-api', LOGINS_OF: 'run', AUTHS: '', HELPERS: '' },
      });
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
    });

    it('restore_tag leaves an image alone that something else names', async () => {
      host.write('images/shop-api', 'sha256:new\n');
      host.write('images/sha256:old', 'sha256:old\n');
      host.write('images/sha256:new', 'sha256:new\n');
      await run('restore_tag shop-api sha256:old');
      expect(changes()).not.toContain('rmi sha256:new');
    });

    it('forget_builds keeps the last of each step, and names no more than a command may hold', async () => {
      host.answerDocker(`case "$*" in
  'buildx du --verbose')
    seq 1200 | while read -r n; do
      printf 'ID:\\t\\tid%s\\nCreated at:\\t2026-01-01 00:%04d\\nShared:\\t\\tfalse\\nDescription:\\tCOPY . .\\nType:\\t\\tregular\\n\\n' "$n" "$n"
    done ;;
  'builder prune'*) cat >/dev/null ;;
esac`);
      expect((await run('set -eu; forget_builds 3')).code).toBe(0);
      const pruned = host.dockerCalls().filter((call) => call.startsWith('builder prune'));
      const ids = pruned.map((call) => call.match(/id\d+/g) ?? []);
      expect(ids.map(({ length }) => length)).toEqual([500, 500, 197]);
      expect(new Set(ids.flat()).size).toBe(1197);
      expect(ids.flat()).not.toContain('id1200');
      expect(pruned[2]).toMatch(/^builder prune --force --filter id="\^\(id197\|.*\|id1\)\$"$/);
    });

    it('forget_release and forget_images remove the record and the tags that are there', async () => {
      host.write(`${STATE}/releases/1-abc.json`, '{}');
      host.write('images/resee_shop_api:abc', 'sha256:1\n');
      const { code } = await run(
        "set -e; forget_release '1-abc.json'; forget_images 'resee/shop/api:abc' 'resee/shop/web:abc'",
      );
      expect(code).toBe(0);
      expect(host.exists(`${STATE}/releases/1-abc.json`)).toBe(false);
      expect(changes()).toEqual(['rmi resee/shop/api:abc']);
    });
  });

  describe('together', () => {
    it('does its scripts side by side', async () => {
      const waits = (mine: string, other: string): string =>
        `: >"$STATE/${mine}"; until [ -e "$STATE/${other}" ]; do sleep 0.01; done; echo ${mine}`;
      const { stdout } = await run(`together '${waits('one', 'two')}' '${waits('two', 'one')}'`);
      expect(stdout.trim().split('\n').sort()).toEqual(['one', 'two']);
    });

    it('fails where one of them fails at any of its commands, when all have ended', async () => {
      const { code } = await run("together 'false; echo never' 'sleep 0.1; : >\"$STATE/ended\"'");
      expect(code).toBe(1);
      expect(host.exists(`${STATE}/ended`)).toBe(true);
    });
  });

  describe('a job', () => {
    const job = (code: string) => {
      host.answerDocker(`case $1 in wait) echo ${code} ;; logs) echo 'its log' ;; esac`);
      return run(remoteScript('job'), { new: 'job1', CONTENTS: '' });
    };

    it('succeeds with exit code 0', async () => {
      expect((await job('0')).code).toBe(0);
      expect(changes()).toEqual(['start job1']);
    });

    it('fails with any other, and shows its log', async () => {
      const { code, stderr } = await job('3');
      expect(code).toBe(73);
      expect(stderr).toContain('its log');
      expect(stderr).toContain('the job exited with 3');
    });
  });
});
