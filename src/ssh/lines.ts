import { StringDecoder } from 'node:string_decoder';

/** Collects the text of one stream and tells of each complete line as it arrives. */
export interface TextCollector {
  push(bytes: Buffer): void;
  /** Tells of a last line without a newline, and gives the whole text. */
  finish(): string;
}

/** UTF-8 split over chunks is put together; bytes that are no UTF-8 become U+FFFD. */
export function createTextCollector(onLine: (line: string) => void): TextCollector {
  const pieces: string[] = [];
  const { push, finish } = createLineSplitter(onLine, (text) => pieces.push(text));
  return {
    push,
    finish: () => {
      finish();
      return pieces.join('');
    },
  };
}

/** Tells of each complete line of a stream, and keeps nothing else. */
export interface LineSplitter {
  push(bytes: Buffer): void;
  /** Tells of a last line without a newline. */
  finish(): void;
}

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
      onLine(openLine + text.slice(from, at));
      openLine = '';
      from = at + 1;
    }
    openLine += text.slice(from);
  };

  return {
    push: (bytes) => {
      take(decoder.write(bytes));
    },
    finish: () => {
      take(decoder.end());
      if (openLine !== '') onLine(openLine);
      openLine = '';
    },
  };
}
