/** What a `.env` holds, and what is wrong with its lines. */
export interface ReadDotenv {
  /** Every value, as it is written and as Compose reads it; those of several lines also line by line. */
  readonly values: readonly string[];
  /** What is wrong, a sentence without its full stop for each place; no value is in any. */
  readonly problems: readonly string[];
}

/** What Compose takes as the name of a variable in a `.env` (compose-go, dotenv/parser.go). */
const NAME = /^(?:export[ \t]+)?([\p{L}\p{N}_.\-[\]]+)[ \t]*([=:])[ \t]*/u;
/** `${NAME}`, `${NAME:-default}` and the like: what Compose takes after `$`. */
const BRACED = /^\{[A-Za-z_][A-Za-z0-9_]*(?:\}|:?[-?+][^\n]*\})/;

/**
 * Reads the text of a `.env` as Compose does: a value goes to the end of its line, up to a blank and `#`, or
 * stands between quotes, and may then have several lines. What Compose would refuse, or silently drop, is a
 * problem, and the reading goes on behind it.
 */
export function readDotenv(text: string): ReadDotenv {
  const values: string[] = [];
  const problems: string[] = [];
  const tell = (at: number, problem: string): void => {
    const line = text.slice(0, at).split('\n').length;
    problems.push(`line ${String(line)}: ${problem}`);
  };
  for (let at = 0; at < text.length;) {
    const end = lineEnd(text, at);
    const line = text.slice(at, end);
    const indent = line.length - line.trimStart().length;
    const start = at + indent;
    if (line.trim() === '' || line.trimStart().startsWith('#')) {
      at = end + 1;
      continue;
    }
    const [head] = NAME.exec(text.slice(start, end)) ?? [];
    if (head === undefined) {
      values.push(line.trim());
      tell(start, nameProblem(line));
      at = end + 1;
      continue;
    }
    const value = readValue(text, start + head.length);
    values.push(...value.texts);
    if (value.problem !== undefined) tell(start, value.problem);
    at = value.end + 1;
  }
  return { values, problems };
}

function nameProblem(line: string): string {
  return /[=:]/.test(line)
    ? 'what stands before `=` is no name of a variable; allowed are letters, digits, `_`, `.` and `-`, and a value of several lines stands between quotes'
    : 'it has no `=`; allowed is `NAME=value`, and a value of several lines stands between quotes';
}

interface Value {
  readonly texts: readonly string[];
  /** Where its last line ends. */
  readonly end: number;
  readonly problem?: string | undefined;
}

function readValue(text: string, at: number): Value {
  const quote = text[at];
  if (quote === '"' || quote === "'") return readQuoted(text, at, quote);
  const end = lineEnd(text, at);
  const raw = text
    .slice(at, end)
    .replace(/(^|\s)#.*$/, '')
    .trim();
  return { texts: formsOf(raw, raw), end, problem: braceProblem(raw) };
}

function readQuoted(text: string, at: number, quote: '"' | "'"): Value {
  let close = at + 1;
  while (close < text.length && text[close] !== quote) close += text[close] === '\\' ? 2 : 1;
  if (close >= text.length) {
    const end = lineEnd(text, at);
    return {
      texts: formsOf(text.slice(at + 1, end).trim()),
      end,
      problem: `its value begins with ${quote}, and no ${quote} ends it`,
    };
  }
  const raw = text.slice(at + 1, close);
  const end = lineEnd(text, close);
  const after = text.slice(close + 1, end).trim();
  return {
    texts: [...formsOf(raw, unescaped(raw, quote)), ...(after.startsWith('#') ? [] : [after])],
    end,
    problem:
      after === '' || after.startsWith('#')
        ? quote === '"'
          ? braceProblem(raw)
          : undefined
        : `something follows the ${quote} that ends its value, and would be left out; a ${quote} within the value is written \\${quote}`,
  };
}

function braceProblem(raw: string): string | undefined {
  const wrong = raw
    .split('${')
    .slice(1)
    .some((rest, index) => {
      // `\$` and `$$` are a plain dollar sign.
      const before = raw.split('${')[index] ?? '';
      return !/(?:\\|\$)$/.test(before) && !BRACED.test(`{${rest}`);
    });
  return wrong
    ? 'its `${` begins no variable; a value with dollar signs stands between single quotes'
    : undefined;
}

function unescaped(raw: string, quote: '"' | "'"): string {
  if (quote === "'") return raw.replaceAll("\\'", "'");
  const special: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return raw.replace(/\\(.)/gs, (_, character: string) => special[character] ?? character);
}

/** The texts that a value may be shown as: whole, its lines, and what stands between its variables. */
function formsOf(...texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    text.replaceAll('$', '$$$$'),
    ...text.split(/\r?\n/).map((line) => line.trim()),
    ...text.split(/[${}]+|:?[-?+](?=[^}]*\})/),
  ]);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
