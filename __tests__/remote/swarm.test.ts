import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const STATE = "state of o'neill";
const KEPT = `${STATE}/journal/swarm`;

/**
 * A Swarm of files: services/NAME/{spec,template,index,update,replicas,tasks}. A request for the engine sets a spec, as
 * long as it names the present version; \`busy\` is how often somebody else was faster.
 */
const ENGINE = `
for last; do :; done
here=$TOY/services/$last
case "$*" in
  'service ls'*'{{.Name}} {{.Replicas}}')
    for each in "$TOY"/services/*; do [ ! -e "$each" ] || echo "\${each##*/} $(cat "$each/replicas")"; done ;;
  'service ls'*'{{.Name}}') ls "$TOY/services" ;;
  'service ls'*) [ ! -e "$TOY/leaderless" ] ;;
  'service ps'*'--quiet'*) cut -d' ' -f1 "$here/tasks" ;;
  'service ps'*'.Error'*) echo 'no such image' ;;
  'service ps'*) cat "$here/tasks" ;;
  'service rm'*) rm -r "$here" ;;
  'service inspect'*)
    [ -e "$here" ] || exit 1
    case "$*" in
      *'{{.ID}} {{.Version.Index}} {{json .Spec}}'*) printf '%s\\n' "$last $(cat "$here/index") $(cat "$here/spec")" ;;
      *'Replicated.Replicas'*) echo "$(cat "$here/update") $(cat "$here/wanted") $(cat "$here/template")" ;;
      *Message*) echo 'update paused due to failure of a task' ;;
      *UpdateStatus*) cat "$here/update" ;;
      *TaskTemplate*) cat "$here/template" ;;
      *) cat "$here/spec" ;;
    esac ;;
  'network ls'*) cat "$TOY/networks" ;;
  'network rm'*) grep -v "$last" "$TOY/networks" >"$TOY/left"; mv "$TOY/left" "$TOY/networks" ;;
  'context inspect'*) echo unix:///run/toy.sock ;;
  'version'*) echo 1.45 ;;
esac`;
const API = `
for url; do :; done
echo "$url" >>"$TOY/requests"
for each; do case $each in @*) body=\${each#@} ;; esac; done
path=\${url#http://docker/v1.45/services/}
if [ "$path" = create ]; then name=\${body##*/}; mkdir -p "$TOY/services/$name"
  echo 1/1 >"$TOY/services/$name/replicas"; echo completed >"$TOY/services/$name/update"
else
  name=\${path%%/*}
  left=$(cat "$TOY/busy" 2>/dev/null || echo 0)
  if [ "$left" -gt 0 ]; then echo $((left - 1)) >"$TOY/busy"; printf 'update out of sequence\\n500'; exit; fi
  [ "\${path##*version=}" = "$(cat "$TOY/services/$name/index")" ] || { printf 'out of sequence\\n500'; exit; }
fi
cp "$body" "$TOY/services/$name/spec"
printf 'fine\\n200'`;

