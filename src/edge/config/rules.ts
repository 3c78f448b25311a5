import { isObject, listOf, objectOf, textOf, type JsonObject } from '../../plan/compose/json.js';
import type { Api, ApiCall } from '../api.js';
import { ApiError } from '../api-errors.js';
import type { Area, Change, Difference } from './change.js';
import type { CacheRule, RateLimit } from './read.js';
import { MOST_CACHE_RULES } from './schema.js';

/** What the `ref` of each rule of this action begins with. */
const OWN_REF = 'resee_deploy_';

/** A rule as it should be; `ref` names it. */
type Rule = JsonObject & { readonly ref: string };

/** Rules of one kind, in the ruleset of their phase. */
interface Kind {
  readonly name: string;
  readonly phase: string;
  readonly permission: string;
  readonly doing: string;
  /** So many a zone of the Free plan may have, of everybody's. */
  readonly most: number;
}

const CACHE: Kind = {
  name: 'cache rules',
  phase: 'http_request_cache_settings',
  permission: 'Zone → Cache Rules → Edit',
  doing: 'setting the cache rules at Cloudflare',
  most: MOST_CACHE_RULES,
};

const RATE: Kind = {
  name: 'rate limit',
  phase: 'http_ratelimit',
  permission: 'Zone → Zone WAF → Edit',
  doing: 'setting the rate limit at Cloudflare',
  most: 1,
};

export function cacheArea(api: Api, rules: readonly CacheRule[]): Area {
  const paths = rules.map(({ path }) => path);
  return rulesArea(
    api,
    CACHE,
    rules.map((rule) => cacheRule(rule, paths)),
  );
}

export function rateArea(api: Api, limit: RateLimit): Area {
  return rulesArea(api, RATE, [rateRule(limit)]);
}

/**
 * `override_origin` passes over the `no-store` of a 404 as well. -1 is `no-store`
 * (developers.cloudflare.com/api, rulesets: `status_code_ttl`).
 */
const ERRORS_NOT_KEPT = { status_code_range: { from: 400, to: 599 }, value: -1 };

/**
 * At Cloudflare the last rule that matches counts, and a rule that comes later stands last. Here no two match: each leaves
 * the longer paths to their own rules, so that the order says nothing.
 */
function cacheRule(
  { name, path, cache, edgeTtlSeconds }: CacheRule,
  paths: readonly string[],
): Rule {
  const ttl =
    edgeTtlSeconds === undefined
      ? { mode: 'respect_origin' }
      : { mode: 'override_origin', default: edgeTtlSeconds, status_code_ttl: [ERRORS_NOT_KEPT] };
  return {
    ref: `${OWN_REF}cache_${name}`,
    description: `${name} (made by resee-deploy-action)`,
    expression: startsWith(path, longerThan(path, paths)),
    action: 'set_cache_settings',
    action_parameters: cache ? { cache, edge_ttl: ttl } : { cache },
    enabled: true,
  };
}

function rateRule({ path, requests }: RateLimit): Rule {
  return {
    ref: `${OWN_REF}rate_limit`,
    description: 'rate limit (made by resee-deploy-action)',
    expression: startsWith(path),
    action: 'block',
    ratelimit: {
      // Both are obligatory on the Free plan: a count for each data centre, and for each address.
      characteristics: ['cf.colo.id', 'ip.src'],
      period: 10,
      requests_per_period: requests,
      mitigation_timeout: 10,
    },
    enabled: true,
  };
}

/** What begins with the path and is longer, without what is below another one of them. */
function longerThan(path: string, paths: readonly string[]): readonly string[] {
  const isBelow = (one: string, other: string): boolean => one !== other && one.startsWith(other);
  const longer = paths.filter((each) => isBelow(each, path));
  return longer.filter((each) => !longer.some((other) => isBelow(each, other))).sort();
}

/** The schema lets no quote into a path. */
function startsWith(path: string, except: readonly string[] = []): string {
  const call = (each: string): string => `starts_with(http.request.uri.path, "${each}")`;
  return `(${[call(path), ...except.map((each) => `not ${call(each)}`)].join(' and ')})`;
}

function rulesArea(api: Api, kind: Kind, wanted: readonly Rule[]): Area {
  return {
    name: kind.name,
    compare: async () => compareRules(kind, wanted, await readRuleset(api, kind)),
  };
}

/** The ruleset of the phase; undefined where the zone has none yet. */
async function readRuleset(api: Api, kind: Kind): Promise<JsonObject | undefined> {
  const { phase, permission, doing } = kind;
  const path = `/rulesets/phases/${phase}/entrypoint`;
  try {
    return objectOf(await api.call({ permission, doing, method: 'GET', path, repeatable: true }));
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not-found' && !isWrongZone(error)) {
      return undefined;
    }
    throw error;
  }
}

