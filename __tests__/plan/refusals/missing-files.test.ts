import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { planned, refusalsOf, services, type Situation } from '../observed.js';

const LIVE = '/home/ec2-user/tiny';
const SECRET = { file: `${LIVE}/password.txt` };

/** The api gets a secret, in a commit that changes nothing else. */
function withSecret(situation: Situation = {}, secret: JsonObject = SECRET): Situation {
  const api = { secrets: [{ source: 'password', target: '/run/secrets/password' }] };
  const wants = {
    ...services({ api }),
    secrets: { password: { name: 'tiny_password', ...secret } },
  };
  return { wants, ...situation };
}

describe('a file of a secret or a config', () => {
  it('is asked for before anything changes, where it is nowhere', () => {
    const [refusal, ...others] = refusalsOf(planned(withSecret({ missingFiles: [SECRET.file] })));
    expect(others).toEqual([]);
    expect(refusal?.what).toBe(
      'secret password of api is the file ./password.txt, which is neither in the commit nor on the host',
    );
    expect(refusal?.next).toBe(
      `Commit it, or, where it must not be in git, put it on the host: ${LIVE}/password.txt`,
    );
  });

  it('may lie elsewhere on the host', () => {
    const file = '/etc/shop/password';
    const [refusal] = refusalsOf(planned(withSecret({ missingFiles: [file] }, { file })));
    expect(refusal?.next).toContain(`on the host: ${file}`);
  });

  it('is not asked for where it is there, or nobody new needs it', () => {
    expect(refusalsOf(planned(withSecret()))).toEqual([]);
    const { wants = {} } = withSecret();
    const kept = planned({ was: wants, wants, missingFiles: [SECRET.file] });
    expect(refusalsOf(kept)).toEqual([]);
  });
});

describe('a single file that is mounted', () => {
  const mounting = (source: string): readonly string[] =>
    planned({
      wants: services({ api: { volumes: [{ type: 'bind', source, target: '/etc/x' }] } }),
      missingFiles: [source],
    }).plan.warnings;

  it('is told of where it is nowhere: Docker makes a directory', () => {
    expect(mounting(`${LIVE}/api/config.yml`)).toEqual([
      'api mounts ./api/config.yml, which is neither in the commit nor on the host: Docker makes an empty directory of that name',
    ]);
  });

  it.each([`${LIVE}/data`, `${LIVE}/conf.d`, '/srv/.cache'])('is not meant by %s', (source) => {
    expect(mounting(source)).toEqual([]);
  });
});
