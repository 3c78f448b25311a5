import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { servers } from '../health/servers.js';

const SCRIPT = 'examples/resee/nginx/cloudflare-ranges.sh';
const CONFIG = 'examples/resee/nginx/nginx.conf';

const directory = mkdtempSync(join(tmpdir(), 'ranges-test-'));
const config = join(directory, 'nginx.conf');
const running = servers();
beforeEach(() => {
  copyFileSync(CONFIG, config);
});
afterEach(() => running.close());
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** The ranges that the example has now. */
const HERE = [...readFileSync(CONFIG, 'utf8').matchAll(/set_real_ip_from (\S+);/g)].map(
  ([, range = '']) => range,
);
const V4 = HERE.filter((range) => !range.includes(':'));
const V6 = HERE.filter((range) => range.includes(':'));

interface Lists {
  readonly v4?: string | undefined;
  readonly v6?: string | undefined;
}

/** Runs the script against lists of these texts; undefined is a 404. */
async function update(
  { v4 = V4.join('\n'), v6 = V6.join('\n') }: Lists,
  ...words: readonly string[]
): Promise<{ code: number | null; said: string }> {
  const { origin } = await running.http((request, response) => {
    const text = request.url === '/ips-v4' ? v4 : request.url === '/ips-v6' ? v6 : 'gone';
    response.writeHead(text === 'gone' ? 404 : 200).end(text);
  });
  const child = spawn('sh', [SCRIPT, ...words, config], {
    env: { ...process.env, CLOUDFLARE_LISTS: origin },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (said += text));
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said };
}

const same = (): void => {
  expect(readFileSync(config, 'utf8')).toBe(readFileSync(CONFIG, 'utf8'));
};

describe("Cloudflare's addresses in the example", () => {
  it('are there, of both kinds', () => {
    expect(V4.length).toBeGreaterThanOrEqual(10);
    expect(V6.length).toBeGreaterThanOrEqual(5);
  });

  it('stay as they are while the lists say the same', async () => {
    expect(await update({})).toMatchObject({ code: 0, said: expect.stringContaining('current') });
    same();
    expect((await update({}, '--check')).code).toBe(0);
  });

  it('follow the lists, and nothing else in the file changes', async () => {
    const v4 = [...V4.slice(1), '198.51.100.0/24', ''].join('\n');
    expect((await update({ v4 }, '--check')).code).toBe(1);
    same();
    expect((await update({ v4 })).code).toBe(0);
    const [first = ''] = V4;
    const expected = readFileSync(CONFIG, 'utf8')
      .replace(`  set_real_ip_from ${first};\n`, '')
      .replace(
        `  set_real_ip_from ${V6[0] ?? ''};\n`,
        `  set_real_ip_from 198.51.100.0/24;\n  set_real_ip_from ${V6[0] ?? ''};\n`,
      );
    expect(readFileSync(config, 'utf8')).toBe(expected);
  });

  it.each<[string, Lists]>([
    ['a list that is gone', { v4: 'gone' }],
    ['a page in its place', { v6: '<!doctype html><html></html>' }],
    ['an empty list', { v4: '' }],
    ['a list that was cut short', { v4: V4.slice(0, 5).join('\n') }],
    ['the whole internet', { v4: [...V4, '0.0.0.0/0'].join('\n') }],
    ['the whole internet, of IPv6', { v6: [...V6, '::/0'].join('\n') }],
    ['a line of configuration', { v4: [...V4, '192.0.2.0/24; real_ip_header X-Mine'].join('\n') }],
  ])('stay as they are for %s', async (_, lists) => {
    expect((await update(lists)).code).toBe(2);
    same();
  });

  it('are told to be missing where the file has no place for them', async () => {
    writeFileSync(config, 'http {}\n');
    expect(await update({})).toMatchObject({
      code: 2,
      said: expect.stringContaining('has no lines'),
    });
    expect(readFileSync(config, 'utf8')).toBe('http {}\n');
  });
});
