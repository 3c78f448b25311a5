import { isAlias, isMap, isScalar, isSeq, type Document, type Node } from 'yaml';
import { textOf } from '../../plan/compose/json.js';
import type { Schema } from './schema.js';

/** Something wrong with the file, and where. */
export interface ConfigProblem {
  /** Of the text, in characters from its beginning. */
  readonly offset: number;
  readonly text: string;
}

/** What of a YAML document does not fit the schema; each problem once. */
export function problemsOf(document: Document, schema: Schema): readonly ConfigProblem[] {
  return check(document, document.contents, schema, []);
}

type Path = readonly string[];

function check(document: Document, given: unknown, schema: Schema, path: Path): ConfigProblem[] {
  const node = isAlias(given) ? given.resolve(document) : given;
  const problem = (): ConfigProblem[] => [
    { offset: offsetOf(given), text: told(path, node, schema.errorMessage ?? '') },
  ];
  switch (schema.type) {
    case 'object':
      return isMap(node) ? checkMap(document, node, schema, path) : problem();
    case 'array': {
      const { items, maxItems = Infinity } = schema;
      if (!isSeq(node) || items === undefined) return problem();
      return [
        ...(node.items.length > maxItems ? problem() : []),
        ...node.items.flatMap((item, index) =>
          check(document, item, items, [...path.slice(0, -1), `${path.at(-1) ?? ''}[${index}]`]),
        ),
      ];
    }
    default:
      return isScalar(node) && fits(node.value, schema) ? [] : problem();
  }
}

function checkMap(document: Document, node: Node, schema: Schema, path: Path): ConfigProblem[] {
  if (!isMap(node)) return [];
  const { properties = {}, required = [] } = schema;
  const seen = new Set<string>();
  const wrong = node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '';
    seen.add(name);
    const inner = properties[name];
    if (inner !== undefined) return check(document, value ?? key, inner, [...path, name]);
    const names = Object.keys(properties).map((each) => `\`${each}\``);
    const text = `there is no \`${[...path, name].join('.')}\`; allowed are ${names.join(', ')}`;
    return [{ offset: offsetOf(key), text }];
  });
  const missing = required
    .filter((name) => !seen.has(name))
    .map((name) => ({
      offset: offsetOf(node),
      text: `\`${[...path, name].join('.')}\` is missing`,
    }));
  return [...wrong, ...missing];
}

function fits(value: unknown, { type, enum: allowed, pattern, minimum, maximum }: Schema): boolean {
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'integer') {
    if (typeof value !== 'number' || !Number.isInteger(value)) return false;
    return value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity);
  }
  if (typeof value !== 'string' && !(type === 'value' && typeof value === 'number')) return false;
  if (allowed !== undefined && !allowed.includes(value)) return false;
  return pattern === undefined || new RegExp(pattern).test(String(value));
}

function told(path: Path, node: unknown, allowed: string): string {
  const where = path.length === 0 ? '' : `\`${path.join('.')}\`: `;
  const given = isScalar(node) ? textOf(node.value) : undefined;
  const value = given === undefined ? '' : `\`${given}\`: `;
  return `${where}${value}${allowed}`;
}

function offsetOf(node: unknown): number {
  const range =
    isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
  return range?.[0] ?? 0;
}
