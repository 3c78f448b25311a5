import { createHash } from 'node:crypto';
import { readDotenv } from './dotenv.js';
import { isGated } from './operations.js';
import type { Parsed } from './problem.js';
import type { InputReader } from './reader.js';
import type { EnvFile, OperationName } from './types.js';

const DEFAULT_PATH = '.env';

/** `env-file` and `env-file-path`; undefined where the host's own file is used. No value is in any problem. */
export function readEnvFile(
  reader: InputReader,
  given: string,
  operation: OperationName,
): EnvFile | undefined {
  const path = reader.take('env-file-path', parseEnvFilePath, DEFAULT_PATH);
  if (given.trim() === '') {
    if (path !== DEFAULT_PATH && isGated(operation)) {
      reader.complain(
        'env-file-path',
        'it says where the text of `env-file` is written, and that is empty; set the secret that `env-file` names, or remove this input',
        path,
      );
    }
    return undefined;
  }
  const text = mended(given);
  for (const problem of readDotenv(text).problems) reader.complain('env-file', problem);
  const digest = createHash('sha256').update(text).digest('hex');
  return { path, source: { kind: 'workflow', text }, recorded: { path, digest } };
}

/** Without a byte order mark, with the line ends of Unix, and one after the last line. */
function mended(given: string): string {
  const text = given.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  return text.endsWith('\n') ? text : `${text}\n`;
}

function parseEnvFilePath(text: string): Parsed<string> {
  const allowed =
    "allowed is the path of a file inside the stack's directory, relative to it, without `.`, `..`, empty parts, `:` and `.git`";
  const parts = text.split('/');
  const isWrong =
    /[\p{Cc}:]/u.test(text) ||
    /^[-~]/.test(text) ||
    parts.some((part) => ['', '.', '..', '.git'].includes(part));
  if (!isWrong) return { value: text };
  return { allowed, nearest: /^\.\/[^./]/.test(text) ? text.slice(2) : undefined };
}

/** A shorter one would hide harmless text all over the log, and is soon found by trying. */
const SHORTEST_VALUE = 4;
/** Words that are in every log, and no secrets. */
const WORDS = new Set(
  'true false none null yes no on off localhost production staging development test testing debug info warn warning error postgres redis mysql'.split(
    ' ',
  ),
);

/**
 * The values of the text that the log must never show, each also as it may be quoted. Left out is what would
 * hide harmless text: what has fewer than 4 characters, numbers of up to 5 digits, and words such as `true`.
 */
export function envFileSecrets(given: string): readonly string[] {
  return readDotenv(mended(given)).values.filter(
    (value) =>
      value.trim().length >= SHORTEST_VALUE &&
      !/^\d{1,5}$/.test(value.trim()) &&
      !WORDS.has(value.trim().toLowerCase()),
  );
}
