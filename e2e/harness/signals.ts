import type { Host } from '../host/host.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Takes the host down when a signal ends this process. Answers a function that ends the watch. */
export function downOnSignal(host: Host): () => void {
  const end = (signal: NodeJS.Signals): void => {
    console.error(`\n${signal}: taking the host down`);
    release();
    void host.down().finally(() => {
      process.kill(process.pid, signal);
    });
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return release;
}
