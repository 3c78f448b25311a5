import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** What is in a directory: path → text, `-> target` of a link, `/` for an empty directory. */
function tree(root: string, below = ''): Readonly<Record<string, string>> {
  const entries = readdirSync(join(root, below)).sort();
  if (entries.length === 0 && below !== '') return { [below]: '/' };
  const found = entries.map((name): Readonly<Record<string, string>> => {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) return { [path]: `-> ${readlinkSync(join(root, path))}` };
    if (stat.isDirectory()) return tree(root, path);
    const executable = (stat.mode & 0o111) === 0 ? '' : ' (executable)';
    return { [path]: readFileSync(join(root, path), 'utf8') + executable };
  });
  return Object.fromEntries(found.flatMap(Object.entries));
}

describe.each(SHELLS)('the files of the live directory, with $name as sh', ({ path: shell }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(shell);
    mkdirSync(host.path('live dir'));
    mkdirSync(host.path('stage dir'));
  });
  afterEach(() => {
    host.remove();
  });

  const live = (name: string): string => `live dir/${name}`;
  const stage = (name: string): string => `stage dir/${name}`;
  const liveTree = () => tree(host.path('live dir'));
  /** Keeps hold of the file itself, as a bind mount does; `held` tells what it says now. */
  const hold = (name: string): void => {
    host.write(`held/.keep`, '');
    linkSync(host.path(live(name)), host.path(`held/${name}`));
  };
  const held = (name: string): string => host.read(`held/${name}`);
  const variables = (paths: readonly string[], inPlace: readonly string[]) => ({
    LIVE: host.path('live dir'),
    STAGE: host.path('stage dir'),
    PATHS: paths.map((path) => `${path}\n`).join(''),
    INPLACE: inPlace.map((path) => `${path}\n`).join(''),
  });
  const install = (paths: readonly string[], inPlace: readonly string[] = [], name = 'first') =>
    host.run(
      `set -eu\ninstall_files ${name} "$LIVE" "$STAGE" "$PATHS" "$INPLACE"`,
      variables(paths, inPlace),
    );
  const restore = (name = 'first') =>
    host.run(`set -eu\nrestore_files ${name} "$LIVE"`, variables([], []));

  it('makes directories that containers can read, whatever mask the caller has', async () => {
    host.write(stage('new/deep/file'), 'text\n');
    const { code, stderr } = await host.run(
      'set -eu\numask 077\ninstall_files first "$LIVE" "$STAGE" "$PATHS" "$INPLACE"',
      variables(['new/deep/file'], []),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['new', 'new/deep'])
      expect(lstatSync(host.path(live(name))).mode & 0o777).toBe(0o755);
  });

  it('removes no live file for a staged tree that is gone, or lacks what the commit has', async () => {
    host.write(live('a'), 'old\n');
    rmSync(host.path('stage dir'), { recursive: true });
    const gone = await install(['a']);
    expect(gone.code).not.toBe(0);
    expect(gone.stderr).toContain('is gone: no file is brought');
    host.write('run/files', 'a\0b\0');
    host.write('run/staged-root/b', 'b\n');
    const lacking = await host.run('set -eu\ninstall_files last "$LIVE" "$STAGE" "$PATHS" ""', {
      ...variables(['a', 'b'], []),
      STAGE: host.path('run/staged-root/'),
    });
    expect(lacking.code).not.toBe(0);
    expect(lacking.stderr).toContain('lacks a: no file is brought');
    expect(host.read(live('a'))).toBe('old\n');
  });

  it('takes a file of the commit that is named `files` for no list of files', async () => {
    host.write("state of o'neill/journal/release/files", 'a\n');
    host.write(live('a'), 'old\n');
    const { code, stderr } = await host.run(
      'set -eu\ninstall_files last "$LIVE" "$STATE/journal/release" "$PATHS" ""',
      variables(['a', 'files'], []),
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(liveTree()).toEqual({ files: 'a\n' });
  });

  /** Installs, expects `after`, restores twice, and expects what was there before each time. */
  async function roundTrip(
    paths: readonly string[],
    after: Readonly<Record<string, string>>,
    inPlace: readonly string[] = [],
  ): Promise<void> {
    const before = liveTree();
    const installed = await install(paths, inPlace);
    expect([installed.code, installed.stderr]).toEqual([0, '']);
    expect(liveTree()).toEqual(after);
    for (const time of ['once', 'twice']) {
      const { code, stderr } = await restore();
      expect([time, code, stderr]).toEqual([time, 0, '']);
      expect(liveTree()).toEqual(before);
    }
  }

  it('brings an added, a modified and a deleted file, and takes them back', async () => {
    host.write(live('modified'), 'old');
    host.write(live('deleted'), 'old');
    host.write(live('other'), 'not of the commit');
    host.write(stage('modified'), 'new');
    host.write(stage('added'), 'new');
    host.write(stage('unlisted'), 'new');
    await roundTrip(['added', 'deleted', 'modified'], {
      added: 'new',
      modified: 'new',
      other: 'not of the commit',
    });
  });

  it('makes and removes directories as they are needed', async () => {
    host.write(live('gone/deep/file'), 'old');
    host.write(stage('fresh/deep/file'), 'new');
    await roundTrip(['fresh/deep/file', 'gone/deep/file'], { 'fresh/deep/file': 'new' });
    expect(host.exists(live('fresh'))).toBe(false);
  });

  it('keeps a directory that still holds something else', async () => {
    host.write(live('shared/file'), 'old');
    host.write(live('shared/data'), 'not of the commit');
    await roundTrip(['shared/file'], { 'shared/data': 'not of the commit' });
  });

  it('writes what a container mounts into the file that is there', async () => {
    host.write(live('nginx.conf'), 'old text, and a long one');
    host.write(stage('nginx.conf'), 'new');
    hold('nginx.conf');
    const { code } = await install(['nginx.conf'], ['nginx.conf']);
    expect(code).toBe(0);
    expect(held('nginx.conf')).toBe('new');
    expect(host.read(live('nginx.conf'))).toBe('new');
    await restore();
    expect(held('nginx.conf')).toBe('old text, and a long one');
    expect(host.read(live('nginx.conf'))).toBe('old text, and a long one');
  });

  it('replaces what no container mounts, so that nobody reads half a file', async () => {
    host.write(live('file'), 'old');
    host.write(stage('file'), 'new');
    hold('file');
    await install(['file']);
    expect(held('file')).toBe('old');
    expect(host.read(live('file'))).toBe('new');
  });

  it('replaces a file whose name bears no ending, and brings it back', async () => {
    const long = `${'한'.repeat(82)}.md`;
    host.write(live(long), 'old');
    host.write(stage(long), 'new');
    expect((await install([long])).code).toBe(0);
    expect(host.read(live(long))).toBe('new');
    await restore();
    expect(host.read(live(long))).toBe('old');
  });

  it('lets nobody miss a file, or read a part of it, while it is replaced', async () => {
    // What a container that mounts the directory sees each time that something has been unpacked, and when it is over.
    host.answer(
      'tar',
      `PATH=\${PATH#*:} tar "$@" || exit; case "$*" in *-xpf*) cat "$TOY/live dir/a.php" >>"$TOY/seen" 2>&1 ;; esac`,
    );
    host.write(live('a.php'), 'old\n');
    host.write(stage('a.php'), 'new\n');
    await install(['a.php']);
    // When the old one was kept, and when the new one lay beside it.
    expect(host.read('seen')).toBe('old\nold\n');
    await restore();
    expect(host.read('seen')).toBe('old\nold\nnew\n');
    expect(liveTree()).toEqual({ 'a.php': 'old\n' });
  });

  it('takes a path for a name, not for a pattern, when it asks what is written in place', async () => {
    host.write(live('a.conf'), 'old');
    host.write(live('a+conf'), 'old');
    host.write(stage('a.conf'), 'new');
    host.write(stage('a+conf'), 'new');
    hold('a.conf');
    hold('a+conf');
    await install(['a+conf', 'a.conf'], ['a.conf']);
    expect(held('a.conf')).toBe('new');
    expect(held('a+conf')).toBe('old');
  });

  it.each([true, false])('brings the executable bit (in place: %s)', async (inPlace) => {
    host.write(live('on'), 'old');
    host.write(live('off'), 'old');
    chmodSync(host.path(live('off')), 0o755);
    host.write(stage('on'), 'new');
    host.write(stage('off'), 'new');
    chmodSync(host.path(stage('on')), 0o755);
    await roundTrip(
      ['off', 'on'],
      { on: 'new (executable)', off: 'new' },
      inPlace ? ['on', 'off'] : [],
    );
  });

  it('brings symbolic links as links, also dangling ones and in the place of files', async () => {
    host.write(live('file'), 'old');
    host.write(live('target'), 'kept');
    symlinkSync('target', host.path(live('link')));
    symlinkSync('nowhere', host.path(stage('file')));
    host.write(stage('link'), 'new');
    symlinkSync('nowhere', host.path(stage('dangling')));
    await roundTrip(['dangling', 'file', 'link'], {
      dangling: '-> nowhere',
      file: '-> nowhere',
      link: 'new',
      target: 'kept',
    });
  });

  it('does not write through a link, even where it is asked to write in place', async () => {
    host.write(live('target'), 'kept');
    symlinkSync('target', host.path(live('link')));
    host.write(stage('link'), 'new');
    await roundTrip(['link'], { link: 'new', target: 'kept' }, ['link']);
  });

  describe('with a directory that became a link since the look at the host', () => {
    beforeEach(() => {
      host.write('elsewhere/site.conf', 'mine');
      host.write(live('nginx/site.conf'), 'old');
      host.write(stage('nginx/site.conf'), 'new');
    });
    const link = (): void => {
      rmSync(host.path(live('nginx')), { recursive: true });
      symlinkSync(host.path('elsewhere'), host.path(live('nginx')));
    };
    const untouched = (): void => {
      expect(tree(host.path('elsewhere'))).toEqual({ 'site.conf': 'mine' });
    };

    it.each([
      ['replaced', 'nginx/site.conf', []],
      ['written in place', 'nginx/site.conf', ['nginx/site.conf']],
      ['added', 'nginx/new.conf', []],
      ['added deep in it', 'nginx/a/b/new.conf', []],
    ])('writes nothing through it that is %s', async (_, name, inPlace) => {
      host.write(stage(name), 'new');
      link();
      const { code, stderr } = await install([name], inPlace);
      expect(code).not.toBe(0);
      expect(stderr).toContain(`/nginx is a symbolic link by now: ${name} is not written`);
      untouched();
      await restore();
      untouched();
    });

    it.each([true, false])('takes nothing back through it (in place: %s)', async (inPlace) => {
      const { code } = await install(['nginx/site.conf'], inPlace ? ['nginx/site.conf'] : []);
      expect(code).toBe(0);
      link();
      const restored = await restore();
      expect(restored.code).not.toBe(0);
      expect(restored.stderr).toContain('/nginx is a symbolic link by now');
      untouched();
    });

    it('removes nothing through it', async () => {
      rmSync(host.path(stage('nginx')), { recursive: true });
      link();
      expect((await install(['nginx/site.conf'])).code).toBe(0);
      untouched();
    });

    it('removes nothing through it when it takes back what was added', async () => {
      rmSync(host.path(live('nginx/site.conf')));
      host.write(live('nginx/other'), 'old');
      expect((await install(['nginx/site.conf'])).code).toBe(0);
      link();
      expect((await restore()).code).toBe(0);
      untouched();
    });

    it('keeps nothing of what it leads to', async () => {
      rmSync(host.path(stage('nginx')), { recursive: true });
      link();
      await install(['nginx/site.conf']);
      expect(tree(host.path("state of o'neill/journal/first/before"))).toEqual({});
    });

    it('sees one that comes while it works', async () => {
      host.answer(
        'chmod',
        'rm -r "$TOY/live dir/nginx" && ln -s "$TOY/elsewhere" "$TOY/live dir/nginx"; PATH=${PATH#*:} exec chmod "$@"',
      );
      host.write(live('a'), 'old');
      host.write(stage('a'), 'new');
      const { code } = await install(['a', 'nginx/site.conf'], ['a']);
      expect(code).not.toBe(0);
      untouched();
    });
  });

  it('turns a directory into a link to another one with the same names, and a link into a directory', async () => {
    host.write(live('conf/x'), 'old');
    host.write(live('shared/y'), 'kept');
    symlinkSync('shared', host.path(live('more')));
    host.write(stage('config/x'), 'new');
    symlinkSync('config', host.path(stage('conf')));
    host.write(stage('more/y'), 'new');
    await roundTrip(['conf', 'conf/x', 'config/x', 'more', 'more/y'], {
      conf: '-> config',
      'config/x': 'new',
      'more/y': 'new',
      'shared/y': 'kept',
    });
  });

  it('turns a file into a directory and a directory into a file', async () => {
    host.write(live('a'), 'file');
    host.write(live('b/c'), 'below');
    host.write(stage('a/c'), 'below');
    host.write(stage('b'), 'file');
    await roundTrip(['a', 'a/c', 'b', 'b/c'], { 'a/c': 'below', b: 'file' });
  });

  it.each([
    'a name  with spaces ',
    '-rf',
    '--checkpoint-action=exec=sh',
    "it's",
    'back\\slash\\n',
    'glob * [x]?',
    '$HOME `id`',
    '#comment',
    'üñï/çødé 한글',
    './dot',
    'deep -dir/-x',
  ])('copes with the name %j', async (name) => {
    host.write(live(name), 'old');
    host.write(stage(name), 'new');
    host.write(stage(`${name}.added`), 'new');
    const plain = name.replace('./', '');
    await roundTrip([name, `${name}.added`], { [plain]: 'new', [`${plain}.added`]: 'new' }, [name]);
  });

  it('removes an emptied directory whose name begins with a dash', async () => {
    host.write(live('-dir/file'), 'old');
    await roundTrip(['-dir/file'], {});
  });

  it('does nothing for an empty list', async () => {
    host.write(live('file'), 'kept');
    await roundTrip([], { file: 'kept' });
  });

  it('restores nothing when it was interrupted before the old files were all kept', async () => {
    host.write(live('file'), 'old');
    host.write("state of o'neill/journal/first/paths", 'file\n');
    host.write("state of o'neill/journal/first/inplace", '');
    expect((await restore()).code).toBe(0);
    expect(host.read(live('file'))).toBe('old');
  });

  it('restores a copy that was interrupted half-way', async () => {
    host.write(live('one'), 'old');
    host.write(live('two'), 'old');
    host.write(stage('one'), 'new');
    host.write(stage('two'), 'new');
    await install(['one', 'two']);
    host.write(live('two'), 'old');
    await restore();
    expect(liveTree()).toEqual({ one: 'old', two: 'old' });
  });

  it('keeps two sets apart', async () => {
    host.write(live('one'), 'old');
    host.write(live('two'), 'old');
    host.write(stage('one'), 'new');
    host.write(stage('two'), 'new');
    await install(['one'], [], 'first');
    await install(['two'], [], 'proxy');
    await restore('first');
    expect(liveTree()).toEqual({ one: 'old', two: 'new' });
    await restore('proxy');
    expect(liveTree()).toEqual({ one: 'old', two: 'old' });
  });

  it('fails where the live directory cannot take a file', async () => {
    host.write(live('busy/data'), 'not of the commit');
    host.write(stage('busy'), 'new');
    const { code } = await install(['busy']);
    expect(code).not.toBe(0);
    expect(liveTree()).toEqual({ 'busy/data': 'not of the commit' });
  });
});
