import { expect, it } from '@jest/globals';
import { CORE } from '../../e2e/core.js';
import { scenarios, trials } from '../../e2e/scenarios/index.js';
import { others } from '../../e2e/stacks/index.js';

it('the core of the scenarios names only those that there are', () => {
  const all = new Set([
    ...scenarios.map(({ home, name }) => `${home}/${name}`),
    ...others.flatMap((stack) => trials.map(({ name }) => `${stack.name}/${name}`)),
  ]);
  expect([...CORE].filter((name) => !all.has(name))).toEqual([]);
});
