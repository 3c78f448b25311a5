/** The output of a process, kept whole and watched line by line. */
export interface Lines {
  readonly take: (chunk: Buffer | string) => void;
  /** No more will come: a last line without an end is a line too. */
  end(): void;
  text(): string;
  /**
   * Resolves when a line matches, also one that has already come.
   *
   * @throws Error when `ended` settles before one does.
   */
  wait(pattern: RegExp, ended: Promise<unknown>): Promise<void>;
}

export function collectLines(onLine: (line: string) => void = () => undefined): Lines {
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  let rest = '';
  const add = (line: string): void => {
    lines.push(line);
    onLine(line);
    for (const heard of waiting) heard(line);
  };
  return {
    take: (chunk) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(add);
    },
    end: () => {
      if (rest !== '') add(rest);
      rest = '';
    },
    text: () => lines.join('\n'),
    wait: (pattern, ended) =>
      new Promise((resolve, reject) => {
        if (lines.some((line) => pattern.test(line))) {
          resolve();
          return;
        }
        const heard = (line: string): void => {
          if (!pattern.test(line)) return;
          waiting.delete(heard);
          resolve();
        };
        waiting.add(heard);
        const missed = (): void => {
          waiting.delete(heard);
          reject(new Error(`The run ended without a line like ${String(pattern)}`));
        };
        ended.then(missed, missed);
      }),
  };
}

/** Whether `work` settles within `waitMs`. */
export async function settledWithin(work: Promise<unknown>, waitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, waitMs);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([settled, late]);
  clearTimeout(timer);
  return result;
}
