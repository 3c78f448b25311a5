/** A directive of nginx's configuration: its name, its words, and what stands in its braces. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  readonly isBlock: boolean;
  readonly block: readonly Directive[];
}

const TOKEN =
  /#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([{};])|((?:\$\{\w*\}|\\.|[^\s{};])+)/gs;

/** Blocks within blocks, beyond which text is no configuration. */
const DEEPEST = 64;

/** Reads nginx configuration text into its directives; of text that is none, what can be read. */
export function directivesIn(text: string): readonly Directive[] {
  const root: Directive[] = [];
  const open: Directive[][] = [root];
  let words: string[] = [];
  for (const [whole, double, single, sign, bare] of text.matchAll(TOKEN)) {
    if (sign === undefined) {
      const word = double ?? single ?? bare;
      if (word !== undefined && !whole.startsWith('#')) words.push(word);
      continue;
    }
    const [name, ...rest] = words;
    words = [];
    if (name !== undefined) {
      const block: Directive[] = [];
      open.at(-1)?.push({ name, words: rest, isBlock: sign === '{', block });
      if (sign === '{' && open.length < DEEPEST) open.push(block);
    }
    if (sign === '}' && open.length > 1) open.pop();
  }
  return root;
}

/** Those of this name, also in the blocks of others. */
export function named(name: string, directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((directive) => [
    ...(directive.name === name ? [directive] : []),
    ...named(name, directive.block),
  ]);
}
