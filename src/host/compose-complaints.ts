/**
 * What Compose says, without what may be a value of a file of variables: of such a file an error quotes what it cannot
 * read, and a name that is not set may be the end of a password with a dollar sign in it. (compose-go,
 * dotenv/parser.go and template/template.go; as Compose 2.26 and 2.40 print it.)
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
  );
}
