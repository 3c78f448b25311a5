import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SHELLS, toyHost, type ToyHost } from './host.js';

describe.each(SHELLS)('the environment of a login, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
  });
  afterEach(() => {
    host.remove();
  });

  it('says where temporary files go, unless that is gone', async () => {
    const told = async (directory: string): Promise<string> => {
      const script =
        'export TMPDIR="$GIVEN"; . "$LIBRARY/lib.sh"; env | grep ^TMPDIR= || echo none';
      const { code, stdout } = await host.runWhole(script, { GIVEN: directory });
      expect(code).toBe(0);
      return stdout.trim();
    };
    expect(await told('/nonexistent')).toBe('none');
    expect(await told(host.root)).toBe(`TMPDIR=${host.root}`);
  });

  it('need not know where docker lies', async () => {
    const { stdout } = await host.runWhole(
      'PATH=$GIVEN; . "$LIBRARY/lib.sh"; printf "%s\\n" "$PATH"',
      { GIVEN: `${host.path('bin')}:/usr/bin` },
    );
    const places = stdout.trim().split(':');
    expect(places.slice(0, 2)).toEqual([host.path('bin'), '/usr/bin']);
    expect(places).toEqual(expect.arrayContaining(['/usr/local/bin', '/sbin', `${host.root}/bin`]));
    expect(new Set(places).size).toBe(places.length);
  });

  it('loses no line of a crontab that is no text in its language', async () => {
    host.answer(
      'crontab',
      'case $1 in -l) cat "$TOY/crontab" ;; -r) : >"$TOY/crontab" ;; -) cat >"$TOY/new" && mv "$TOY/new" "$TOY/crontab" ;; esac',
    );
    const latin = '# \\344rger\\n5 4 * * * backup\\n';
    const { code } = await host.runWhole(
      `export LC_ALL=C.UTF-8; printf '${latin}' >"$TOY/crontab"; cp "$TOY/crontab" "$TOY/before"
      . "$LIBRARY/lib.sh"; set -eu; arm_cron; disarm_cron; cmp "$TOY/crontab" "$TOY/before"`,
      { TOY: host.root },
    );
    expect(code).toBe(0);
  });
});
