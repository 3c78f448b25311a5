import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { textOf } from './pages.js';

/** Headings whose message is composed: what of it stands in the sources. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  'The host key is not pinned, so this could be any host': [
    'is not pinned, so this could be any host',
  ],
  'The host key is not the pinned one': ['is not the pinned one'],
  'The host showed a key that known-hosts marks as @revoked': ['marks as @revoked'],
  'The connection could not be made: proxy-command ended with …': ['proxy-command', 'ended with'],
  'the label resee.deploy.role of … is "…"': ['resee.deploy.role'],
  'docker compose pull of … failed': ['docker compose'],
  '… did not become ready: not ready within … s': ['did not become ready', 'not ready'],
  '… failed (install-files, check-health, soak …)': ['install-files', 'check-health', 'soak'],
};

/** All the sources as one text: literals that are joined over lines are one, blanks are single. */
function sources(): string {
  const files = execFileSync('git', ['ls-files', '-z', 'src'], { encoding: 'utf8' }).split('\0');
  return files
    .filter((file) => /\.(ts|sh)$/.test(file))
    .map(textOf)
    .join('\n')
    .replace(/['`"]\s*\+\s*['`"]/g, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

/** What a heading says literally: the host may be a jump host, and `…` is anything. */
function literals(heading: string): readonly string[] {
  return heading
    .split(/…|`[^`]*`|"|: |\b[Tt]he (?:name of the )?host\b|\bof\b/)
    .map((part) => part.replace(/^[\s,."]+|[\s,."]+$/g, ''))
    .filter((part) => part.length > 6);
}

describe('docs/troubleshooting.md', () => {
  const code = sources();
  const messages = [...textOf('docs/troubleshooting.md').matchAll(/^### (.*)$/gm)].flatMap(
    ([, heading = '']) => heading.split(' · '),
  );

  it('has a heading for each of many messages', () => {
    expect(messages.length).toBeGreaterThan(80);
  });

  it.each(messages)('shows a message that the sources have: %s', (message) => {
    const missing = (COMPOSED[message] ?? literals(message)).filter(
      (part) => !code.includes(part.toLowerCase()),
    );
    expect(missing).toEqual([]);
  });
});
