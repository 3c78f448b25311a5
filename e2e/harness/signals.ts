/** Takes away something that this process made. */
export type CleanUp = () => Promise<void>;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Cleans up when a signal ends this process. Answers a function that ends the watch. */
export function cleanUpOnSignal(cleanUps: readonly CleanUp[]): () => void {
  const end = (signal: NodeJS.Signals): void => {
    console.error(`\n${signal}: taking down what was brought up`);
    release();
    void Promise.allSettled(cleanUps.map((cleanUp) => cleanUp())).then(() => {
      process.kill(process.pid, signal);
    });
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return release;
}
