/** What stands before a `;`, a `{` or a `}` of nginx's configuration. */
export interface Statement {
  /** As written, without comments; none is empty. */
  readonly words: readonly string[];
  readonly end: ';' | '{' | '}';
  /** Of what its braces hold, where it ends with one, the statements; without those in deeper braces. */
  readonly block: readonly Statement[];
}

/** Blocks within blocks, beyond which text is no configuration. */
const DEEPEST = 64;

/**
 * Cuts configuration text at each `;`, `{` and `}`, also where what stands between is another language (Lua): nothing of
 * the text is passed over. In the order of the text. Takes time in proportion to its length, whatever it holds: a
 * proxy that was broken into says what it likes.
 */
export function statementsIn(text: string): readonly Statement[] {
  const plain = text
    .replace(/(^|[\s;{}])#[^\n]*/g, '$1')
    .replace(/\$\{(\w+)\}/g, '$\uE000$1\uE001');
  const all: Statement[] = [];
  const open: Statement[][] = [[]];
  let from = 0;
  for (let at = 0; at < plain.length; at += 1) {
    const end = plain[at];
    if (end !== ';' && end !== '{' && end !== '}') continue;
    const words = wordsIn(plain.slice(from, at));
    from = at + 1;
    if (end === ';' && words.length === 0) continue;
    const block: Statement[] = [];
    const statement: Statement = { words, end, block };
    all.push(statement);
    open.at(-1)?.push(statement);
    if (end === '{' && open.length < DEEPEST) open.push(block);
    if (end === '}' && open.length > 1) open.pop();
  }
  return all;
}

function wordsIn(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.map((word) => word.replaceAll('\uE000', '{').replaceAll('\uE001', '}'));
}

/** The words after this one, of each statement with `end` that has it. */
export function wordsAfter(
  directives: ReadonlySet<string>,
  end: Statement['end'],
  statements: readonly Statement[],
): readonly (readonly string[])[] {
  return statements.flatMap((statement) => {
    if (statement.end !== end) return [];
    const at = statement.words.findIndex((word) => directives.has(word));
    return at === -1 ? [] : [statement.words.slice(at + 1)];
  });
}
