/** What this action reads of JSON Schema (draft 7), with `errorMessage` as editors show it. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  /** What is allowed, as a sentence without its full stop. */
  readonly errorMessage?: string;
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'value';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number | boolean;
}

/** developers.cloudflare.com/cache/how-to/cache-rules: rules of a zone on the Free plan. */
export const MOST_CACHE_RULES = 10;

const NAME: Schema = {
  type: 'string',
  pattern:
    '^(?=.{1,253}$)(\\*\\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)+[A-Za-z]{2,63}$',
  description: 'The whole name: `example.com`, `www.example.com`.',
  errorMessage: 'allowed is a whole name within the zone, such as `www.example.com`',
};

const PATH: Schema = {
  type: 'string',
  pattern: '^/[A-Za-z0-9._~/-]+$',
  description: 'Paths that begin with this. Of several that fit, the longest counts.',
  errorMessage:
    'allowed is the beginning of a path below `/`, such as `/assets/`: letters, digits, `.`, `_`, `~`, `-` and `/`. Not `/` itself: pages would be kept, and those of an old release name files that the new one may not have',
};

const RECORD: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['type', 'name', 'content'],
  errorMessage: 'allowed is a record: `type`, `name`, `content`, `proxied`',
  properties: {
    type: {
      type: 'string',
      enum: ['A', 'AAAA'],
      errorMessage: 'allowed is `A` (an IPv4 address) or `AAAA` (an IPv6 address)',
    },
    name: NAME,
    content: {
      type: 'string',
      pattern: '^[0-9A-Fa-f.:]+$',
      description: 'The address of the host.',
      errorMessage: 'allowed is the address of the host, IPv4 for `A` and IPv6 for `AAAA`',
    },
    proxied: {
      type: 'boolean',
      default: true,
      description:
        'Whether visitors come through Cloudflare. `false` shows them the address of the host.',
      errorMessage: 'allowed is `true` or `false`',
    },
  },
};

const CACHE_RULE: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'path', 'cache'],
  errorMessage: 'allowed is a rule: `name`, `path`, `cache`, `edge-ttl`',
  properties: {
    name: {
      type: 'string',
      pattern: '^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$',
      description: 'By this the rule is known again. Another name is another rule.',
      errorMessage: 'allowed are lower-case letters, digits and `-`, at most 32',
    },
    path: PATH,
    cache: {
      type: 'boolean',
      description: 'Whether what is below the path may be kept.',
      errorMessage: 'allowed is `true` (may be kept) or `false` (is never kept)',
    },
    'edge-ttl': {
      type: 'string',
      pattern: '^[1-9][0-9]{0,4}[hd]$',
      description:
        'For how long, whatever the site says; errors are never kept. Without it, as `Cache-Control` of the site says.',
      errorMessage:
        'allowed is a time in hours or days, such as `2h` or `30d`; the Free plan allows no less than `2h`',
    },
  },
};

/** Also the whole site. */
const ANY_PATH: Schema = {
  ...PATH,
  pattern: '^/[A-Za-z0-9._~/-]*$',
  errorMessage:
    'allowed is the beginning of a path, such as `/api/`: `/`, letters, digits, `.`, `_`, `~` and `-`',
};

const RATE_LIMIT: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['path', 'requests'],
  errorMessage:
    'allowed is one rule: `path`, `requests`, `period`, `block`. The Free plan has one, by the address of the visitor and by path',
  properties: {
    path: ANY_PATH,
    requests: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'So many requests of one address within the period are let through.',
      errorMessage: 'allowed is a whole number from 1 to 1000000',
    },
    period: {
      type: 'string',
      enum: ['10s'],
      default: '10s',
      errorMessage: 'allowed is `10s`: the Free plan counts over no other time',
    },
    block: {
      type: 'string',
      enum: ['10s'],
      default: '10s',
      errorMessage: 'allowed is `10s`: the Free plan blocks for no other time',
    },
  },
};

/** The file that `cloudflare-config` names. `docs/cloudflare.schema.json` is made from this. */
export const CONFIG_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'The edge at Cloudflare, as the input cloudflare-config of resee-deploy-action reads it',
  type: 'object',
  additionalProperties: false,
  errorMessage:
    'allowed is a mapping of `dns`, `ssl`, `min-tls-version`, `always-use-https`, `cache-rules`, `rate-limit`',
  properties: {
    dns: {
      type: 'array',
      items: RECORD,
      maxItems: 50,
      description: 'Records that lead to the host, one for each type and name.',
      errorMessage: 'allowed is a list of at most 50 records',
    },
    ssl: {
      type: 'string',
      enum: ['full', 'strict'],
      description:
        'How Cloudflare speaks to the host: `strict` checks its certificate, `full` takes any.',
      errorMessage:
        'allowed is `full` or `strict`: with anything less, what visitors send over HTTPS goes on to the host unencrypted',
    },
    'min-tls-version': {
      type: 'value',
      enum: ['1.2', '1.3', 1.2, 1.3],
      description: 'The oldest TLS that visitors may speak.',
      errorMessage: 'allowed is `1.2` or `1.3`: older ones are not secure any more',
    },
    'always-use-https': {
      type: 'boolean',
      description: 'Redirects http:// to https://, at Cloudflare.',
      errorMessage: 'allowed is `true` or `false`',
    },
    'cache-rules': {
      type: 'array',
      items: CACHE_RULE,
      maxItems: MOST_CACHE_RULES,
      description:
        'What Cloudflare may keep. An empty list takes away the rules that this action has made.',
      errorMessage: `allowed is a list of at most ${String(MOST_CACHE_RULES)} rules: the Free plan has no more`,
    },
    'rate-limit': RATE_LIMIT,
  },
};

/** As an editor reads it: `value` is no type of JSON Schema. */
export function toJsonSchema(schema: Schema): unknown {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === 'type' && value === 'value' ? undefined : value,
  );
  return JSON.parse(text);
}
