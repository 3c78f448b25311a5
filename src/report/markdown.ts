import { plainText } from './terminal.js';

/** Nobody reads more of a name or a message than this, and the whole summary has a limit. */
const LONGEST_TEXT = 2_000;

/**
 * Text that comes from elsewhere, such as a name or a message, to be put into markdown or into a cell
 * of a table: it looks the same, and means nothing. Line breaks become spaces; a long text is cut.
 */
export function escapeMarkdown(text: string): string {
  return escaped(
    onOneLine(text)
      .split(' ')
      .map((word) => (OURS.test(word) ? word : withoutReference(word)))
      .join(' '),
  );
}

/** Stands for a space of no width until all else is escaped: no text from elsewhere has it then. */
const BREAK = '\u0000';
/** Pages that our own texts lead to. */
const OURS =
  /^https:\/\/(?:docs\.docker\.com|docs\.github\.com|www\.cloudflarestatus\.com)\/[\w./#-]*$/;

/**
 * Without what GitHub makes links, pictures and messages to people of once it is rendered, whatever characters are
 * escaped: mentions, numbers of issues, addresses and the names of emoji are broken by a space of no width.
 */
function withoutReference(word: string): string {
  return word
    .replace(/@(?=[\w-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\b(gh-|ghsa-|cve-)(?=\w)/gi, `$1${BREAK}`)
    .replace(/www\./gi, (www) => `${www.slice(0, -1)}${BREAK}.`)
    .replace(/:(?=\/\/|[\w+-]+:)/g, `:${BREAK}`);
}

function onOneLine(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return withoutControls(short).replace(/\s+/g, ' ').trim();
}

function escaped(text: string): string {
  return text
    .replace(/[&<>|`*_[\]~\\$#]/g, (character) => `&#${String(character.charCodeAt(0))};`)
    .replaceAll(BREAK, '&#8203;');
}

/** The same line by line: its line breaks stay, and what stands between two backticks is shown as code. */
export function escapedLines(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .split(/`([^`]+)`/)
        .map((part, index) => (index % 2 === 1 ? code(part) : escapeInner(part)))
        .join(''),
    )
    .join('<br>');
}

/** Escaped, with the blanks at its ends: it stands beside other text. */
function escapeInner(text: string): string {
  const [start = '', end = ''] = [/^\s*/.exec(text)?.[0], /\s*$/.exec(text)?.[0]];
  if (text.trim() === '') return start;
  return `${start === '' ? '' : ' '}${escapeMarkdown(text)}${end === '' ? '' : ' '}`;
}

/** The same, shown as code, where GitHub makes nothing but addresses a link: it can be copied as it is. */
export function code(text: string): string {
  if (text === '') return '';
  const inner = escaped(onOneLine(text).replace(/@(?=[\w-]+\.)/g, `@${BREAK}`))
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/www\./gi, (www) => `${www.slice(0, -1)}&#46;`);
  return `<code>${inner}</code>`;
}

/** A block of preformatted text, fenced by more backticks than it holds in a row. */
export function fenced(text: string): string {
  // Measured as it will stand: control characters between two backticks do not keep them apart.
  const plain = withoutControls(text).trimEnd();
  const longest = (plain.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${plain}\n${fence}`;
}

/** Folded under its title; blank lines around what is markdown itself. */
export function details(title: string, body: string, state: 'open' | 'closed' = 'closed'): string {
  const open = state === 'open' ? ' open' : '';
  return `<details${open}><summary>${escapeMarkdown(title)}</summary>\n\n${body}\n\n</details>`;
}

/** A markdown table; cells are markdown already. */
export function table(
  align: readonly ('left' | 'right')[],
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const rule = align.map((side) => (side === 'right' ? '---:' : '---'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** `0.4 s`, `42.1 s`, `2 m 3 s`. */
export function seconds(ms: number): string {
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths.toFixed(1)} s`;
  const whole = Math.round(ms / 1_000);
  return `${String(Math.floor(whole / 60))} m ${String(whole % 60)} s`;
}

/** Without control characters, line ends apart. */
function withoutControls(text: string): string {
  return plainText(text).replace(/\r\n?/g, '\n');
}
