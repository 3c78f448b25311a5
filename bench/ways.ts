import { readFile } from 'node:fs/promises';
import type { Bed } from '../e2e/scenarios/bed.js';

/** A way to bring a commit that is on `main` to the host. */
export interface Way {
  /** Markdown: how the tables call it. */
  readonly title: string;
  /**
   * Answers how the deploy itself thinks that it went.
   *
   * @throws Error when it could not be tried, or went so wrong that its numbers mean nothing.
   */
  deploy(bed: Bed, sha: string): Promise<string>;
}

/** Long enough to see real traffic on the new release; the action's default is 10 s. */
const SOAK = '3s';

export const ways: readonly Way[] = [
  scripted('a script: `up -d --no-deps --build`, then `curl`', 'script.sh', (bed) => [
    bed.place.directory,
    bed.stack.backend,
    `http://localhost${bed.stack.tellRelease.path}`,
  ]),
  scripted('`docker compose up -d --build`', 'compose-up.sh', (bed) => [bed.place.directory]),
  scripted('start first, stop the old one; nginx is not told', 'start-first.sh', (bed) => [
    bed.place.directory,
    bed.stack.backend,
  ]),
  { title: `**this action** (\`soak: ${SOAK}\`)`, deploy: byAction },
];

function scripted(title: string, file: string, words: (bed: Bed) => readonly string[]): Way {
  return {
    title,
    deploy: async (bed) => {
      const script = await readFile(new URL(`./ways/${file}`, import.meta.url), 'utf8');
      const { code, stdout, stderr } = await bed.host.exec(
        `set -- ${words(bed).join(' ')}\n${script}`,
      );
      bed.note(`— ${file} ended with ${String(code)}\n${stdout}\n${stderr}`);
      return `exit ${String(code)}`;
    },
  };
}

/** Without `pre-deploy`: none of the scripts migrates either. */
async function byAction(bed: Bed, sha: string): Promise<string> {
  const run = await bed.deploy(sha, { inputs: { soak: SOAK, 'pre-deploy': undefined } });
  const result = run.outputs['result'] ?? 'no result';
  if (result !== 'deployed') throw new Error(`${result}:\n${run.log.slice(-3_000)}`);
  return result;
}
