/** What would mean something to the terminal in which somebody reads a text from elsewhere. */

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
/** Introducers and terminators of sequences, each also as the one character of C1 that says the same. */
const CSI = `(?:${ESC}\\[|\u009b)`;
const STRING = `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d-\u009f])`;
const END = `(?:${BEL}|${ESC}\\\\|\u009c)`;

/** Sequences, and control characters that stand alone; line ends, tabs and U+0085 are none. */
const CONTROLS = new RegExp(
  [
    `${CSI}[0-?]*[ -/]*[@-~]`,
    // A title of a window, a link, a clipboard: up to its end, or that of the line.
    `${STRING}[^${BEL}${ESC}\u009c\n]*${END}?`,
    `${ESC}[ -/]*[0-~]?`,
    '[^\\P{Cc}\\n\\r\\t\u0085]',
  ].join('|'),
  'gu',
);
const COLOUR = new RegExp(`^${ESC}\\[[0-9;:]*m$`);
/** A line end to some, white space to others, and to JavaScript neither. */
const NEXT_LINE = /\u0085/g;

/** The text with its colours, and nothing else that a terminal would obey. */
export function coloursOnly(text: string): string {
  return text
    .replace(CONTROLS, (sequence) => (COLOUR.test(sequence) ? sequence : ''))
    .replace(NEXT_LINE, ' ');
}

/** The same without colours. */
export function plainText(text: string): string {
  return text.replace(CONTROLS, '').replace(NEXT_LINE, ' ');
}
