import { StringDecoder } from 'node:string_decoder';

/** Collects the text of one stream and tells of each complete line as it arrives. */
export interface TextCollector {
  push(bytes: Buffer): void;
  /** Tells of a last line without a newline, and gives the whole text. */
  finish(): string;
}

export interface TextLimit {
  /** So many UTF-16 units at the end of the text are kept at least, and twice as many at most; all where it is not given. */
  readonly lastUnits?: number;
}

/** UTF-8 split over chunks is put together; bytes that are no UTF-8 become U+FFFD. */
export function createTextCollector(
  onLine: (line: string) => void,
  { lastUnits = Infinity }: TextLimit = {},
): TextCollector {
  let older = '';
  let pieces: string[] = [];
  let units = 0;
  const keep = (text: string): void => {
    pieces.push(text);
    units += text.length;
    if (units <= lastUnits) return;
    older = pieces.join('').slice(-lastUnits);
    pieces = [];
    units = 0;
  };
  const { push, finish } = createLineSplitter(onLine, keep);
  return {
    push,
    finish: () => {
      finish();
      return older + pieces.join('');
    },
  };
}

/** Tells of each complete line of a stream, and keeps nothing else. */
export interface LineSplitter {
  push(bytes: Buffer): void;
  /** Tells of a last line without a newline. */
  finish(): void;
}

/** Of a longer line its beginning is told. */
const LONGEST_LINE = 1_000_000;

export function createLineSplitter(
  onLine: (line: string) => void,
  onText: (text: string) => void = () => undefined,
): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let openLine = '';

  const take = (text: string): void => {
    if (text === '') return;
    onText(text);
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      onLine(shortened(openLine + text.slice(from, at)));
      openLine = '';
      from = at + 1;
    }
    if (openLine.length <= LONGEST_LINE) openLine += text.slice(from);
  };

  return {
    push: (bytes) => {
      take(decoder.write(bytes));
    },
    finish: () => {
      take(decoder.end());
      if (openLine !== '') onLine(shortened(openLine));
      openLine = '';
    },
  };
}

function shortened(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
