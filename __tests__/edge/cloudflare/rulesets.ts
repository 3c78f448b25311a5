import { canonical, isObject, objectOf, type JsonObject } from '../../../src/plan/compose/json.js';
import { complaint, Refusal, wrongFields, type Fields, type Route } from './routes.js';
import type { Ruleset, Zone } from './stand-in.js';

const PERMISSIONS: Readonly<Record<string, string>> = {
  http_request_cache_settings: 'Cache Rules',
  http_ratelimit: 'Zone WAF',
};
const MOST: Readonly<Record<string, number>> = {
  http_request_cache_settings: 10,
  http_ratelimit: 1,
};

const RULE: Fields = {
  ref: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
  description: (value) => typeof value === 'string',
  enabled: (value) => typeof value === 'boolean',
  expression: (value) =>
    typeof value === 'string' &&
    /^\(starts_with\(http\.request\.uri\.path, "\/[^"]*"\)( and not starts_with\(http\.request\.uri\.path, "\/[^"]*"\))*\)$/.test(
      value,
    ),
  action: (value) => value === 'set_cache_settings' || value === 'block',
  action_parameters: isCaching,
  ratelimit: isFreeLimit,
};

function isCaching(value: unknown): boolean {
  if (!isObject(value) || typeof value['cache'] !== 'boolean') return false;
  if (Object.keys(value).some((key) => key !== 'cache' && key !== 'edge_ttl')) return false;
  if (value['edge_ttl'] === undefined) return true;
  const {
    mode,
    default: seconds,
    status_code_ttl: byStatus,
    ...rest
  } = objectOf(value['edge_ttl']);
  if (!value['cache'] || Object.keys(rest).length > 0) return false;
  if (byStatus !== undefined && !isStatusTtl(byStatus)) return false;
  return mode === 'respect_origin'
    ? seconds === undefined
    : mode === 'override_origin' && typeof seconds === 'number' && seconds >= 7_200;
}

/** A list of codes or ranges of them, each with its seconds: 0 is `no-cache`, -1 is `no-store`. */
function isStatusTtl(value: unknown): boolean {
  const isCode = (code: unknown): boolean =>
    typeof code === 'number' && Number.isInteger(code) && code >= 100 && code <= 999;
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((entry) => {
    const {
      status_code: code,
      status_code_range: range,
      value: seconds,
      ...rest
    } = objectOf(entry);
    const { from, to, ...more } = objectOf(range);
    const isRange = isObject(range) && isCode(from) && isCode(to) && Number(from) <= Number(to);
    return (
      (code === undefined ? isRange : isCode(code) && range === undefined) &&
      Object.keys({ ...rest, ...more }).length === 0 &&
      typeof seconds === 'number' &&
      Number.isInteger(seconds) &&
      seconds >= -1
    );
  });
}

/** By address, over 10 s, blocking for 10 s: all that the Free plan allows. */
function isFreeLimit(value: unknown): boolean {
  const { characteristics, period, mitigation_timeout, requests_per_period, ...rest } =
    objectOf(value);
  return (
    canonical(characteristics) === '["cf.colo.id","ip.src"]' &&
    period === 10 &&
    mitigation_timeout === 10 &&
    Number.isInteger(requests_per_period) &&
    Object.keys(rest).length === 0
  );
}

function wrongRule(rule: JsonObject, phase: string): string | undefined {
  const special = phase === 'http_ratelimit' ? 'ratelimit' : 'action_parameters';
  const action = phase === 'http_ratelimit' ? 'block' : 'set_cache_settings';
  const wrong = wrongFields(rule, RULE, ['expression', 'action', special]);
  return wrong ?? (rule['action'] === action ? undefined : `bad action for ${phase}`);
}

/** Cloudflare keeps a rule as it was sent, and adds what it knows of it. */
function kept(rule: JsonObject, id: string): JsonObject {
  const limit = rule['ratelimit'];
  return {
    enabled: true,
    ...rule,
    ...(limit === undefined
      ? {}
      : { ratelimit: { ...objectOf(limit), requests_to_origin: false } }),
    id,
    ref: rule['ref'] ?? id,
    version: '1',
    last_updated: '2026-01-01T00:00:00Z',
  };
}

