import { StringDecoder } from 'node:string_decoder';

/** Collects the text of one stream and tells of each complete line as it arrives. */
export interface TextCollector {
  push(bytes: Buffer): void;
  /** Tells of a last line without a newline, and gives the whole text. */
  finish(): string;
}

/** UTF-8 split over chunks is put together; bytes that are no UTF-8 become U+FFFD. */
export function createTextCollector(onLine: (line: string) => void): TextCollector {
  const decoder = new StringDecoder('utf8');
  const pieces: string[] = [];
  let openLine = '';

  const take = (text: string): void => {
    if (text === '') return;
    pieces.push(text);
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
      return pieces.join('');
    },
  };
}
