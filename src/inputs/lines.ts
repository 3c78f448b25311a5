import type { Parsed } from './problem.js';
import type { OutputRequirement, ServiceCommand } from './types.js';
import { splitLines } from './values.js';

/** What Compose takes as the name of a service. */
export const SERVICE_NAME = /^[A-Za-z0-9._-]+$/;
/** A decimal number as a workflow would write it: no hex, no exponent, no spaces. */
export const DECIMAL_NUMBER = /^[+-]?\d+(\.\d+)?$/;

const REQUIREMENT_ALLOWED =
  'allowed is `job.output` `=`, `!=`, `>=` or `<=` and a value, one a line, ' +
  'such as `test.passed >= 41`';
const COMMAND_ALLOWED =
  'allowed is `service: command`, one a line, such as `backend: python manage.py migrate --noinput`';

/** The conditions of `require-outputs`, one a line. */
export function parseRequirements(text: string): Parsed<readonly OutputRequirement[]> {
  const requirements: OutputRequirement[] = [];
  for (const line of splitLines(text)) {
    const parsed = parseRequirement(line);
    if (!('value' in parsed)) return { ...parsed, part: line };
    requirements.push(parsed.value);
  }
  return { value: requirements };
}

function parseRequirement(line: string): Parsed<OutputRequirement> {
  const match = /^([A-Za-z_][\w-]*)\.([A-Za-z_][\w-]*)\s*([=!<>]+)\s*(.*)$/.exec(line);
  const [, job, output, sign, value] = match ?? [];
  if (job === undefined || output === undefined || sign === undefined || value === undefined) {
    return { allowed: REQUIREMENT_ALLOWED };
  }
  const operator = asOperator(sign);
  if (operator === undefined) {
    const meant = { '==': '=', '===': '=', '=>': '>=', '=<': '<=', '>': '>=', '<': '<=' };
    const near = Object.entries(meant).find(([wrong]) => wrong === sign)?.[1] ?? '!=';
    return { allowed: REQUIREMENT_ALLOWED, nearest: `${job}.${output} ${near} ${value}` };
  }
  if (value === '') return { allowed: `${REQUIREMENT_ALLOWED}; the value is missing` };
  const unquoted = /^(["'])(.*)\1$/.exec(value)?.[2];
  if (unquoted !== undefined) {
    return {
      allowed: 'the value is taken as it stands, without quotes',
      nearest: `${job}.${output} ${operator} ${unquoted}`,
    };
  }
  if ((operator === '>=' || operator === '<=') && !DECIMAL_NUMBER.test(value)) {
    return { allowed: `\`${operator}\` compares numbers, and \`${value}\` is none` };
  }
  return { value: { job, output, operator, value } };
}

function asOperator(sign: string): OutputRequirement['operator'] | undefined {
  return sign === '=' || sign === '!=' || sign === '>=' || sign === '<=' ? sign : undefined;
}

/** The commands of `pre-deploy` and `post-deploy`, one a line; a comma belongs to the command. */
export function parseServiceCommands(text: string): Parsed<readonly ServiceCommand[]> {
  const commands: ServiceCommand[] = [];
  for (const line of splitLines(text)) {
    const match = /^([^\s:]+)\s*:\s+(\S.*)$/.exec(line);
    const [, service, command] = match ?? [];
    if (service === undefined || command === undefined || !SERVICE_NAME.test(service)) {
      const glued = /^([A-Za-z0-9._-]+):(\S.*)$/.exec(line);
      const nearest = glued === null ? undefined : `${glued[1] ?? ''}: ${glued[2] ?? ''}`;
      return { allowed: COMMAND_ALLOWED, nearest, part: line };
    }
    commands.push({ service, command });
  }
  return { value: commands };
}
