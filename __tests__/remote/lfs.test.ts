import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import type { Variables } from '../../src/host/shell.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
`;

/** A host without git-lfs, whose user may have set up its filters once. */
describe.each(SHELLS)('a commit with files of Git LFS, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    const git = (...words: string[]): void => {
      const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com'];
      execFileSync('git', ['-C', host.path('origin'), ...identity, ...words]);
    };
    execFileSync('git', ['init', '-q', '-b', 'main', host.path('origin')]);
    // What is no pointer yet is as it should be, whatever its attribute says.
    host.write('origin/models/whole.bin', 'these are the weights');
    host.write('origin/models/large file.bin', POINTER);
    host.write('origin/README.md', POINTER);
    git('add', '--all');
    host.write('origin/.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
    git('-c', 'filter.lfs.required=false', 'add', '.gitattributes');
    git('commit', '-q', '-m', 'first');
    execFileSync('git', [
      'clone',
      '-q',
      '--bare',
      host.path('origin'),
      `${host.state}/repository.git`,
    ]);
    host.write('stage/.keep', '');
    host.write('own/.keep', '');
  });
  afterEach(() => {
    host.remove();
  });

  const lay = (token: Variables = { TOKEN: '', TOKEN_FOR: '' }) =>
    host.run(
      [
        remoteScript('observe/sections'),
        remoteScript('observe/commit'),
        remoteScript('observe/stage'),
      ]
        .concat('lay_commit >/dev/null || exit', 'observe_pointers')
        .join('\n'),
      {
        SHA: 'main',
        OWN: host.path('own'),
        STAGE: host.path('stage'),
        REMOTE: host.path('origin'),
        ...token,
      },
    );

  it.each([
    ['nothing is set up', ''],
    [
      'the filters are set up, and the program is gone',
      '[filter "lfs"]\n\tprocess = git-lfs filter-process\n\tsmudge = git-lfs smudge -- %f\n\trequired = true\n',
    ],
  ])('is laid out and told where %s', async (_, config) => {
    host.write('.gitconfig', config);
    const { code, stdout, stderr } = await lay();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/lfs-pointers=\n/);
    expect(stdout.trim().split('\n').slice(1)).toEqual(['models/large file.bin']);
    expect(host.read('stage/models/large file.bin')).toBe(POINTER);
  });

  it('gives the token to the server of the repository alone, whatever server its commit names', async () => {
    // Asks git for a login as git-lfs does, with what `lfs.url` of a commit may say; and tells what else it was given.
    host.write(
      'bin/git-lfs',
      `#!/bin/sh
TOY='${host.root}'
for url in https://git.example.com/o/r.git/info/lfs https://evil.example.com/o/r.git http://git.example.com/o/r.git \\
  https://git.example.com:8443/o/r.git https://git.example.com.evil.example.com/x https://git.example.com@evil.example.com/x \\
  https://sub.git.example.com/x ssh://git.example.com/x; do
  echo "$url $(printf 'url=%s\\n\\n' "$url" | git credential fill 2>/dev/null </dev/stdin | sed -n 's/^password=//p')"
done >"$TOY/logins"
tr '\\000' '\\n' </proc/$$/cmdline >"$TOY/words"
exit 1
`,
    );
    chmodSync(host.path('bin/git-lfs'), 0o755);
    const { code } = await lay({ TOKEN: 'ghs_token', TOKEN_FOR: 'https://git.example.com' });
    expect(code).not.toBe(0);
    expect(
      host
        .read('logins')
        .split('\n')
        .filter((line) => line.endsWith('ghs_token')),
    ).toEqual(['https://git.example.com/o/r.git/info/lfs ghs_token']);
    expect(host.read('logins').trim().split('\n')).toHaveLength(8);
    expect(host.read('words')).not.toContain('ghs_token');
  });
});
