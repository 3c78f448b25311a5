import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isMap, isScalar, parseDocument } from 'yaml';
import { outputsOf } from '../../src/report/outputs.js';
import { INPUT_DEFAULTS } from '../../src/inputs/names.js';
import { outcomeOf } from '../report/outcome-of.js';

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly default: string;
}

const action = parseDocument(readFileSync('action.yml', 'utf8'));

/** The entries of `inputs` or `outputs`, in their order. */
function entriesOf(section: 'inputs' | 'outputs'): readonly Entry[] {
  const map = action.get(section);
  if (!isMap(map)) throw new Error(`action.yml has no ${section}`);
  return map.items.map(({ key }) => {
    const name = isScalar(key) ? String(key.value) : '';
    const text = (field: string): string => {
      const value: unknown = action.getIn([section, name, field]);
      return typeof value === 'string' ? value : '';
    };
    return { name, description: text('description'), default: text('default') };
  });
}

/** Known to the runner only. */
const CONTEXT_DEFAULTS: Readonly<Record<string, string>> = {
  repository: '${{ github.repository }}',
  sha: '${{ github.sha }}',
  token: '${{ github.token }}',
};

describe('action.yml', () => {
  it('names the inputs that are read, in the same order', () => {
    expect(entriesOf('inputs').map(({ name }) => name)).toEqual(Object.keys(INPUT_DEFAULTS));
  });

  it('gives the defaults that an empty value stands for', () => {
    const written = entriesOf('inputs').map((input) => [input.name, input.default] as const);
    expect(Object.fromEntries(written)).toEqual({ ...INPUT_DEFAULTS, ...CONTEXT_DEFAULTS });
  });

  it('names the outputs that are written', () => {
    const written = Object.keys(outputsOf(outcomeOf({}), undefined));
    expect(entriesOf('outputs').map(({ name }) => name)).toEqual(written);
  });

  it('describes every input and output', () => {
    for (const entry of [...entriesOf('inputs'), ...entriesOf('outputs')]) {
      expect(entry.description.length).toBeGreaterThan(15);
    }
  });

  it('fits the Marketplace, and runs main and post from the bundle', () => {
    expect(String(action.get('description')).length).toBeLessThanOrEqual(125);
    const runs = ['using', 'main', 'post'].map((name) => action.getIn(['runs', name]));
    expect(runs).toEqual(['node24', 'dist/index.js', 'dist/index.js']);
  });
});
