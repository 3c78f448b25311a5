import type { Parsed } from './problem.js';
import { secretTexts } from './secrets.js';

const TOKENS = '`%h` (host), `%p` (port), `%r` (user) and `%%` (a percent sign)';

/** A command for the runner's shell. Whoever may list its processes reads it: no secret is allowed in it. */
export function parseProxyCommand(get: (name: string) => string): (text: string) => Parsed<string> {
  return (text) => {
    const token = [...text.matchAll(/%(.?)/gs)].find(([, name = '']) => !/^[hpr%]$/.test(name));
    if (token !== undefined) {
      return { allowed: `allowed after a percent sign are ${TOKENS}`, part: token[0] };
    }
    if (secretTexts(get).some((secret) => text.includes(secret))) {
      return {
        allowed:
          'it holds a secret, which every process on the runner could read in its arguments; give ' +
          'it to the program by `env:` of the step',
      };
    }
    return { value: text };
  };
}