describe.each(SHELLS)('a stack in a Swarm, with $name', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    host.answer('curl', API);
    host.write('networks', 'net-1\n');
    service('shop_web', { tasks: 'old-1 Running Running 3 hours ago' });
    service('shop_db', { tasks: 'db-1 Running Running 3 hours ago' });
  });
  afterEach(() => {
    host.remove();
  });

  function service(name: string, other: Readonly<Record<string, string>> = {}): void {
    const files = {
      spec: `{"Name":"${name}","Env":["A=1 \\n\\"'"]}`,
      template: '{"Image":"old"}',
      index: '7',
      update: 'completed',
      replicas: '1/1',
      wanted: '1',
      tasks: '',
      ...other,
    };
    for (const [file, text] of Object.entries(files))
      host.write(`services/${name}/${file}`, `${text}\n`);
  }
  const requests = (): readonly string[] =>
    host.exists('requests') ? host.read('requests').trim().split('\n') : [];

  async function keep(): Promise<void> {
    expect((await host.run('set -eu\nswarm_keep shop')).code).toBe(0);
  }
  const restore = () => host.run('set -eu\nswarm_restore shop 2');

  it('is kept once, with what is secret in it for its owner alone', async () => {
    await keep();
    const spec = host.read('services/shop_web/spec');
    expect(host.read(`${KEPT}/specs/shop_web`)).toBe(spec);
    service('shop_web', { spec: '{}' });
    await keep();
    expect(host.read(`${KEPT}/specs/shop_web`)).toBe(spec);
    const modes = await host.run(`stat -c %a "$STATE/journal/swarm/specs/shop_web" >&2`);
    expect(modes.stderr.trim()).toBe('600');
  });

  it('is left alone where nothing was kept', async () => {
    service('shop_new');
    expect((await restore()).code).toBe(0);
    expect(host.exists('services/shop_new')).toBe(true);
  });

  it('is brought back whole: what changed, what is new, what is gone', async () => {
    await keep();
    const [web, db] = [host.read('services/shop_web/spec'), host.read('services/shop_db/spec')];
    service('shop_web', { spec: '{"Name":"bad"}', index: '9' });
    service('shop_new');
    await host.run('rm -r "$TOY/services/shop_db"', { TOY: host.root });
    host.write('networks', 'net-1\nnet-2\n');
    host.write('busy', '1\n');
    const result = await restore();
    expect(result.stderr).toContain('back to its spec of before');
    expect(result.code).toBe(0);
    expect(host.read('services/shop_web/spec')).toBe(web);
    expect(host.read('services/shop_db/spec')).toBe(db);
    expect(host.exists('services/shop_new')).toBe(false);
    expect(host.read('networks')).toBe('net-1\n');
    expect(requests()).toEqual([
      'http://docker/v1.45/services/create',
      'http://docker/v1.45/services/shop_web/update?version=9',
      'http://docker/v1.45/services/shop_web/update?version=9',
    ]);
  });

  it('asks nothing of the engine where every spec is as it was', async () => {
    await keep();
    expect((await restore()).code).toBe(0);
    expect(requests()).toEqual([]);
  });

  it('is not whole before the services are complete that were so before', async () => {
    service('shop_db', { replicas: '0/1' });
    await keep();
    service('shop_web', { replicas: '0/1' });
    const result = await restore();
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain('have not all of their tasks: shop_web ');
  });

  it('creates nothing where the Swarm has no leader', async () => {
    await keep();
    await host.run('rm -r "$TOY/services/shop_db"', { TOY: host.root });
    host.write('leaderless', '');
    expect((await restore()).code).not.toBe(0);
    expect(requests()).toEqual([]);
  });

  const NEW = '{"Image":"new"}';
  it.each([
    [
      'ready',
      {
        template: NEW,
        tasks: 'new-1 Running Running 1 second ago\nold-1 Shutdown Shutdown 1 second ago',
      },
    ],
    ['ready', { tasks: 'old-1 Running Running 3 hours ago' }],
    ['ready', { update: 'none', wanted: '0', tasks: '' }],
    [
      'ready',
      {
        update: 'none',
        wanted: 'global',
        template: NEW,
        tasks: 'new-1 Running Running 1 second ago',
      },
    ],
    ['waiting', { update: 'none', wanted: 'global', template: NEW, tasks: '' }],
    ['waiting', { template: NEW, tasks: 'old-1 Running Running 3 hours ago' }],
    [
      'waiting',
      {
        template: NEW,
        tasks: 'new-1 Running Running 1 second ago\nold-1 Shutdown Running 3 hours ago',
      },
    ],
    ['waiting', { template: NEW, wanted: '2', tasks: 'new-1 Running Running 1 second ago' }],
    ['waiting', { template: NEW, tasks: 'new-1 Running Starting 1 second ago' }],
    ['waiting', { update: 'updating', template: NEW, tasks: 'new-1 Running Running 1 second ago' }],
    ['failed', { update: 'paused', template: NEW, tasks: 'new-1 Running Running 1 second ago' }],
    ['failed', { update: 'rollback_completed', tasks: 'old-1 Running Running 3 hours ago' }],
    ['failed', { update: 'rollback_started', tasks: '' }],
  ])('is %s with %j', async (expected, other) => {
    await keep();
    service('shop_web', other);
    const { stderr } = await host.run('set -eu\nswarm_judge shop_web\nsay "$verdict"');
    expect(stderr.trim()).toBe(expected);
  });

  it('has converged only where every service has, and says which one has not', async () => {
    await keep();
    const converge = () => host.run('set -eu\nswarm_converge shop 1 web db', { MARK: 'm' });
    expect((await converge()).code).toBe(0);
    service('shop_web', { template: NEW, tasks: 'new-1 Running Starting 1 second ago' });
    const late = await converge();
    expect(late.code).toBe(71);
    expect(late.stdout).toBe('=m=failed web - 0 of 1 new tasks run within 1 s: no such image\n');
    service('shop_db', { update: 'paused' });
    expect((await converge()).stdout).toBe(
      '=m=failed db - Swarm has given it up: update paused due to failure of a task: no such image\n',
    );
  });
});
