import type { Api } from '../api.js';
import type { Area } from './change.js';
import { dnsArea } from './dns.js';
import type { EdgeConfig } from './read.js';
import { cacheArea, rateArea } from './rules.js';
import { settingsArea, type JudgeOrigin } from './settings.js';

/** What the configuration speaks of, in the order in which it is done: names lead to the host last. */
export function areasOf(api: Api, config: EdgeConfig, judgeOrigin: JudgeOrigin): readonly Area[] {
  const { dns, settings, cacheRules, rateLimit } = config;
  return [
    ...(cacheRules === undefined ? [] : [cacheArea(api, cacheRules)]),
    ...(rateLimit === undefined ? [] : [rateArea(api, rateLimit)]),
    ...(Object.keys(settings).length === 0 ? [] : [settingsArea(api, settings, judgeOrigin)]),
    ...(dns.length === 0 ? [] : [dnsArea(api, dns)]),
  ];
}
