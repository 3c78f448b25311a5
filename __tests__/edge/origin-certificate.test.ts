import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { originProblem } from '../../src/edge/origin-certificate.js';
import type { Dial } from '../../src/health/http.js';
import { servers } from '../health/servers.js';

const directory = mkdtempSync(join(tmpdir(), 'certificate-test-'));
const running = servers();
afterEach(() => running.close());
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** A host whose port 443 has a certificate made with these words of `openssl req -x509`. */
async function hostWith(...words: readonly string[]): Promise<Dial> {
  const [key, cert] = ['key', 'cert'].map((name) => join(directory, name));
  if (key === undefined || cert === undefined) throw new Error('no names');
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...words], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  server.on('tlsClientError', () => undefined);
  const { port } = await running.add(server, 'https');
  return (host, asked) => {
    expect([host, asked]).toEqual(['localhost', 443]);
    return Promise.resolve(connect({ host: '127.0.0.1', port: Number(port) }));
  };
}

const NAMES = ['-addext', 'subjectAltName=DNS:example.com,DNS:*.example.com'];
const ORIGIN_CA =
  '/O=CloudFlare, Inc./OU=CloudFlare Origin SSL Certificate Authority/L=San Francisco';

describe('the certificate of the host', () => {
  it('may be of Cloudflare itself', async () => {
    const dial = await hostWith('-subj', ORIGIN_CA, '-days', '2', ...NAMES);
    expect(await originProblem(dial, ['example.com', 'www.example.com'])).toBeUndefined();
  });

  it('may not be one that nobody vouches for', async () => {
    const dial = await hostWith('-subj', '/CN=example.com', '-days', '2', ...NAMES);
    expect(await originProblem(dial, ['example.com'])).toMatch(
      /^Port 443 of the host, asked for example\.com: nobody vouches for its certificate \(.*SELF_SIGNED.*\)\.$/,
    );
  });

  it('must be for each name', async () => {
    const dial = await hostWith('-subj', ORIGIN_CA, '-days', '2', ...NAMES);
    expect(await originProblem(dial, ['example.com', 'example.net'])).toContain(
      'asked for example.net: its certificate is for DNS:example.com, DNS:*.example.com',
    );
  });

  it('must be valid today', async () => {
    const dial = await hostWith('-subj', ORIGIN_CA, '-days', '2', ...NAMES);
    const dayMs = 86_400_000;
    const then = (days: number) => originProblem(dial, ['example.com'], Date.now() + days * dayMs);
    expect(await then(3)).toContain('its certificate has expired');
    expect(await then(-1)).toContain('its certificate is not valid yet');
    expect(await then(1)).toBeUndefined();
  });

  it('is none where nothing answers, or something else than TLS', async () => {
    const refused: Dial = () => Promise.reject(new Error('connect ECONNREFUSED'));
    expect(await originProblem(refused, ['example.com'])).toContain('connect ECONNREFUSED');
    const { port } = await running.tcp((socket) => socket.end('no TLS here\r\n'));
    const other: Dial = () => Promise.resolve(connect({ host: '127.0.0.1', port: Number(port) }));
    expect(await originProblem(other, ['example.com'])).toContain('could not be asked');
  });
});
