import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import type { Result } from '../../src/report/outcome.js';
import { renderSummary } from '../../src/report/summary.js';
import { outcomeOf } from './outcome-of.js';

const CONTEXT = {
  repositoryUrl: 'https://github.com/org/app',
  branch: 'main',
  environment: undefined,
};
const render = (change: Parameters<typeof outcomeOf>[0]): string =>
  renderSummary(outcomeOf(change), CONTEXT);

describe('the summary', () => {
  it('tells a deploy at a glance: release, services, requests, phases', () => {
    const text = render({});
    expect(text).toContain('## ✅ <code>0123456</code> is the running release');
    expect(text).toContain('/compare/fedcba9876543210fedcba9876543210fedcba98...0123456789abcdef');
    expect(text).toContain(
      '| <code>backend</code> | routed | roll | <code>aaaaaaaaaaaa</code> → <code>bbbbbbbbbbbb</code> | 12.3 |',
    );
    expect(text).toContain('| <code>postgres</code> | data | keep |  |  |');
    expect(text).toContain('**0 of 412 requests failed**');
    expect(text).toContain('| build | 0.1 s | 20.0 s |');
  });

  it.each<Result>([
    'deployed',
    'unchanged',
    'rolled-back',
    'refused',
    'superseded',
    'planned',
    'failed',
  ])('has a headline for %s', (result) => {
    expect(render({ result }).split('\n')[0]).toMatch(/^## \S+ .*<code>0123456<\/code>/);
  });

  it('tells what visitors got during the soak', () => {
    const before = { requests: 90, failed: 1 };
    const after = { requests: 100, failed: 2 };
    expect(render({ traffic: { proxy: 'abc', before, after } })).toContain(
      '2 of 100 real requests failed (5xx) since the cutover, 1 of 90 in the same time before it',
    );
  });

  it('counts the connections that outlasted the drain', () => {
    expect(render({ heldConnections: 2 })).toContain('2 connections were still open');
    expect(render({ heldConnections: 1 })).toContain('1 connection was still open');
    expect(render({})).not.toContain('still open');
  });

  it('shows a plan with its reasons, and phases in the order they began', () => {
    const backend = {
      service: 'backend',
      role: 'routed',
      reason: 'nginx names it',
      single: undefined,
      action: 'roll',
      why: 'its build context changed',
      ifImageChanges: true,
      replicas: 1,
      incumbents: [],
      dead: [],
      image: 'app-backend',
      oldImageId: undefined,
      told: [],
      waits: [],
      unread: [],
    } as const;
    const { plan } = outcomeOf({});
    if (plan === undefined) throw new Error('the outcome has a plan');
    const text = render({
      result: 'planned',
      plan: { ...plan, services: [backend] },
      phases: [
        { name: 'inner', startMs: 5, durationMs: 1, failed: false },
        { name: 'outer', startMs: 5, durationMs: 10, failed: false },
      ],
    });
    expect(text).toContain('| <code>backend</code> | routed | roll? | its build context changed |');
    expect(text.indexOf('| outer')).toBeLessThan(text.indexOf('| inner'));
  });

  it('calls a status a status, and no deploy', () => {
    const text = renderSummary(outcomeOf({}), { ...CONTEXT, operation: 'status' });
    expect(text).toMatch(/^## 🔎 Status/);
  });

  it('says what failed and what to do next, with the last lines', () => {
    const error = new DeployError({
      what: 'backend did not become ready',
      where: 'backend-2',
      next: 'Read its log.',
      evidence: '\u001b[31mTraceback\u001b[0m ```\nboom',
    });
    const text = render({ result: 'rolled-back', error });
    expect(text).toContain('**What happened:** backend did not become ready (backend-2)');
    expect(text).toContain('**What to do next:** Read its log.');
    expect(text).toContain('````text\nTraceback ```\nboom\n````');
  });

  it('says in which step it failed, and marks it among the phases', () => {
    const text = render({
      result: 'rolled-back',
      error: new DeployError({ what: 'w', next: 'n' }),
      phases: [
        { name: 'build', startMs: 100, durationMs: 2_000, failed: false },
        { name: 'check the health endpoint', startMs: 2_100, durationMs: 3_000, failed: true },
        { name: 'roll back', startMs: 5_100, durationMs: 900, failed: false },
      ],
    });
    expect(text).toContain(
      '**In which step:** check the health endpoint, 5.1 s after the run began',
    );
    expect(text).toContain('| ❌ check the health endpoint | 2.1 s |');
    expect(text).toContain('| build | 0.1 s |');
    // No image came of it: the table must not read as if it had.
    expect(text).toContain('### Services, as it was planned');
  });

  it('lets no text from elsewhere break a table or become markup', () => {
    const name = 'a|b`c<script>\n# d [x](y)';
    const service = { role: 'routed', action: 'roll', oldImage: name, newImage: name, seconds: 1 };
    const text = render({ services: { [name]: service } });
    const row = text.split('\n').find((line) => line.includes('routed'));
    expect(row?.match(/\|/g)).toHaveLength(6);
    expect(text).not.toContain('<script>');
    expect(text).not.toContain('[x](y)');
  });

  it('stays under 1 MiB whatever happened', () => {
    const long = 'é`|'.repeat(400_000);
    const many = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, index) => [
        `service-${index}`,
        { role: long.slice(0, 9_000), action: 'roll', oldImage: long, newImage: '', seconds: 1 },
      ]),
    );
    const error = new DeployError({ what: 'x', next: 'y', evidence: long });
    const text = render({ services: many, error });
    expect(Buffer.byteLength(text)).toBeLessThan(1_048_576);
    expect(text).toContain('The rest was cut off');
  });
});
