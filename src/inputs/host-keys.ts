import type { Parsed } from './problem.js';
import { splitLines, splitList } from './values.js';

const FINGERPRINT_ALLOWED =
  'allowed is `SHA256:` and 43 characters of base64, as `ssh-keygen -lf` prints it';
const LINE_ALLOWED =
  'allowed are known_hosts lines, as `ssh-keyscan` prints them: names, key type, key in base64';

/** One SHA-256 fingerprint or several; the old MD5 form is told apart. */
export function parseFingerprints(text: string): Parsed<readonly string[]> {
  const fingerprints: string[] = [];
  for (const entry of splitList(text)) {
    // A whole line of `ssh-keygen -l`: bits, fingerprint, comment, type.
    const item = /^\d+\s+(SHA256:\S+)(?:\s.*)?\s\([A-Z0-9-]+\)$/.exec(entry)?.[1] ?? entry;
    const bare = item.replace(/=+$/, '');
    if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(bare)) {
      fingerprints.push(bare);
      continue;
    }
    if (/^(MD5:)?([0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(bare)) {
      return {
        allowed: `this is the MD5 form, which no longer proves a key; ${FINGERPRINT_ALLOWED}`,
        part: item,
      };
    }
    const nearest = /^[A-Za-z0-9+/]{43}$/.test(bare)
      ? `SHA256:${bare}`
      : /^sha256:[A-Za-z0-9+/]{43}$/i.test(bare)
        ? `SHA256:${bare.slice('SHA256:'.length)}`
        : undefined;
    return { allowed: FINGERPRINT_ALLOWED, nearest, part: item };
  }
  return { value: fingerprints };
}

/** known_hosts text whose lines have the right shape; the keys themselves are judged on connecting. */
export function parseKnownHosts(text: string): Parsed<string> {
  for (const line of splitLines(text)) {
    if (line.startsWith('SHA256:')) {
      return { allowed: 'a fingerprint goes into `host-fingerprint`', part: line };
    }
    const words = line.split(/\s+/);
    const [names, type, key] = line.startsWith('@') ? words.slice(1) : words;
    const marker = line.startsWith('@') ? words[0] : undefined;
    if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') {
      return { allowed: `${LINE_ALLOWED}; a marker is \`@revoked\``, part: line };
    }
    if (names !== undefined && /^(ssh|ecdsa|sk)-/.test(names)) {
      const nearest = `<host> ${names} …`;
      return { allowed: `${LINE_ALLOWED}; the host's name is missing`, nearest, part: line };
    }
    const shaped =
      type !== undefined &&
      /^[a-z0-9@.-]+$/.test(type) &&
      key !== undefined &&
      /^AAAA[A-Za-z0-9+/]+={0,2}$/.test(key);
    if (!shaped) return { allowed: LINE_ALLOWED, part: line };
  }
  return { value: text };
}
