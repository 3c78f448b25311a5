/** Takes away something that this process made. */
export type CleanUp = () => Promise<void>;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Cleans up when a signal ends this process. Answers a function that ends the watch. The same signal
 * may come twice, from the process group and relayed by npm: once is enough, and the second must not
 * end the process while it cleans up.
 */
export function cleanUpOnSignal(cleanUps: readonly CleanUp[]): () => void {
  let isEnding = false;
  const stopWatching = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  const end = (signal: NodeJS.Signals): void => {
    if (isEnding) return;
    isEnding = true;
    console.error(`\n${signal}: taking down what was brought up`);
    void Promise.allSettled(cleanUps.map((cleanUp) => cleanUp())).then(() => {
      stopWatching();
      process.kill(process.pid, signal);
    });
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return () => {
    if (!isEnding) stopWatching();
  };
}
