import type { Environment } from './environment.js';
import type { Parsed } from './problem.js';
import type { InputReader } from './reader.js';
import type { CloudflareInputs, CloudflarePurge, OperationName } from './types.js';
import { parseEnum, splitList } from './values.js';

/** For tests, and for a proxy of one's own: where the API is, in the place of Cloudflare's own address. */
const BASE_URL_VARIABLE = 'CLOUDFLARE_API_BASE_URL';
const BASE_URL = 'https://api.cloudflare.com/client/v4';

const MODES = ['changed', 'everything', 'none'] as const;
const PURGE_ALLOWED =
  'allowed is `changed`, `everything`, `none`, or `prefix: host/path` and `tag: name`, one a line';
/** What the runner does to other operations at Cloudflare: nothing. */
const OPERATIONS: ReadonlySet<OperationName> = new Set(['deploy', 'plan', 'rollback']);

/** What is to be done at Cloudflare; undefined where the workflow names no zone. */
export function readCloudflare(
  reader: InputReader,
  environment: Environment,
  operation: OperationName,
): CloudflareInputs | undefined {
  const apiToken = reader.takeOptional('cloudflare-api-token', parseApiToken);
  const zoneId = reader.takeOptional('cloudflare-zone-id', parseZoneId);
  const purge = reader.take('cloudflare-purge', parsePurge, { kind: 'none' });
  const config = reader.takeOptional('cloudflare-config', parseConfigPath);
  const given = (name: 'cloudflare-api-token' | 'cloudflare-zone-id') => reader.text(name) !== '';
  if (!given('cloudflare-api-token') && !given('cloudflare-zone-id')) {
    judgeUnused(reader, purge);
    return undefined;
  }
  judgePair(reader);
  judgeUrl(reader, purge, operation);
  const apiBaseUrl = readBaseUrl(reader, environment);
  return apiToken === undefined || zoneId === undefined
    ? undefined
    : { apiToken, zoneId, purge, config, apiBaseUrl };
}

/** What only Cloudflare reads is a mistake where no zone is named. */
function judgeUnused(reader: InputReader, purge: CloudflarePurge): void {
  const why =
    'it needs `cloudflare-api-token` and `cloudflare-zone-id`; an unset secret is empty too';
  if (purge.kind !== 'changed' && purge.kind !== 'none') reader.complain('cloudflare-purge', why);
  if (reader.text('cloudflare-config') !== '') reader.complain('cloudflare-config', why);
}

function judgePair(reader: InputReader): void {
  for (const [missing, other] of [
    ['cloudflare-api-token', 'cloudflare-zone-id'],
    ['cloudflare-zone-id', 'cloudflare-api-token'],
  ] as const) {
    if (reader.text(missing) === '' && reader.text(other) !== '') {
      reader.complain(
        missing,
        `it is required together with \`${other}\`; an unset secret is empty too`,
      );
    }
  }
}

function judgeUrl(reader: InputReader, purge: CloudflarePurge, operation: OperationName): void {
  if (purge.kind !== 'changed' || reader.text('url') !== '' || !OPERATIONS.has(operation)) return;
  reader.complain(
    'url',
    '`cloudflare-purge: changed` purges addresses of the site, and needs to know where it is: ' +
      '`url: https://example.com`. Or set `cloudflare-purge: none`',
  );
}

/** The secret of an API token, which is sent in a header. */
export function parseApiToken(text: string): Parsed<string> {
  const allowed =
    'allowed is the secret of an API token (Cloudflare → My Profile → API Tokens → Create Token)';
  if (/^[0-9a-f]{37}$/.test(text)) {
    return { allowed: `this looks like the Global API Key, which may do everything; ${allowed}` };
  }
  if (/^bearer\s/i.test(text)) return { allowed: `${allowed}, without the word \`Bearer\`` };
  return /^[\x21-\x7e]{20,255}$/.test(text) ? { value: text } : { allowed };
}

function parseZoneId(text: string): Parsed<string> {
  const allowed = 'allowed is the id of a zone, 32 hex digits';
  if (/^[0-9a-f]{32}$/i.test(text)) return { value: text.toLowerCase() };
  return {
    allowed: text.includes('.')
      ? `${allowed}; this is its name. The id stands on the zone's page Overview, under API`
      : allowed,
  };
}

function parseConfigPath(text: string): Parsed<string> {
  return /^(?!\/)(?!~)(?!-)(?!(.*\/)?\.{1,2}(\/|$))[^\p{Cc}:]+\.ya?ml$/u.test(text)
    ? { value: text }
    : {
        allowed:
          'allowed is the path of a YAML file from the root of the repository, such as `cloudflare.yml`',
      };
}

/** `changed`, `everything`, `none`; or what to purge, a kind and a value on each line. */
export function parsePurge(text: string): Parsed<CloudflarePurge> {
  if (!text.includes(':')) {
    const mode = parseEnum(MODES)(text);
    return 'value' in mode
      ? { value: { kind: mode.value } }
      : { ...mode, allowed: PURGE_ALLOWED, nearest: mode.nearest };
  }
  const prefixes: string[] = [];
  const tags: string[] = [];
  for (const item of splitList(text)) {
    const [, kind, value = ''] = /^(prefix|tag)\s*:\s*(.*)$/.exec(item) ?? [];
    if (kind === undefined) return { allowed: PURGE_ALLOWED, part: item };
    const wrong = kind === 'prefix' ? wrongPrefix(value) : wrongTag(value);
    if (wrong !== undefined) return { ...wrong, part: item };
    (kind === 'prefix' ? prefixes : tags).push(value);
  }
  return { value: { kind: 'chosen', prefixes, tags } };
}

function wrongPrefix(value: string): { allowed: string; nearest?: string } | undefined {
  const allowed =
    'a prefix is a host and a path without scheme, query and fragment: `prefix: example.com/blog/`';
  const bare = value.replace(/^https?:\/\//i, '');
  if (bare !== value && wrongPrefix(bare) === undefined) {
    return { allowed, nearest: `prefix: ${bare}` };
  }
  return /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(\/[^\s?#]*)?$/.test(value) ? undefined : { allowed };
}

function wrongTag(value: string): { allowed: string } | undefined {
  return /^[\x21-\x2b\x2d-\x7e]{1,1024}$/.test(value)
    ? undefined
    : { allowed: 'a tag is a word of the header `Cache-Tag` that the site sends: `tag: pages`' };
}

/** The token goes there: over https, or to this machine. */
function readBaseUrl(reader: InputReader, environment: Environment): string {
  const given = (environment[BASE_URL_VARIABLE] ?? '').trim();
  if (given === '') return BASE_URL;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && local)) {
    return given.replace(/\/+$/, '');
  }
  reader.complain(
    BASE_URL_VARIABLE,
    'the environment variable is the address of the API: `https://…`, or `http://` to this machine alone',
    given,
  );
  return BASE_URL;
}
