import { describe, expect, it } from '@jest/globals';
import { RefusedError } from '../../src/errors.js';
import { planMarkdown } from '../../src/report/plan-section.js';
import { planned, services } from '../plan/observed.js';
import { outcomeOf, SHA } from './outcome-of.js';

const CHANGED = services({ api: { environment: { GREETING: '<b>hi</b>' } } });
const { plan } = planned({ wants: CHANGED });

describe('the plan as Markdown', () => {
  it('tells the services, the steps in their order, and the warnings', () => {
    const text = planMarkdown(
      outcomeOf({ result: 'planned', plan: { ...plan, warnings: ['a *warning*'] } }),
    );
    expect(text).toContain(`## Deploy plan for <code>${SHA.slice(0, 7)}</code>`);
    expect(text).toContain(
      '| <code>api</code> | routed | roll | its definition changed (environment.GREETING) |',
    );
    expect(text).toContain(
      '1. build api in a staged tree\n2. start a new container of api, wait until ready\n3. cut over:',
    );
    expect(text).toContain('- ⚠️ a &#42;warning&#42;');
  });

  it('says why it is refused, and what to do next', () => {
    const error = new RefusedError({ what: 'one\ntwo', next: 'Name it.' });
    expect(planMarkdown(outcomeOf({ result: 'refused', plan, error }))).toContain(
      '⛔ **Refused:** one<br>two\n\n**What to do next:** Name it.',
    );
  });

  it('is empty where there is none', () => {
    expect(planMarkdown(outcomeOf({ plan: undefined }))).toBe('');
  });

  it('fits into a comment', () => {
    const [service] = plan.services;
    if (service === undefined) throw new Error('no service');
    const many = Array.from({ length: 200 }, (_, n) => ({
      ...service,
      service: `${'x'.repeat(300)}-${String(n)}`,
    }));
    const text = planMarkdown(outcomeOf({ result: 'planned', plan: { ...plan, services: many } }));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/The rest was cut off; the output `plan` holds it all\.\n$/);
  });
});
