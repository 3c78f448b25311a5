import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import { createHidden } from '../../src/report/hidden.js';
import { envFileSecrets } from '../../src/inputs.js';
import { outputsOf } from '../../src/report/outputs.js';
import { renderReport } from '../../src/report/report-file.js';
import { renderSummary } from '../../src/report/summary.js';
import { readGithubContext } from '../../src/gate/github-context.js';
import { planned, services } from '../plan/observed.js';
import { captured } from './captured.js';
import { outcomeOf } from './outcome-of.js';

describe('what is hidden', () => {
  it('is told to the runner, and is in no part of an error that goes into a file', async () => {
    const error = new DeployError({
      what: 'invalid port "open-sesame-42"',
      where: 'open-sesame',
      next: 'Look at open-sesame.',
      evidence: 'open-sesame-42\nopen-sesame\nport 80',
    });
    const hidden = createHidden();
    const said = await captured(() => {
      hidden.hide('open-sesame');
      hidden.hide('open-sesame-42');
    });
    const redacted = hidden.redact(error);
    expect(said).toContain('::add-mask::open-sesame-42');
    expect(redacted).toMatchObject({
      what: 'invalid port "***"',
      where: '***',
      next: 'Look at ***.',
      evidence: '***\n***\nport 80',
    });
    expect(redacted.message).not.toContain('sesame');
  });

  it('is in no file and no output of a run, line by line where it has several', async () => {
    const key = ['-----BEGIN KEY-----', 'MIIEsecretone', 'c2VjcmV0dHdv', '-----END KEY-----'];
    const hidden = createHidden();
    await captured(() => {
      for (const text of envFileSecrets(`KEY="${key.join('\n')}"\nOTHER='one\\ntwosecret'\n`))
        hidden.hide(text);
    });
    const { plan } = planned({ wants: services({ api: { environment: { GREETING: 'hi' } } }) });
    const said = (n: number): string => `said ${key[n] ?? ''}`;
    const outcome = hidden.redactOutcome(
      outcomeOf({
        plan: {
          ...plan,
          warnings: [said(1)],
          services: plan.services.map((each) => ({ ...each, why: said(2), told: [said(1)] })),
          operations: [
            ...plan.operations,
            { kind: 'run-command', service: 'api', command: said(1) },
          ],
        },
        phases: [{ name: said(2), startMs: 0, durationMs: 9_000, failed: true }],
        availability: {
          entrance: { kind: 'unmeasured', address: 'http://localhost/', why: said(1) },
          public: undefined,
        },
        unreadLogs: [],
        edge: [{ kind: 'warning', text: said(2) }],
        error: new DeployError({ what: said(1), next: said(2), evidence: key.join('\n') }),
      }),
    );
    const github = readGithubContext({}, () => '{}');
    const files = [
      renderSummary(outcome, {
        repositoryUrl: 'https://github.com/o/r',
        branch: 'main',
        environment: undefined,
        operation: 'plan',
        clockAtStartMs: 0,
        status: hidden.redactLines(key),
      }),
      renderReport(outcome, github),
      JSON.stringify(outputsOf(outcome, '/report.json')),
    ].join('\n');
    expect(files).toContain('said ***');
    for (const line of key) expect(files).not.toContain(line);
  });

  it('leaves what a workflow compares as it is', async () => {
    const hidden = createHidden();
    await captured(() => {
      hidden.hide('backend');
      for (const text of ['deployed', 'plan', 'phases', 'failures', 'name']) hidden.hide(text);
    });
    const outcome = outcomeOf({});
    const { result, services: of, ...rest } = hidden.redactOutcome(outcome);
    expect(Object.keys({ result, services: of, ...rest }).sort()).toEqual(
      Object.keys(outcome).sort(),
    );
    expect(result).toBe('deployed');
    expect(Object.keys(of)).toContain('backend');
  });
});
