import { startEdge, type EdgeOptions } from '../edge/edge.js';
import { askSite } from '../harness/http.js';
import type { Checks } from './checks.js';
import { NAME } from './origin.js';

/** Of the ranges for documentation, and nobody else's. */
const BUSY_VISITOR = '192.0.2.251';
/** More than the burst that the example's nginx allows one visitor. */
const MANY = 200;

/** A file comes compressed, for long, and with what keeps a browser from guessing; through an edge that keeps none yet. */
export async function checkHeaders(
  options: EdgeOptions,
  checks: Checks,
  path: string,
): Promise<void> {
  const edge = await startEdge(options);
  const { message } = await askSite(edge, {
    method: 'GET',
    path,
    headers: { host: NAME, 'accept-encoding': 'gzip' },
  }).finally(() => edge.close());
  const { headers } = message;
  checks.equal(headers['content-encoding'], 'gzip', `the encoding of ${path}`);
  checks.equal(headers['x-content-type-options'], 'nosniff', `x-content-type-options of ${path}`);
  checks.equal(
    headers['referrer-policy'],
    'strict-origin-when-cross-origin',
    `referrer-policy of ${path}`,
  );
  checks.that(
    (headers['cache-control'] ?? '').includes('immutable'),
    `${path} may be kept for long: ${String(headers['cache-control'])}`,
  );
}

/** Behind the edge's own limit, the origin limits each visitor, and no other one for it. */
export async function checkLimit(options: EdgeOptions, checks: Checks): Promise<void> {
  const asked = { method: 'GET' as const, path: '/api/health/', headers: { host: NAME } };
  const busy = await startEdge({ ...options, visitor: () => BUSY_VISITOR });
  const calm = await startEdge(options);
  try {
    const statuses = await Promise.all(
      Array.from({ length: MANY }, async () => (await askSite(busy, asked)).status),
    );
    const limited = statuses.filter((status) => status === 429).length;
    checks.that(limited > 0, `of ${String(MANY)} requests of one visitor some are limited`);
    checks.equal(
      statuses.filter((status) => status !== 429 && status !== 200),
      [],
      'other answers to that visitor',
    );
    checks.equal((await askSite(calm, asked)).status, 200, 'the answer to another visitor');
  } finally {
    await Promise.all([busy.close(), calm.close()]);
  }
}
