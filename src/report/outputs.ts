import * as core from '@actions/core';
import { entranceProbe, type Outcome } from './outcome.js';
import { planMarkdown } from './plan-section.js';

/**
 * Every output of action.yml. What isn't known is empty, and never 0: no probe at all is something
 * else than no failed probe.
 */
export function outputsOf(
  outcome: Outcome,
  reportPath: string | undefined,
): Readonly<Record<string, string>> {
  const probe = entranceProbe(outcome);
  return {
    result: outcome.result,
    sha: outcome.sha,
    'previous-sha': outcome.previousSha ?? '',
    services: JSON.stringify(outcome.services),
    plan: outcome.plan === undefined ? '' : JSON.stringify(outcome.plan),
    'plan-markdown': planMarkdown(outcome),
    'duration-ms': String(Math.round(outcome.durationMs)),
    probes: probe === undefined ? '' : String(probe.sent),
    'failed-probes': probe === undefined ? '' : String(probe.failed),
    requests: outcome.traffic === undefined ? '' : String(outcome.traffic.after.requests),
    'failed-requests': outcome.traffic === undefined ? '' : String(outcome.traffic.after.failed),
    'longest-gap-ms': probe === undefined ? '' : String(Math.round(probe.longestGapMs)),
    url: outcome.url ?? '',
    report: reportPath ?? '',
  };
}

/** Hands the outputs to the runner. */
export function writeOutputs(outcome: Outcome, reportPath: string | undefined): void {
  for (const [name, value] of Object.entries(outputsOf(outcome, reportPath))) {
    core.setOutput(name, value);
  }
}
