import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../harness/shell.js';
import { interrupt, MOMENTS } from './interruptions.js';
import type { Scenario } from './scenario.js';

/** Longer than a run waits for an engine that says nothing, and for the last question before that. */
const HANGS_MS = 345_000;

export const engineHangs: Scenario = {
  name: 'engine-hangs',
  home: 'tiny',
  waits: true,
  sentence:
    'a Docker Engine that stops answering in the middle of a build ends the run, and the stack is whole once it answers',
  from: 'deployed',
  run: (bed, checks, standing) =>
    interrupt(bed, checks, standing, MOMENTS.building, async (running) => {
      const signal = (name: string): Promise<string> =>
        ask(bed.host, `kill -${name} "$(cat /run/docker.pid)"`, { user: 'root' });
      await signal('STOP');
      try {
        await sleep(HANGS_MS);
      } finally {
        await signal('CONT');
      }
      const run = await running.done;
      checks.equal(run.outputs['result'], 'rolled-back', 'result of the run');
      checks.that(
        run.log.includes('the Docker Engine has not answered for 5 minutes'),
        'it tells what it waited for',
      );
    }),
};
