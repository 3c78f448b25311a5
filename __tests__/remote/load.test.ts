import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { remoteScript } from '../../src/remote/load.js';

const names = readdirSync('src/remote')
  .filter((file) => file.endsWith('.sh'))
  .map((file) => file.slice(0, -'.sh'.length));

describe('remoteScript', () => {
  it.each(names)('gives the text of %s.sh, byte for byte', (name) => {
    expect(remoteScript(name)).toBe(readFileSync(`src/remote/${name}.sh`, 'utf8'));
  });

  it('throws for a script that does not exist', () => {
    expect(() => remoteScript('no-such-script')).toThrow('no-such-script.sh');
  });
});
