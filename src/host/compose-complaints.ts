import { WORDS } from './compose-words.js';

/**
 * What Compose says, without what may be a value of a file of variables: of such a file an error quotes what it cannot
 * read, and a name that is not set may be the end of a password with a dollar sign in it. (compose-go,
 * dotenv/parser.go and template/template.go; as Compose 2.26 and 2.40 print it.) For text in which a build or a
 * container may speak as well: those say what they like. What Compose alone says is told by `toldByCompose`.
 */
export function withoutValues(text: string): string {
  return text.split('\n').map(lineWithoutValues).join('\n');
}

const HIDDEN = '(not shown)';

function lineWithoutValues(line: string): string {
  return (
    line
      .replace(/(The \\?")[^"]*?(\\?" variable is not set)/g, '$1…$2')
      // `failed to read /srv/shop/.env: line 3: unterminated quoted value "…`
      .replace(/(failed to read \/[^:]+: (?:line \d+: )?).*/, `$1${HIDDEN}`)
      // Compose does not always say of which file.
      .replace(
        /(\bunexpected character|\bunterminated quoted value|\bInvalid template:) .*/,
        `$1 ${HIDDEN}`,
      )
      .replace(/(\binvalid interpolation format for [\w.[\]-]+).*/i, `$1: ${HIDDEN}`)
      // `services.web.ports.0: invalid containerPort: …`, `services.web.init must be a boolean: …`
      .replace(
        /((?:^|[\s"'(:])(?:services|networks|volumes|configs|secrets|models)\.[\w-]+\.[\w.[\]-]*)[: ].*/,
        `$1: ${HIDDEN}`,
      )
  );
}

/**
 * What may be shown of an error of Compose, beside its own words: a place in a file, a file, a key (keys are never
 * made of variables), and the name of a variable that is required.
 */
const SHOWN: readonly RegExp[] = [
  /^(?:line|column) \d+(?!\w)/,
  /^(?:services|networks|volumes|configs|secrets|models|include|x-[\w-]+)(?:\.[\w-]+|\.?\[\d*\])+/,
  /^\/?(?:[\w.@+-]+\/)*(?:[\w.-]+\.ya?ml|[\w.-]*\.env(?:\.[\w-]+)?|Dockerfile)(?::\d+)*(?![\w/@])/,
  /^required variable [A-Za-z_]\w*(?= is missing a value)/,
  /^additional propert(?:y|ies) (?:'[\w.-]+'(?:, )?)+/i,
  /^Additional property [\w.-]+(?= is not allowed)/,
  /^docker compose did not end within \d+ s\b/,
];
/** The service that an error is about, and none that it refers to. */
const SERVICE = /^service "[\w.-]+"/;
const LOGGED = /^time="[^"]*" level=(\w+) msg="(.*)"$/;

/**
 * What `docker compose config` complains of, by a list of what may be shown: the kind of the error, the file, the line
 * and the key. All else may be a value of a file of variables, and is an ellipsis.
 */
export function toldByCompose(text: string): string {
  const lines = text.split('\n').map((line) => {
    const [, level, message] = LOGGED.exec(line) ?? [];
    return toldLine(
      level === undefined || message === undefined
        ? line
        : `${level}: ${message.replaceAll('\\"', '"')}`,
    );
  });
  // The lines of one value are one ellipsis.
  return lines.filter((line, index) => line !== '…' || lines[index - 1] !== '…').join('\n');
}

function toldLine(line: string): string {
  const told: string[] = [];
  let rest = line;
  while (rest !== '') {
    const space = /^\s+/.exec(rest)?.[0];
    const piece = space ?? shownPiece(rest, told) ?? /^\S+/.exec(rest)?.[0] ?? rest;
    told.push(space === undefined ? pieceTold(piece, rest, told) : ' ');
    rest = rest.slice(piece.length);
  }
  return told
    .join('')
    .replace(/…(?:[:;,.]? ?…)+/g, '…')
    .trim();
}

/** A piece of several words, or one that is a place: with the bracket or quote before it. */
function shownPiece(rest: string, told: readonly string[]): string | undefined {
  const opening = /^["'`(]?/.exec(rest)?.[0] ?? '';
  const inner = rest.slice(opening.length);
  const found = SHOWN.map((shown) => shown.exec(inner)?.[0]).find((piece) => piece !== undefined);
  if (found !== undefined) return opening + found;
  return /\bundefined $/.test(told.join('')) ? undefined : SERVICE.exec(rest)?.[0];
}

function pieceTold(piece: string, rest: string, told: readonly string[]): string {
  if (shownPiece(rest, told) === piece) return piece;
  const [, before = '', word = '', after = ''] = /^(["'`(]*)(.*?)(["'`):;,.]*)$/s.exec(piece) ?? [];
  if (word === '' || WORDS.has(word.toLowerCase())) return before + word + after;
  return `…${/[:;,]$/.exec(after)?.[0] ?? ''}`;
}