/** A zone that cannot be found is told with another code than a phase without a ruleset. */
function isWrongZone({ codes }: ApiError): boolean {
  return codes.includes(7003) || codes.includes(7000);
}

/**
 * Rules of others are neither changed nor moved: each of ours is added, changed or removed by itself. (A PUT of the
 * ruleset would replace all rules of the zone.)
 */
export function compareRules(
  kind: Kind,
  wanted: readonly Rule[],
  ruleset: JsonObject | undefined,
): Difference {
  const { permission, doing } = kind;
  const asked = { permission, doing };
  const found = listOf(ruleset?.['rules']).map(objectOf);
  const isOwn = (rule: JsonObject): boolean => textOf(rule['ref'])?.startsWith(OWN_REF) === true;
  const others = found.filter((rule) => !isOwn(rule));
  const room = Math.max(0, kind.most - others.length);
  const kept = wanted.slice(0, room);
  const left = wanted.slice(room).map((rule) => noRoom(kind, rule, others.length));
  if (ruleset === undefined) {
    const created = { name: 'default', kind: 'zone', phase: kind.phase, rules: kept };
    const call: ApiCall = {
      ...asked,
      method: 'POST',
      path: '/rulesets',
      body: created,
      repeatable: false,
    };
    const words = kept.map((rule) => `${kind.name}: ${wordsOf(rule)} (new)`).join('; ');
    return { changes: kept.length === 0 ? [] : [{ words, call }], left };
  }
  const rules = `/rulesets/${encodeURIComponent(textOf(ruleset['id']) ?? '')}/rules`;
  const at = (rule: JsonObject): string =>
    `${rules}/${encodeURIComponent(textOf(rule['id']) ?? '')}`;
  // First what goes, so that there is room for what comes.
  const removed = found
    .filter((rule) => isOwn(rule) && !wanted.some(({ ref }) => ref === rule['ref']))
    .map((rule): Change => ({
      words: `${kind.name}: ${wordsOf(rule)} (removed)`,
      call: { ...asked, method: 'DELETE', path: at(rule), repeatable: true },
    }));
  const set = kept.flatMap((rule): readonly Change[] => {
    const now = found.find(({ ref }) => ref === rule.ref);
    if (now !== undefined && holds(now, rule)) return [];
    const call: ApiCall =
      now === undefined
        ? { ...asked, method: 'POST', path: rules, body: rule, repeatable: false }
        : { ...asked, method: 'PATCH', path: at(now), body: rule, repeatable: true };
    const before = now === undefined ? '' : `${wordsOf(now)} → `;
    const words = `${kind.name}: ${before}${wordsOf(rule)}${now === undefined ? ' (new)' : ''}`;
    return [{ words, call }];
  });
  return { changes: [...removed, ...set], left };
}

/** Whether what is there has all that is wanted; Cloudflare adds fields of its own. */
function holds(there: unknown, wanted: unknown): boolean {
  if (isObject(wanted)) {
    return (
      isObject(there) && Object.entries(wanted).every(([name, value]) => holds(there[name], value))
    );
  }
  if (Array.isArray(wanted) && Array.isArray(there)) {
    const found: readonly unknown[] = there;
    // In whatever order; and nothing beside it.
    return (
      found.length === wanted.length &&
      wanted.every((one) => found.some((each) => holds(each, one)))
    );
  }
  return there === wanted;
}

function wordsOf(rule: JsonObject): string {
  const parameters = objectOf(rule['action_parameters']);
  const cache = textOf(parameters['cache']);
  const { default: ttl, status_code_ttl: byStatus } = objectOf(parameters['edge_ttl']);
  const limit = objectOf(rule['ratelimit'])['requests_per_period'];
  return [
    textOf(rule['description']) ?? textOf(rule['ref']) ?? '',
    textOf(rule['expression']) ?? '',
    ...(cache === undefined ? [] : [`cache ${cache}`]),
    ...(ttl === undefined ? [] : [`for ${textOf(ttl) ?? ''} s`]),
    ...listOf(byStatus).map(statusWords),
    ...(limit === undefined ? [] : [`${textOf(limit) ?? ''} requests in 10 s`]),
    ...(rule['enabled'] === false ? ['disabled'] : []),
  ].join(' ');
}

/** `400–599 never`, `200 for 60 s` */
function statusWords(entry: unknown): string {
  const { status_code: code, status_code_range: range, value } = objectOf(entry);
  const { from, to } = objectOf(range);
  const codes = textOf(code) ?? `${textOf(from) ?? ''}–${textOf(to) ?? ''}`;
  return `${codes} ${value === -1 ? 'never' : `for ${textOf(value) ?? ''} s`}`;
}

function noRoom(kind: Kind, rule: Rule, others: number): string {
  const has = others === 1 ? 'has 1 that is' : `has ${others} that are`;
  return `${kind.name}: ${wordsOf(rule)} is not set: the Free plan has ${kind.most}, and the zone ${has} not of this action. Delete one by hand.`;
}
