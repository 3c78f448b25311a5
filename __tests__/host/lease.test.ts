import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import { keepLease } from '../../src/host/lease.js';
import type { Log } from '../../src/log.js';
import type { Session } from '../../src/ssh/session.js';
import { fakeClock } from '../health/servers.js';

const nothing = (): void => undefined;
const log: Log = {
  ...{ info: nothing, warn: nothing, debug: nothing, remote: nothing },
  group: (_title, work) => work(),
};
const SILENT = 124;

/** A session whose engine answers as it is told; counts the signs of life. */
function sessionThat(answer: (sign: number) => number): Session & { readonly signs: () => number } {
  let signs = 0;
  return {
    pid: 1,
    run: () => Promise.resolve({ code: answer(++signs), stdout: '', stderr: '' }),
    close: () => Promise.resolve(),
    signs: () => signs,
  };
}

async function keep(
  answer: (sign: number) => number,
  minutes: number,
): Promise<{ readonly signs: number; readonly silent: readonly Error[] }> {
  const clock = fakeClock();
  const session = sessionThat(answer);
  const silent: Error[] = [];
  const kept = keepLease(session, '', '7', {
    ...{ clock, log },
    engineSilent: (why) => silent.push(why),
  });
  await clock.advance(minutes * 60_000);
  kept.stop();
  return { signs: session.signs(), silent };
}

describe('the lease that is kept', () => {
  it('is renewed three times a minute, and says nothing of an engine that answers', async () => {
    expect(await keep(() => 0, 10)).toEqual({ signs: 30, silent: [] });
  });

  it('tells of an engine that has not answered for five minutes', async () => {
    const { silent } = await keep(() => SILENT, 5);
    expect(silent[0]).toBeInstanceOf(DeployError);
    expect(silent[0]?.message).toMatch(/^the Docker Engine has not answered for 5 minutes\n/);
  });

  it('tells nothing of one that answers now and then, or that is restarted', async () => {
    expect((await keep((sign) => (sign % 14 === 0 ? 0 : SILENT), 30)).silent).toEqual([]);
    expect((await keep(() => 1, 30)).silent).toEqual([]);
  });
});
