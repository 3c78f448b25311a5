/** Where a deploy tells what it does. Lines may come from the host: an implementation must not obey them. */
export interface Log {
  info(line: string): void;
  warn(line: string): void;
  debug(line: string): void;
  /** Output of a command on the host, line by line, exactly as it came. */
  remote(line: string): void;
  /** Runs `work` inside a foldable group named `title`. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}
