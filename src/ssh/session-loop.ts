import { HELLO } from './framing.js';

/**
 * The command that an SSH exec channel runs: a loop in POSIX sh that reads scripts from its stdin
 * and answers each with a mark on both streams, so a command costs one network round trip.
 *
 * - The login shell reads this line first, and it may be fish or csh: one line, one pair of single
 *   quotes, and neither `!` nor a backslash inside.
 * - `read` takes single bytes from a pipe, so the script after the header line is left for `head`.
 * - A script ends with `#nonce`: one that was cut short by a broken connection is never run.
 * - The blank before the script keeps bash's `eval` from taking a leading `-` for an option.
 * - The nonce is no part of it: every user of the host reads arguments. It comes on stdin, after the hello, so that
 *   nothing that the login shell runs before can take it away.
 * - A subshell takes `exit`, `set -e` and even a syntax error; the loop goes on.
 */
export const SESSION_LOOP = `exec sh -c '${[
  'unset rd_k rd_i rd_n rd_s rd_t rd_c',
  `echo "${HELLO} $$" >&2`,
  `echo "${HELLO} $$"`,
  'read -r rd_k || exit 1',
  'while read -r rd_i rd_n',
  'do rd_s=$(head -c "$rd_n")',
  'rd_t=${rd_s%"#$rd_k"}',
  'if [ "x$rd_t" = "x$rd_s" ]',
  'then exit 1',
  'fi',
  'rd_s=',
  '(eval " $rd_t") </dev/null',
  'rd_c=$?',
  'echo "$rd_k $rd_i $rd_c" >&2',
  'echo "$rd_k $rd_i $rd_c"',
  'done',
].join('; ')}'`;

/** What is written to the loop's stdin once it has said hello. */
export function sessionOpening(nonce: string): Buffer {
  return Buffer.from(`${nonce}\n`, 'latin1');
}

/** What is written to the loop's stdin to run `script` as number `id`. */
export function sessionRequest(nonce: string, id: number, script: string): Buffer {
  const body = Buffer.from(`${script}#${nonce}`, 'utf8');
  return Buffer.concat([Buffer.from(`${String(id)} ${String(body.length)}\n`, 'latin1'), body]);
}
