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
});
