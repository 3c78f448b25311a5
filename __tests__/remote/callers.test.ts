import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/**
 * An engine of files: running/SERVICE holds the ids of its containers, addresses/ID an address, hosts/ID the
 * container's /etc/hosts; a container with a file deaf/ID has no shell.
 */
const ENGINE = `
case $1 in
  ps) service=$(printf '%s' "$*" | grep -oE 'compose.service=[a-z]+' | cut -d= -f2)
    cat "$TOY/running/$service" 2>/dev/null || : ;;
  inspect)
    for last; do :; done
    case "$*" in
      *State.Running* | *.Id*) grep -qrx "$last" "$TOY/running" || { echo "No such object: $last" >&2; exit 1; }; echo true ;;
      *NetworkSettings*) cat "$TOY/addresses/$last" ;;
    esac ;;
  exec)
    shift
    while :; do case $1 in -u | -e) shift 2 ;; *) break ;; esac; done
    id=$1
    [ ! -e "$TOY/deaf/$id" ] || exit 127
    sh -c "$4" sh "$TOY/hosts/$id" "$7" ;;
  run) exit 125 ;;
esac`;

const ROUTES = 'web api net a1 api,backend\nweb jobs net - jobs\n';

describe.each(SHELLS)('callers, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    for (const [service, ids] of [
      ['web', 'w1\nw2\n'],
      ['api', 'a1\n'],
    ] as const)
      host.write(`running/${service}`, ids);
    for (const id of ['w1', 'w2', 'w3']) host.write(`hosts/${id}`, '127.0.0.1 localhost\n');
    for (const [id, address] of [
      ['a1', '10.0.0.1'],
      ['a2', '10.0.0.2'],
      ['j1', '10.0.0.9'],
    ] as const)
      host.write(`addresses/${id}`, `${address}\n`);
  });
  afterEach(() => {
    host.remove();
  });
  const hosts = (id: string) => host.read(`hosts/${id}`).trim().split('\n');
  const pin = (ids: string, known?: string) =>
    host.run(`set -eu\npin_callers shop "$ROUTES" ${known === undefined ? '' : '"$KNOWN"'}`, {
      ROUTES: ROUTES.replace(' a1 ', ` ${ids} `),
      ...(known === undefined ? {} : { KNOWN: known }),
    });

  it('stay with the incumbents, go on with the candidates, and are left as they were', async () => {
    expect((await pin('a1')).code).toBe(0);
    expect(hosts('w1')).toEqual(['127.0.0.1 localhost', '10.0.0.1 api backend # resee-deploy']);
    host.write('running/api', 'a1\na2\n');
    host.write('running/jobs', 'j1\n');
    // A candidate of the caller itself: it has learned nothing yet.
    host.write('running/web', 'w1\nw2\nw3\n');
    expect((await pin('-', 'a1 w1 w2')).code).toBe(0);
    for (const id of ['w1', 'w2', 'w3'])
      expect(hosts(id)).toEqual([
        '127.0.0.1 localhost',
        '10.0.0.2 api backend # resee-deploy',
        '10.0.0.9 jobs # resee-deploy',
      ]);
    expect((await host.run('set -eu\nunpin_callers\nunpin_callers')).code).toBe(0);
    for (const id of ['w1', 'w2', 'w3']) expect(hosts(id)).toEqual(['127.0.0.1 localhost']);
  });

  it('without a shell are told, and hold nothing up', async () => {
    host.write('deaf/w1', '');
    const { code, stderr } = await pin('a1');
    expect(code).toBe(0);
    expect(stderr).toContain('web (w1) cannot be held');
    expect(hosts('w2')).toContain('10.0.0.1 api backend # resee-deploy');
    expect((await host.run('set -eu\nunpin_callers')).code).toBe(0);
  });

  it('that are pinned already must take the new pins: the deploy fails where one does not', async () => {
    await pin('a1');
    host.write('deaf/w1', '');
    host.write('running/api', 'a1\na2\n');
    expect((await pin('-', 'a1')).code).not.toBe(0);
  });

  it('that have ended meanwhile need no pins', async () => {
    await pin('a1');
    host.write('deaf/w1', '');
    host.write('running/web', 'w2\n');
    host.write('running/api', 'a1\na2\n');
    expect((await pin('-', 'a1')).code).toBe(0);
    expect((await host.run('set -eu\nunpin_callers')).code).toBe(0);
    expect(hosts('w2')).toEqual(['127.0.0.1 localhost']);
  });

  it('are not pinned to nothing: where no candidate has an address the deploy fails', async () => {
    await pin('a1');
    expect((await pin('-', 'a1')).code).not.toBe(0);
  });
});
