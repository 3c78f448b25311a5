/**
 * What Compose said of the staged tree, as if it lay where the live directory does: the staged tree has a
 * root of its own, below which every path is that of the host.
 */
export function inLiveTerms(config: string, stage: string, live: string): string {
  if (!stage.endsWith(live)) return config;
  const root = JSON.stringify(stage.slice(0, -live.length)).slice(1, -1);
  return config.replaceAll(`${root}/`, '/').replaceAll(`"${root}"`, '"/"');
}
