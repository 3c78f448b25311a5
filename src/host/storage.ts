import { DeployError } from '../errors.js';
import type { StorageContents, StorageQuestion } from '../plan/observation.js';
import { storageScript } from '../remote/load.js';
import type { Shell } from './shell.js';

/**
 * Looks into places that containers mount: is there a file that bears one writer only? One round trip, or none.
 *
 * @param state shell code that sets STATE
 * @returns an answer for each question, in their order
 * @throws DeployError when the host does not answer
 */
export async function inspectStorage(
  shell: Shell,
  state: string,
  questions: readonly StorageQuestion[],
  signal?: AbortSignal,
): Promise<readonly StorageContents[]> {
  if (questions.length === 0) return [];
  const MOUNTS = questions.map(({ containerId, target }) => `${containerId} ${target}\n`).join('');
  const { code, stdout, stderr } = await shell.run(state + storageScript(), { MOUNTS }, signal);
  if (code !== 0) {
    throw new DeployError({
      what: 'looking into the storage of the stack failed',
      next: 'See the lines above for what the host said.',
      evidence: stderr.slice(-2000),
    });
  }
  const answers = new Map(
    [...stdout.matchAll(/^(database|none|unknown) (\d+) ?(.*)$/gm)].map(
      ([, kind = '', number = '', text = '']) => [Number(number), { kind, text }] as const,
    ),
  );
  return questions.map(({ service, target }, index) => {
    const { kind, text } = answers.get(index + 1) ?? { kind: 'unknown', text: 'no answer' };
    return {
      service,
      target,
      database: kind === 'database' ? text : undefined,
      unknown: kind === 'unknown' ? text : undefined,
    };
  });
}
