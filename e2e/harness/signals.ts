import type { Host } from '../host/host.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Takes the hosts down when a signal ends this process. Answers a function that ends the watch. */
export function downOnSignal(...hosts: readonly Host[]): () => void {
  const end = (signal: NodeJS.Signals): void => {
    console.error(`\n${signal}: taking down ${hosts.map(({ name }) => name).join(' and ')}`);
    release();
    void Promise.allSettled(hosts.map((host) => host.down())).then(() => {
      process.kill(process.pid, signal);
    });
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return release;
}
