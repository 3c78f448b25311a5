import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { observe } from '../../src/host/observe.js';
import type { Observation } from '../../src/plan/observation.js';
import { accepted } from '../inputs/given.js';
import { SHELLS, shellOf, type ToyHost } from '../remote/host.js';
import { shopOn, type Shop } from './shop.js';

/** What people have in their ~/.gitconfig: it changes what git prints, and where it keeps what it knows. */
const CONFIGURATION = `
[color]
	ui = always
	grep = always
	diff = always
[core]
	splitIndex = true
	untrackedCache = true
	quotePath = true
	abbrev = 5
[diff]
	renames = copies
	noprefix = true
	ignoreSubmodules = all
	orderFile = /nonexistent
[grep]
	column = true
	lineNumber = true
	patternType = perl
[log]
	showSignature = true
	decorate = full
[fetch]
	prune = true
	pruneTags = true
[submodule]
	recurse = true
[init]
	defaultBranch = trunk
	defaultObjectFormat = sha256
[index]
	version = 4
[safe]
	bareRepository = explicit
`;

/** Signs whatever it is given, and finds each signature good. */
const GPG = `
case "$*" in
  *--verify*) echo 'gpg: Good signature' >&2; printf '[GNUPG:] GOODSIG 1 me\\n' ;;
  *) cat >/dev/null; printf '[GNUPG:] SIG_CREATED D\\n' >&2; printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n' ;;
esac`;

describe.each(SHELLS)('the git configuration of the user, with $name as sh', ({ path }) => {
  let shop: Shop;
  let host: ToyHost;
  beforeEach(() => {
    shop = shopOn(path);
    ({ host } = shop);
    host.answer('gpg', GPG);
    // The default of later versions of git, for one that does not know the setting.
    host.answer(
      'git',
      ': "${GIT_DEFAULT_HASH:=sha256}"; export GIT_DEFAULT_HASH; PATH=${PATH#*:} exec git "$@"',
    );
    host.write('origin/nginx.conf', 'location / { proxy_pass http://web; }\n');
    execFileSync('git', ['init', '-q', '-b', 'main', host.path('lib')]);
  });
  afterEach(() => {
    host.remove();
  });

  /** Commits a new text of the library, and the origin's link to it. */
  const takesLibrary = (word: string): string => {
    host.write('lib/word', `${word}\n`);
    shop.git('lib', 'add', '--all');
    shop.git('lib', 'commit', '-q', '-m', word);
    host.write('origin/.gitmodules', '[submodule "x"]\n\tpath = lib\n\turl = ../lib\n');
    mkdirSync(host.path('origin/lib'), { recursive: true });
    const link = `160000,${shop.git('lib', 'rev-parse', 'HEAD')},lib`;
    shop.git('origin', 'update-index', '--add', '--cacheinfo', link);
    return shop.commit(word);
  };
  const look = (sha: string): Promise<Observation> => {
    const place = { path: host.path('shop'), repository: host.path('origin') };
    return observe(shellOf(host), accepted({ ...place, sha }), sha, 'run-1-1');
  };

  it('changes nothing of what is seen', async () => {
    const first = takesLibrary('one');
    const second = takesLibrary('two');
    host.write('origin/later', 'x');
    shop.git('origin', 'add', '--all');
    const gpg = `gpg.program=${host.path('bin/gpg')}`;
    shop.git('origin', '-c', gpg, 'commit', '-q', '-S', '-m', 'third');
    const third = shop.git('origin', 'rev-parse', 'HEAD');
    shop.deployed(second);
    host.write('shop/lib/word', 'two\n');
    const record = JSON.stringify({ services: { web: { commit: first } } }, null, 2);
    host.write('.local/state/resee-deploy/shop/releases/00000001-a.json', record);
    host.write('.gitconfig', CONFIGURATION + `[gpg]\n\tprogram = ${host.path('bin/gpg')}\n`);

    const { commit, proxyFiles, live } = await look(third);
    expect(commit.subject).toBe('third');
    expect(commit.changes).toEqual([{ path: 'later', status: 'added' }]);
    const since = new Set(commit.since[first]?.map((change) => change.path));
    expect(since).toEqual(new Set(['later', 'lib', 'lib/word']));
    expect(proxyFiles).toEqual({ 'nginx.conf': 'location / { proxy_pass http://web; }\n' });
    expect(live).toMatchObject({ head: second, modified: [], conflicts: [] });
  });

  it('leaves a clone that everybody can read, also a new one', async () => {
    host.write('.gitconfig', CONFIGURATION);
    const sha = takesLibrary('one');
    await look(sha);
    host.write('shop/.keep', '');
    const given = { LIVE: host.path('shop'), SHA: sha };
    const state = `STATE=${host.path('.local/state/resee-deploy/shop')}`;
    const script = `${state}\nset -eu\ngit_move "$LIVE" main "$SHA" https://example.com/org/shop run-1-1`;
    const { code, stderr } = await host.run(script, given);
    expect([code, stderr]).toEqual([0, '']);
    expect(shop.git('shop', 'rev-parse', 'HEAD')).toBe(sha);
    expect(readdirSync(host.path('shop/.git')).filter((name) => name.startsWith('shared'))).toEqual(
      [],
    );
    // Nothing of its files is there yet.
    expect(shop.git('shop', 'status', '--porcelain', '--', 'nginx.conf')).toBe('D nginx.conf');
  });
});