/** Rulesets as the zone has them: an entry point a phase, rules that are added, changed and removed one by one. */
export function rulesetRoutes(zone: Zone): readonly Route[] {
  let made = 0;
  const newId = (): string => `made-${(made += 1)}`;
  const notFound = (what: string): Refusal => new Refusal(404, [complaint(10003, what)]);
  const inRuleset = (
    id: string | undefined,
    act: (ruleset: Ruleset, phase: string) => unknown,
  ): unknown => {
    const ruleset = zone.rulesets.find((each) => each.id === id);
    if (ruleset === undefined) return notFound('could not find ruleset');
    const permission = PERMISSIONS[ruleset.phase] ?? '';
    if (!zone.permissions.has(permission)) {
      return new Refusal(403, [complaint(10000, 'Authentication error')]);
    }
    return act(ruleset, ruleset.phase);
  };
  const refuseFull = (phase: string, rules: number): Refusal | undefined =>
    rules > (MOST[phase] ?? 0)
      ? new Refusal(400, [
          complaint(20217, `exceeded the maximum number of rules in the phase ${phase}`),
        ])
      : undefined;
  const entrypoints = Object.entries(PERMISSIONS).map(([phase, permission]): Route => ({
    method: 'GET',
    path: new RegExp(`^/rulesets/phases/${phase}/entrypoint$`),
    permission,
    perform: () =>
      zone.rulesets.find((each) => each.phase === phase) ??
      notFound(`could not find entrypoint ruleset in the ${phase} phase`),
  }));
  return [
    ...entrypoints,
    {
      method: 'POST',
      path: /^\/rulesets$/,
      permission: '',
      perform: ({ body }) => {
        const phase = String(body['phase']);
        const rules = Array.isArray(body['rules']) ? body['rules'].map(objectOf) : [];
        const wrong =
          wrongFields(
            body,
            {
              name: (value) => typeof value === 'string',
              kind: (value) => value === 'zone',
              phase: (value) => PERMISSIONS[String(value)] !== undefined,
              rules: Array.isArray,
            },
            ['name', 'kind', 'phase'],
          ) ?? rules.map((rule) => wrongRule(rule, phase)).find((each) => each !== undefined);
        if (wrong !== undefined) return new Refusal(400, [complaint(20015, wrong)]);
        if (!zone.permissions.has(PERMISSIONS[phase] ?? '')) {
          return new Refusal(403, [complaint(10000, 'Authentication error')]);
        }
        if (zone.rulesets.some((each) => each.phase === phase)) {
          return new Refusal(409, [complaint(20004, 'a ruleset of this phase exists')]);
        }
        const full = refuseFull(phase, rules.length);
        if (full !== undefined) return full;
        const ruleset: Ruleset = {
          id: newId(),
          name: String(body['name']),
          kind: 'zone',
          phase,
          rules: rules.map((rule) => kept(rule, newId())),
        };
        zone.rulesets.push(ruleset);
        return ruleset;
      },
    },
    {
      method: 'POST',
      path: /^\/rulesets\/([^/]+)\/rules$/,
      permission: '',
      perform: ({ body, ids: [id] }) =>
        inRuleset(id, (ruleset, phase) => {
          const wrong = wrongRule(body, phase);
          if (wrong !== undefined) return new Refusal(400, [complaint(20015, wrong)]);
          const full = refuseFull(phase, ruleset.rules.length + 1);
          if (full !== undefined) return full;
          if (ruleset.rules.some((rule) => rule['ref'] === body['ref'])) {
            return new Refusal(400, [complaint(20120, 'a rule with this ref exists')]);
          }
          ruleset.rules.push(kept(body, newId()));
          return ruleset;
        }),
    },
    {
      method: 'PATCH',
      path: /^\/rulesets\/([^/]+)\/rules\/([^/]+)$/,
      permission: '',
      perform: ({ body, ids: [id, ruleId] }) =>
        inRuleset(id, (ruleset, phase) => {
          const index = ruleset.rules.findIndex((rule) => rule['id'] === ruleId);
          if (index === -1) return notFound('could not find rule');
          const wrong = wrongRule(body, phase);
          if (wrong !== undefined) return new Refusal(400, [complaint(20015, wrong)]);
          // What is not sent is not kept.
          ruleset.rules[index] = kept(body, ruleId ?? '');
          return ruleset;
        }),
    },
    {
      method: 'DELETE',
      path: /^\/rulesets\/([^/]+)\/rules\/([^/]+)$/,
      permission: '',
      perform: ({ ids: [id, ruleId] }) =>
        inRuleset(id, (ruleset) => {
          const index = ruleset.rules.findIndex((rule) => rule['id'] === ruleId);
          if (index === -1) return notFound('could not find rule');
          ruleset.rules.splice(index, 1);
          return ruleset;
        }),
    },
  ];
}
