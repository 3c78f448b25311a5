import { spawn } from 'node:child_process';

/**
 * Runs a program, its error output on ours, and resolves to its standard output.
 *
 * @throws if it cannot be started, or ends with anything but 0
 */
export function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(new Error(`${program} ended with ${signal ?? String(code)}`));
    });
  });
}
