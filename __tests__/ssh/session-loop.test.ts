import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

import { sessionLoop, sessionRequest } from '../../src/ssh/session-loop.js';

const nonce = 'rd-feedfacefeedface';

/** What the loop says when this is all that comes on its stdin. */
function answer(input: Buffer, shell = 'sh', env: NodeJS.ProcessEnv = process.env) {
  return spawnSync(shell, ['-c', sessionLoop(nonce)], { input, env, encoding: 'utf8' });
}

describe('the loop on the host', () => {
  const script = 'echo one\necho two\n';
  const request = sessionRequest(nonce, 1, script);

  it('ends with its input', () => {
    const { stdout, stderr, status } = answer(request);
    expect(stdout).toMatch(new RegExp(`^${nonce} hello \\d+\none\ntwo\n${nonce} 1 0\n$`));
    expect(stderr).toMatch(new RegExp(`^${nonce} hello \\d+\n${nonce} 1 0\n$`));
    expect(status).toBe(0);
  });

  it('runs nothing of a script that was cut short', () => {
    for (const missing of [1, nonce.length, nonce.length + 1, nonce.length + 5]) {
      const { stdout, status } = answer(request.subarray(0, request.length - missing));
      expect(stdout).toMatch(/^\S+ hello \d+\n$/);
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
    const line = sessionLoop(nonce);
    expect(line).toMatch(/^exec sh -c '[^'\n\\!]*'$/);
  });
});
