import { listOf, objectOf, textOf, type JsonObject } from '../../plan/compose/json.js';
import type { Api, ApiCall } from '../api.js';
import type { Area, Change, Difference } from './change.js';
import type { DnsRecord } from './read.js';

/** The comment by which a record of this action is known again. */
export const OWN_COMMENT = 'resee-deploy-action';

const ASKED = {
  permission: 'Zone → DNS → Edit',
  doing: 'setting the DNS records at Cloudflare',
} as const;

export function dnsArea(api: Api, records: readonly DnsRecord[]): Area {
  return {
    name: 'DNS',
    compare: async () => {
      const differences: Difference[] = [];
      for (const record of records) {
        const { type, name } = record;
        const query = new URLSearchParams({ type, name, per_page: '100' });
        const found = await api.call({
          ...ASKED,
          method: 'GET',
          path: `/dns_records?${query.toString()}`,
          repeatable: true,
        });
        differences.push(compareRecord(record, listOf(found).map(objectOf)));
      }
      return {
        changes: differences.flatMap(({ changes }) => changes),
        left: differences.flatMap(({ left }) => left),
      };
    },
  };
}

/** @param found what the zone has under the type and the name */
export function compareRecord(wanted: DnsRecord, found: readonly JsonObject[]): Difference {
  const { type, name, content, proxied } = wanted;
  const here = found.filter(
    (record) => record['type'] === type && textOf(record['name'])?.toLowerCase() === name,
  );
  const own = here.find((record) => textOf(record['comment'])?.startsWith(OWN_COMMENT));
  const others = here.filter((record) => record !== own);
  if (others.some((record) => fits(record, wanted))) {
    // A second one of ours would send half of the visitors to an address that is not wanted any more.
    const left = own === undefined || fits(own, wanted) ? [] : [leftBeside(wanted, own)];
    return { changes: [], left };
  }
  if (own !== undefined && fits(own, wanted)) {
    return { changes: [], left: others.map((record) => leftBeside(wanted, record)) };
  }
  if (others.length > 0) return { changes: [], left: [foreign(wanted, others)] };
  const change = (
    words: string,
    call: Pick<ApiCall, 'method' | 'path' | 'repeatable'>,
  ): Change => ({
    words,
    call: {
      ...ASKED,
      ...call,
      body: { type, name, content, proxied, ttl: 1, comment: OWN_COMMENT },
    },
  });
  const after = shown(content, proxied);
  return {
    left: [],
    changes: [
      own === undefined
        ? change(`${type} ${name}: ${after} (new)`, {
            method: 'POST',
            path: '/dns_records',
            // A second POST adds a second record.
            repeatable: false,
          })
        : change(
            `${type} ${name}: ${shown(textOf(own['content']), own['proxied'] === true)} → ${after}`,
            {
              method: 'PATCH',
              path: `/dns_records/${encodeURIComponent(textOf(own['id']) ?? '')}`,
              repeatable: true,
            },
          ),
    ],
  };
}

function fits(record: JsonObject, { content, proxied }: DnsRecord): boolean {
  return sameAddress(textOf(record['content']) ?? '', content) && record['proxied'] === proxied;
}

/** `2001:db8::1` and `2001:0db8:0::1` are one. */
function sameAddress(one: string, other: string): boolean {
  const plain = (address: string): string =>
    address.includes(':') ? (URL.parse(`http://[${address}]`)?.hostname ?? address) : address;
  return plain(one) === plain(other);
}

function foreign(
  { type, name, content, proxied }: DnsRecord,
  others: readonly JsonObject[],
): string {
  const there = others
    .map((record) => shown(textOf(record['content']), record['proxied'] === true))
    .join(', ');
  return (
    `${type} ${name} is ${there}, and should be ${shown(content, proxied)}. This action has not made that record, and leaves it. ` +
    `Change it by hand, or hand it over: give it the comment \`${OWN_COMMENT}\` (DNS → Records → Edit).`
  );
}

function leftBeside({ type, name }: DnsRecord, record: JsonObject): string {
  const there = shown(textOf(record['content']), record['proxied'] === true);
  return `${type} ${name} has a second record, ${there}: visitors are sent to both. Delete one by hand.`;
}

function shown(content: string | undefined, proxied: boolean): string {
  return `${content ?? ''}${proxied ? ', proxied' : ', not proxied'}`;
}
