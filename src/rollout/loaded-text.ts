import type { Log } from '../log.js';
import type { CutoverOperation } from '../plan/plan.js';

/** Commands that keep what an nginx reads before its files change, and look whether it reads the same after. */
export interface TextComparison {
  readonly keep: readonly string[];
  readonly compare: string;
}

const CONFIGURATION =
  /\.(?:conf|cfg|inc|template|tmpl|tpl|j2)(?:\.[\w-]+)*$|(?:^|\/)[\w-]*nginx[\w-]*$/;

/**
 * Undefined where no file of a proxy's configuration changes, and for one that does not tell what it reads.
 *
 * @param where the container, and the file that keeps a digest, as words for the shell
 */
export function textOf(
  { proxy, proxyKind, proxyService, paths, mounted }: CutoverOperation,
  where: string,
): TextComparison | undefined {
  const changed = [...paths, ...mounted.map(({ path }) => path)];
  if (
    proxy === undefined ||
    proxyKind !== 'nginx' ||
    !changed.some((path) => CONFIGURATION.test(path))
  )
    return undefined;
  return {
    keep: [`nginx_text_keep ${where}`],
    compare: `nginx_text_compare ${where} ${proxyService}`,
  };
}

/** What a cutover said of proxies that read the same as before, though their files changed. */
export function tellUnread(log: Log, output: string): void {
  for (const [, name = ''] of output.matchAll(/^unread (\S+)$/gm)) {
    log.warn(
      `${name} has the changed files of its configuration, and what it reads (nginx -T) is the same as before: its command or entrypoint may make it of them when it starts, and only then. To have it start anew, with a gap: docker compose restart ${name}`,
    );
  }
}
