import { randomBytes } from 'node:crypto';

/** A word that nothing on the host can know before the script that is given it runs. */
export function createMark(): string {
  return randomBytes(16).toString('hex');
}

/**
 * What a script answered: the lines that its function `answer` printed, without their mark. All else on
 * its stdout, such as what a container printed, is nobody's answer.
 */
export function answersIn(stdout: string, mark: string): string {
  const start = `=${mark}=`;
  return stdout
    .split('\n')
    .flatMap((line) => {
      const at = line.indexOf(start);
      return at === -1 ? [] : [`${line.slice(at + start.length)}\n`];
    })
    .join('');
}
