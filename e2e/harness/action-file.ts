import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** What an expression in action.yml may name: `github.token`, `github.repository`, … */
export type ExpressionContext = Readonly<Record<string, string>>;

/**
 * The inputs as a runner hands them over: what the workflow said, and action.yml's defaults for
 * the rest with their expressions filled in.
 *
 * @throws Error for an input that action.yml does not have, and for an expression that is not in
 *   `context`.
 */
export async function inputsWithDefaults(
  actionFile: string,
  said: Readonly<Record<string, string>>,
  context: ExpressionContext,
): Promise<Record<string, string>> {
  const defaults = declaredInputs(parse(await readFile(actionFile, 'utf8')), actionFile);
  for (const name of Object.keys(said)) {
    if (!defaults.has(name)) throw new Error(`${actionFile} has no input "${name}"`);
  }
  return Object.fromEntries(
    [...defaults].map(([name, value]) => [name, said[name] ?? evaluate(value, context)]),
  );
}

function declaredInputs(action: unknown, file: string): Map<string, string> {
  const inputs = fieldsOf(action).get('inputs');
  if (inputs === undefined) throw new Error(`${file} declares no inputs`);
  return new Map(
    [...fieldsOf(inputs)].map(([name, input]) => {
      const value = fieldsOf(input).get('default');
      return [name, value === undefined || value === null ? '' : textOf(value)];
    }),
  );
}

/** A YAML boolean or number reaches an action as its text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function fieldsOf(value: unknown): Map<string, unknown> {
  return new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
}

function evaluate(text: string, context: ExpressionContext): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_all, expression: string) => {
    const value = context[expression];
    if (value === undefined) throw new Error(`The harness cannot evaluate \${{ ${expression} }}`);
    return value;
  });
}
