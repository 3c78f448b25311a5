import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import type { Result } from '../../src/report/outcome.js';
import { renderSummary } from '../../src/report/summary.js';
import { outcomeOf, PREVIOUS_SHA, PROBE, SHA } from './outcome-of.js';

const CONTEXT = {
  repositoryUrl: 'https://github.com/org/app',
  branch: 'main',
  environment: undefined,
  clockAtStartMs: 1_000,
  status: [],
};
const render = (change: Parameters<typeof outcomeOf>[0]): string =>
  renderSummary(outcomeOf(change), CONTEXT);

/** A run of four phases that failed in its last one, and was probed from 2 s on. */
const RUN = {
  phases: [
    { name: 'build api', startMs: 0, durationMs: 4_000, failed: false },
    { name: 'start a new container of api', startMs: 4_000, durationMs: 2_000, failed: false },
    { name: 'cut over: proxy sends to [api] web', startMs: 6_000, durationMs: 500, failed: false },
    { name: 'soak: watch real traffic', startMs: 6_500, durationMs: 3_000, failed: true },
  ],
  plan: {
    project: 'app',
    sha: SHA,
    previousSha: PREVIOUS_SHA,
    services: [],
    operations: [{ kind: 'finish', retire: [], volumes: [], paths: [], inPlace: [] }],
    warnings: [],
  },
  availability: {
    entrance: {
      kind: 'measured',
      address: 'http://localhost/',
      summary: { ...PROBE, latency: { fromMs: 3_000, partMs: 2_000, slowestMs: [3, 4, 40, 5] } },
    },
    public: undefined,
  },
} as const;

describe('the summary', () => {
  it('tells a deploy at a glance: release, services, requests, phases', () => {
    const text = render({});
    expect(text).toContain(
      '## ✅ <code>0123456</code> is live · 0 of 412 probes failed · 42.1 s\n',
    );
    expect(text).toContain('/compare/fedcba9876543210fedcba9876543210fedcba98...0123456789abcdef');
    expect(text).toContain(
      '| <code>backend</code> | routed | <code>aaaaaaaaaaaa</code> → <code>bbbbbbbbbbbb</code> |',
    );
    expect(text).toContain('| <code>backend</code> | roll | 12.3 |');
    expect(text).toContain('Unchanged: <code>postgres</code>.');
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

  it('tells which access log was not read, instead of counting nothing in it', () => {
    const unreadLogs = [{ proxy: 'abc', reason: 'docker logs failed' }];
    expect(render({ unreadLogs })).toContain(
      'the access log of the proxy abc was not read (docker logs failed): what visitors got there is not judged',
    );
  });

  it('counts the connections that outlasted the drain', () => {
    expect(render({ heldConnections: 2 })).toContain('2 connections were still open');
    expect(render({ heldConnections: 1 })).toContain('1 connection was still open');
    expect(render({})).not.toContain('still open');
  });

  it('tells how the images came from the runner', () => {
    const shipment = { layersShipped: 2, layersReused: 7, bytes: 10_500, durationMs: 1_240 };
    expect(render({ shipment })).toContain(
      'Images from the runner: 2 layers shipped (10.5 kB) in 1.2 s, 7 were there already.',
    );
    expect(render({})).not.toContain('Images from the runner');
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

  it('calls a status a status, and shows its releases', () => {
    const status = ['release 0123', 'no deploy under way'];
    const text = renderSummary(outcomeOf({}), { ...CONTEXT, operation: 'status', status });
    expect(text).toMatch(/^## 🔎 Status/);
    expect(text).toContain('```text\nrelease 0123\nno deploy under way\n```');
  });

  it('calls a rollback that was asked for a rollback, and compares from the older commit', () => {
    const text = renderSummary(outcomeOf({}), { ...CONTEXT, operation: 'rollback' });
    expect(text).toMatch(/^## ⏪ Rolled back to <code>0123456<\/code> · /);
    expect(text).toContain(
      `[what went away](https://github.com/org/app/compare/${SHA}...${PREVIOUS_SHA})`,
    );
  });

  it('says in its first line how many requests of visitors failed', () => {
    const counted = { requests: 100, failed: 2 };
    const text = render({ traffic: { proxy: 'a', before: counted, after: counted } });
    expect(text.split('\n')[0]).toContain("2 of 100 visitors' requests failed");
  });

  it('says on a first deploy that failed that there is nothing to go back to', () => {
    const error = new DeployError({ what: 'w', next: 'n' });
    const text = render({ result: 'rolled-back', previousSha: undefined, error });
    expect(text.split('\n')[0]).toContain('was rolled back: no release was there before');
  });

  it('draws the run, and says the same in a table that is folded', () => {
    const text = render({ ...RUN });
    expect(text).toContain('```mermaid\ngantt\n');
    expect(text).toContain('  cut over :6000, 6500\n');
    expect(text).toContain('  soak :crit, 6500, 9500\n');
    expect(text).toContain('```mermaid\nxychart-beta\n');
    expect(text).toContain('  x-axis "seconds" 2.0 --> 10.0\n');
    expect(text).toContain('  bar [0, 0, 40, 10]\n  line [3, 4, 40, 5]\n');
    expect(text).toContain('<details><summary>4 phases</summary>');
  });

  it('draws nothing of a run that changed nothing', () => {
    expect(render({ phases: RUN.phases })).not.toContain('mermaid');
  });

  it('lets no name end a picture', () => {
    const name = 'a\n```\n## x : y; <b> "#"';
    const phases = RUN.phases.map((phase) => ({ ...phase, name }));
    const text = render({ ...RUN, phases });
    const picture = /```mermaid\n([^`]*)```/.exec(text)?.[1] ?? '';
    expect(picture).toContain('  a x :');
    expect(picture).not.toMatch(/[#"<;]/);
  });

  it('has one line for 19 services that stay', () => {
    const kept = {
      role: 'worker',
      action: 'keep',
      oldImage: undefined,
      newImage: undefined,
      seconds: 0,
    };
    const { services } = outcomeOf({});
    const names = Array.from({ length: 19 }, (_, index) => `service-${String(index)}`);
    const text = render({
      services: { ...services, ...Object.fromEntries(names.map((name) => [name, kept])) },
    });
    expect(text.split('\n').filter((line) => line.includes('service-'))).toHaveLength(1);
  });

  it('shows as code what stands between backticks in a message', () => {
    const error = new DeployError({ what: 'the input `host` is *empty*', next: 'Set `host`.' });
    const text = render({ result: 'refused', error });
    expect(text).toContain('the input <code>host</code> is &#42;empty&#42;');
    expect(text).toContain('Set <code>host</code>.');
  });

  it('says a warning once', () => {
    const { plan } = outcomeOf({});
    if (plan === undefined) throw new Error('the outcome has a plan');
    const text = render({ plan: { ...plan, warnings: ['twice', 'twice'] } });
    expect(text.match(/twice/g)).toHaveLength(1);
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
    const rows = text.split('\n').filter((line) => line.startsWith('| <code>a'));
    expect(rows.map((row) => row.match(/\|/g)?.length)).toEqual([4, 4]);
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
