import { isIPv4 } from 'node:net';

/**
 * Load goes to this machine's loopback and to 198.18.0.0/15 (reserved for benchmarks, RFC 2544),
 * and nowhere else: a typing error must not become an attack on somebody's site.
 *
 * @throws Error that names the address when `url` points anywhere else.
 */
export function assertBenchTarget(url: URL): void {
  if (url.protocol !== 'http:') {
    throw new Error(`Load speaks plain http, not ${url.protocol} (${url.href})`);
  }
  if (!isBenchAddress(url.hostname)) {
    throw new Error(
      `Load is sent only to loopback or 198.18.0.0/15, and ${url.hostname} is neither`,
    );
  }
}

function isBenchAddress(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  // A name could resolve to anything, so only literal addresses pass.
  if (!isIPv4(hostname)) return false;
  const [first, second] = hostname.split('.').map(Number);
  return first === 127 || (first === 198 && (second === 18 || second === 19));
}
