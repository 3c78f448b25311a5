export interface ReportedPhase {
  readonly name: string;
  /** From the start of the run. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** The phases of a run in their order, from the text of its report; none where there is no report. */
export function phasesIn(report: string | undefined): ReportedPhase[] {
  if (report === undefined) return [];
  const timeline = fieldOf(JSON.parse(report), 'timeline');
  if (!Array.isArray(timeline)) throw new Error('The report has no timeline');
  return timeline.map((phase: unknown) => {
    const name = fieldOf(phase, 'name');
    const startMs = fieldOf(phase, 'startMs');
    const durationMs = fieldOf(phase, 'durationMs');
    if (typeof name !== 'string' || typeof startMs !== 'number' || typeof durationMs !== 'number') {
      throw new Error(`Not a phase: ${JSON.stringify(phase)}`);
    }
    return { name, startMs, durationMs };
  });
}

/** When the run began, in milliseconds since 1970. */
export function startOf(report: string | undefined): number {
  const startedAt = report === undefined ? undefined : fieldOf(JSON.parse(report), 'startedAt');
  if (typeof startedAt !== 'string') throw new Error('The report does not say when the run began');
  return Date.parse(startedAt);
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
