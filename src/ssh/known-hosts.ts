import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Host keys as `known_hosts` of OpenSSH has them; see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export interface KnownHosts {
  readonly lines: readonly KnownHostLine[];
  /** One sentence for each line that says nothing to us. */
  readonly warnings: readonly string[];
}

export interface KnownHostLine {
  readonly marker: 'none' | 'revoked';
  /** A comma list of names and patterns, or one hashed name. */
  readonly names: string;
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string;
  /** The key as it goes over the wire. */
  readonly key: Buffer;
}

/** Reads known_hosts text. Never throws: what cannot be read becomes a warning. */
export function parseKnownHosts(text: string): KnownHosts {
  const lines: KnownHostLine[] = [];
  const warnings: string[] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const parsed = parseLine(line);
    if (typeof parsed === 'string')
      warnings.push(`known-hosts line ${String(index + 1)}: ${parsed}`);
    else lines.push(parsed);
  }
  return { lines, warnings };
}

function parseLine(line: string): KnownHostLine | string {
  const fields = line.split(/[ \t]+/);
  const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
  if (marker === '@cert-authority')
    return 'host certificates are not supported; the line is ignored';
  if (marker !== undefined && marker !== '@revoked') return `unknown marker ${marker}`;
  const [names, type, base64] = fields;
  if (names === undefined || type === undefined || base64 === undefined) {
    return 'is not "names key-type key"';
  }
  const key = Buffer.from(base64, 'base64');
  if (keyType(key) !== type) return `the key is damaged, or is no ${type} key`;
  return { marker: marker === undefined ? 'none' : 'revoked', names, type, key };
}

/** The type that a public key names at its beginning (RFC 4253, 6.6), '' when it has none. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > key.length - 4 ? '' : key.toString('latin1', 4, 4 + length);
}

/** `SHA256:…` as ssh-keygen prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name that known_hosts has for an address: `host`, or `[host]:port` for a port other than 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${String(port)}`;
}

/** The lines that speak of this host, revocations among them. */
export function linesFor(hosts: KnownHosts, host: string, port: number): readonly KnownHostLine[] {
  const name = knownHostsName(host, port);
  return hosts.lines.filter((line) => namesMatch(line.names, name));
}

function namesMatch(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return hashMatches(names, name);
  let matched = false;
  for (const pattern of names.toLowerCase().split(',')) {
    if (pattern.startsWith('!')) {
      // A negated pattern that matches rules the whole line out.
      if (wildcardMatches(pattern.slice(1), name)) return false;
    } else if (wildcardMatches(pattern, name)) {
      matched = true;
    }
  }
  return matched;
}

function hashMatches(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  const wanted = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === actual.length && timingSafeEqual(wanted, actual);
}

/** `*` is any text, `?` any one character; brackets are plain characters here. */
function wildcardMatches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's').test(name);
}
