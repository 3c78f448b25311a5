import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isObject, objectOf } from '../../src/plan/compose/json.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const OLD = 'b'.repeat(64);
const FRESH = 'c'.repeat(64);
const word = (target: string): string => `${OLD}:${Buffer.from(target).toString('base64')}`;

/** A container that was created, `0123456789ab…`, with a new anonymous volume at "/my data" and one with a name. */
const ENGINE = `
case "$*" in
  *Config.Labels*) echo worker ;;
  *HostConfig.NetworkMode*) echo shop_one ;;
  *'range .Mounts'*) printf '${FRESH}\\t/my data\\t"/my data"\\nshop_things\\t/things\\t"/things"\\n' ;;
  *'{{.Name}} '*) echo /shop-worker-2 ;;
  *'json .Config'*) printf '%s\\n' '{"Hostname":"0123456789ab","Entrypoint":null,"Image":"shop","Env":["A=\\u0022\\n%s"]}' ;;
  *'json .HostConfig'*) echo '{"Binds":null,"Mounts":[{"Type":"volume","Target":"/my data","VolumeOptions":{}},{"Type":"volume","Source":"shop_things","Target":"/things"}],"Init":true}' ;;
  *'range .HostConfig.Mounts'*) printf '/my data\\t{"Type":"volume","Target":"/my data","VolumeOptions":{}}\\n/things\\t{"Type":"volume","Source":"shop_things","Target":"/things"}\\n' ;;
  *'NetworkSettings.Networks'*) printf 'shop_one\\t{"Aliases":["worker"]}\\nshop_two\\t{"Aliases":["other"]}\\n' ;;
  'system dial-stdio')
    n=$(ls "$TOY" | grep -c '^request')
    request=$TOY/request$n
    while IFS= read -r line; do
      line=$(printf %s "$line" | tr -d '\\r')
      case $line in
        POST*) path=$line ;;
        Content-Length:*) length=\${line#*: } ;;
        '') break ;;
      esac
    done
    { echo "$path"; dd bs=1 count="$length" 2>/dev/null; } >"$request"
    if [ -e "$TOY/refuses" ]; then
      printf 'HTTP/1.0 409 Conflict\\r\\nContent-Type: application/json\\r\\n\\r\\n{"message":"the name is in use"}\\n'
    else
      printf 'HTTP/1.0 201 Created\\r\\nContent-Type: application/json\\r\\n\\r\\n{"Id":"feed","Warnings":[]}\\n'
    fi ;;
esac
`.replace('inspect*.Name}}) ;;\n', "inspect*'{{.Name}}'*) echo /shop-worker-2 ;;\n");

describe.each(SHELLS)('handing volumes on, with $name', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
  });
  afterEach(() => {
    host.remove();
  });
  const id = `0123456789ab${'d'.repeat(52)}`;
  const request = (number: number): readonly [string, Record<string, unknown>] => {
    const [line = '', ...body] = host.read(`request${String(number)}`).split('\n');
    const json: unknown = JSON.parse(body.join('\n'));
    return [line, isObject(json) ? json : {}];
  };

  it('creates the container anew, as it is but for the volumes', async () => {
    const { code, stdout } = await host.run(`hand_on ${id} ${word('/my data')}`);
    expect({ code, id: stdout.trim() }).toEqual({ code: 0, id: 'feed' });
    const [line, body] = request(0);
    expect(line).toBe('POST /containers/create?name=shop-worker-2 HTTP/1.0');
    expect(body).toEqual({
      // None, and not that of the image.
      Entrypoint: [''],
      Image: 'shop',
      Env: ['A="\n%s'],
      HostConfig: {
        Binds: null,
        Mounts: [
          { Type: 'volume', Source: OLD, Target: '/my data' },
          { Type: 'volume', Source: 'shop_things', Target: '/things' },
        ],
        Init: true,
      },
      NetworkingConfig: { EndpointsConfig: { shop_one: { Aliases: ['worker'] } } },
    });
    const [connect, endpoint] = request(1);
    expect(connect).toBe('POST /networks/shop_two/connect HTTP/1.0');
    expect(objectOf(endpoint)).toEqual({
      Container: 'feed',
      EndpointConfig: { Aliases: ['other'] },
    });
    expect(host.dockerCalls()).toContain(`rm -v ${id}`);
  });

  it('leaves a container alone that keeps no anonymous volume there', async () => {
    const { code, stdout, stderr } = await host.run(
      `hand_on ${id} ${word('/things')} ${word('/gone')}`,
    );
    expect({ code, id: stdout.trim() }).toEqual({ code: 0, id });
    expect(stderr).toContain(`the anonymous volume ${OLD} stays`);
    expect(host.dockerCalls()).not.toContain(`rm -v ${id}`);
  });

  it('gives each new container of a service one line, and the others none', async () => {
    const lines = `worker ${word('/my data')}\nother ${word('/my data')}`;
    const { stdout } = await host.run(`hand_each "$LINES_" aaaa aaaa ${id} eeee`, {
      LINES_: lines,
    });
    expect(stdout.trim().split('\n')).toEqual(['aaaa', 'feed', 'eeee']);
  });

  it('fails with what the engine says', async () => {
    host.write('refuses', '');
    const { code, stderr } = await host.run(`hand_on ${id} ${word('/my data')}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain('the name is in use');
  });
});
