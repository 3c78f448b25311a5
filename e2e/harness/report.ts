export interface ReportedPhase {
  readonly name: string;
  readonly durationMs: number;
}

/** The phases of a run in their order, from the text of its report; none where there is no report. */
export function phasesIn(report: string | undefined): ReportedPhase[] {
  if (report === undefined) return [];
  const timeline = fieldOf(JSON.parse(report), 'timeline');
  if (!Array.isArray(timeline)) throw new Error('The report has no timeline');
  return timeline.map((phase: unknown) => {
    const name = fieldOf(phase, 'name');
    const durationMs = fieldOf(phase, 'durationMs');
    if (typeof name !== 'string' || typeof durationMs !== 'number') {
      throw new Error(`Not a phase: ${JSON.stringify(phase)}`);
    }
    return { name, durationMs };
  });
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
