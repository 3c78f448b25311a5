/** The environment of the process, as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;
