import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n- Next\n\n## [1.2.3] - 2026-12-01\n\n- One\n\n## [1.2.0]\n\n- Old\n';

function notes(version: string): { readonly status: number | null; readonly stdout: string } {
  const run = spawnSync('sh', ['scripts/release-notes.sh', version, '/dev/stdin'], {
    encoding: 'utf8',
    input: CHANGELOG,
  });
  return { status: run.status, stdout: run.stdout };
}

describe('the notes of a release', () => {
  it('are what the changelog says of it, and no more', () => {
    expect(notes('v1.2.3')).toEqual({ status: 0, stdout: '\n- One\n' });
  });

  it.each(['v1.2.4', '1.2.3', 'v1.2', 'v1.2.3; true', 'Unreleased'])(
    'are refused for %j',
    (version) => {
      expect(notes(version)).toEqual({ status: 1, stdout: '' });
    },
  );
});
