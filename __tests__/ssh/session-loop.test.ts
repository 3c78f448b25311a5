import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

import { SESSION_LOOP, sessionOpening, sessionRequest } from '../../src/ssh/session-loop.js';

const nonce = 'rd-feedfacefeedface';

/** What the loop says when this is all that comes on its stdin. */
function answer(input: Buffer, shell = 'sh', env: NodeJS.ProcessEnv = process.env) {
  const all = Buffer.concat([sessionOpening(nonce), input]);
  return spawnSync(shell, ['-c', SESSION_LOOP], { input: all, env, encoding: 'utf8' });
}

describe('the loop on the host', () => {
  const script = 'echo one\necho two\n';
  const request = sessionRequest(nonce, 1, script);

  it('ends with its input', () => {
    const { stdout, stderr, status } = answer(request);
    expect(stdout).toMatch(new RegExp(`^resee-deploy hello \\d+\none\ntwo\n${nonce} 1 0\n$`));
    expect(stderr).toMatch(new RegExp(`^resee-deploy hello \\d+\n${nonce} 1 0\n$`));
    expect(status).toBe(0);
  });

  it('runs nothing of a script that was cut short', () => {
    for (const missing of [1, nonce.length, nonce.length + 1, nonce.length + 5]) {
      const { stdout, status } = answer(request.subarray(0, request.length - missing));
      expect(stdout).toMatch(/^resee-deploy hello \d+\n$/);
      expect(status).toBe(1);
    }
  });

  it('counts bytes, not characters, whatever the locale', () => {
    const korean = sessionRequest(nonce, 1, "echo '배포 성공'");
    for (const LC_ALL of ['C', 'C.UTF-8']) {
      for (const shell of ['sh', 'bash']) {
        const { stdout } = answer(korean, shell, { ...process.env, LC_ALL });
        expect(stdout).toContain('배포 성공\n');
      }
    }
  });

  it('is one line that any login shell takes for one word in single quotes', () => {
    expect(SESSION_LOOP).toMatch(/^exec sh -c '[^'\n\\!]*'$/);
  });

  it('shows its mark in no argument and in no environment, also where the host exports that name', () => {
    const seen = sessionRequest(nonce, 1, 'tr "\\000" " " </proc/$$/cmdline; env');
    for (const shell of ['dash', 'bash']) {
      const { stdout } = answer(seen, shell, { ...process.env, rd_k: 'theirs', rd_t: 'theirs' });
      const [, told = ''] = stdout.split(/^(?:resee-deploy hello \d+)\n/m);
      expect(told).toContain('while read -r rd_i rd_n');
      expect(told.slice(0, told.lastIndexOf(nonce))).not.toContain(nonce);
    }
  });
});
