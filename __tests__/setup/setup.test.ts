import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';

const COMMANDS =
  'apt-get dnf rpm dpkg dpkg-query systemctl getent useradd usermod id loginctl install curl df dd ' +
  'mkswap swapon uname ssh-keygen sshd docker';
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample deploy';
const MANAGED = ['--key', KEY, '--repository', 'you/shop', '--host', '203.0.113.10'];

const SYSTEMS: Readonly<Record<string, string>> = {
  'Debian 13': 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n',
  'Debian testing': 'ID=debian\nVERSION_CODENAME=forky\n',
  'Debian 12': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
  'Ubuntu 22.04': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n',
  'Ubuntu 24.04': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n',
  'Amazon Linux 2023': 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
};
const NAMES = Object.keys(SYSTEMS);

describe('host/setup.sh', () => {
  let directory = '';
  const root = (): string => join(directory, 'root');
  const state = (): string => join(directory, 'state');
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root(), path)), { recursive: true });
    writeFileSync(join(root(), path), text);
  };
  const read = (path: string): string => readFileSync(join(root(), path), 'utf8');
  const said = (name: string): string =>
    existsSync(join(state(), name)) ? readFileSync(join(state(), name), 'utf8') : '';
  const setup = (
    options: readonly string[] = MANAGED,
    environment: Readonly<Record<string, string>> = {},
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
    spawnSync('sh', ['-s', '--', ...options], {
      encoding: 'utf8',
      input: readFileSync('host/setup.sh'),
      env: {
        PATH: `${join(directory, 'bin')}:${String(process.env['PATH'])}`,
        RESEE_SETUP_ROOT: root(),
        STATE: state(),
        ...environment,
      },
    });
  const system = (name: string): void => {
    put('etc/os-release', SYSTEMS[name] ?? '');
  };
  const all = (): string =>
    execFileSync('sh', ['-c', 'find . -type f | sort | xargs sha256sum'], {
      cwd: root(),
      encoding: 'utf8',
    });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'host-setup-'));
    for (const part of ['bin', 'state', 'root']) mkdirSync(join(directory, part));
    const stub = resolve('__tests__/setup/stub.sh');
    chmodSync(stub, 0o755);
    for (const name of COMMANDS.split(' ')) symlinkSync(stub, join(directory, 'bin', name));
    put('proc/meminfo', 'MemTotal:        1000000 kB\n');
    put('proc/swaps', 'Filename Type Size Used Priority\n');
    put('etc/fstab', '/dev/x / ext4 defaults 0 1\n');
    put('etc/ssh/ssh_host_ed25519_key.pub', 'ssh-ed25519 AAAA host\n');
    mkdirSync(join(root(), 'run/systemd/system'), { recursive: true });
    mkdirSync(join(root(), 'home'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    [
      'Debian 13',
      / install -y --no-install-recommends docker\.io docker-cli docker-compose docker-buildx git /,
    ],
    ['Debian testing', / docker\.io docker-cli docker-compose docker-buildx /],
    [
      'Debian 12',
      / docker-ce docker-ce-cli containerd\.io docker-buildx-plugin docker-compose-plugin /,
    ],
    ['Ubuntu 22.04', / docker\.io docker-compose-v2 docker-buildx /],
    ['Ubuntu 24.04', / docker\.io docker-compose-v2 docker-buildx /],
    [
      'Amazon Linux 2023',
      /dnf install -y -q docker git tar util-linux diffutils procps-ng dnf-automatic$/m,
    ],
  ])(
    'takes on %s the engine and its plugins from where they are kept up to date',
    (name, packages) => {
      system(name);
      expect(setup([...MANAGED, '--dry-run']).stdout).toMatch(packages);
    },
  );

  it('uses the repository of Docker where the distribution has no Compose 2, and only there', () => {
    for (const name of NAMES) {
      system(name);
      const { stdout } = setup([...MANAGED, '--dry-run']);
      expect([name, stdout.includes('download.docker.com')]).toEqual([name, name === 'Debian 12']);
    }
    system('Debian 12');
    expect(setup([...MANAGED, '--dry-run']).stdout).toContain('Suites: bookworm');
  });

  it('downloads both plugins on Amazon Linux, and compares their checksums', () => {
    system('Amazon Linux 2023');
    const refused = setup(MANAGED, { WRONG_SUM: '0'.repeat(64) });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/docker-compose-linux-x86_64 does not have the checksum/);
    expect(existsSync(join(root(), 'usr/local/lib/docker/cli-plugins/docker-compose'))).toBe(false);

    expect(setup().status).toBe(0);
    expect(read('usr/local/lib/docker/cli-plugins/docker-compose')).toBe('plugin\n');
    expect(read('usr/local/lib/docker/cli-plugins/docker-buildx')).toBe('plugin\n');
    expect(read('etc/dnf/vars/releasever')).toBe('latest\n');
    expect(said('units')).toMatch(/^dnf-automatic\.timer$/m);
  });

  it.each(NAMES)('changes nothing on %s at the second run, and says so', (name) => {
    system(name);
    const first = setup();
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/^\d+ changes made\. The host is ready\.$/m);
    const before = all();
    const second = setup();
    expect(second.stdout.split('\n').filter((line) => line.startsWith('+'))).toEqual([]);
    expect(second.stdout).toMatch(/^Nothing to change: the host is ready\.$/m);
    expect(all()).toBe(before);
  });

  it.each(NAMES)(
    'prints on %s with --dry-run what it would change, and changes nothing',
    (name) => {
      system(name);
      const before = all();
      const dry = setup([...MANAGED, '--dry-run']);
      expect(dry.stdout).toMatch(/^\d+ changes to make\. Nothing was changed\.$/m);
      expect(all()).toBe(before);
      expect(['packages', 'units', 'users', 'members'].map(said)).toEqual(['', '', '', '']);
      const lines = (text: string): string[] =>
        text.split('\n').filter((line) => line.startsWith('+'));
      expect(lines(setup().stdout)).toEqual(lines(dry.stdout));
    },
  );

  it('keeps the engine out of the automatic updates', () => {
    put('etc/needrestart/needrestart.conf', '');
    for (const name of NAMES) {
      system(name);
      expect(setup().status).toBe(0);
    }
    expect(read('etc/apt/apt.conf.d/52resee-deploy')).toMatch(
      /Package-Blacklist \{ "docker"; "containerd"; "runc"; \};/,
    );
    expect(read('etc/needrestart/conf.d/resee-deploy.conf')).toMatch(/docker\|containerd/);
    expect(read('etc/dnf/automatic.conf')).toMatch(/^excludepkgs = docker,containerd,runc$/m);
  });

  it('makes swap where memory is small, and only once', () => {
    system('Debian 13');
    expect(setup().stdout).toMatch(/^\+ dd .*count=2048/m);
    expect(read('etc/fstab')).toMatch(/^\/swapfile none swap defaults 0 0$/m);
    expect(setup([...MANAGED, '--swap', '512']).stdout).not.toMatch(/^\+ dd/m);
  });

  it.each([
    ['with 8 GiB', 8_000_000, [], /^\+ mkswap/m, false],
    ['with --swap 0', 1_000_000, ['--swap', '0'], /^\+ mkswap/m, false],
    ['with --swap 512', 8_000_000, ['--swap', '512'], /count=512 /, true],
  ] as const)('follows the memory or the option: %s', (_, kb, options, pattern, expected) => {
    system('Debian 13');
    put('proc/meminfo', `MemTotal:        ${String(kb)} kB\n`);
    expect(pattern.test(setup([...MANAGED, ...options]).stdout)).toBe(expected);
  });

  it('makes no swap on a disk that has no room for it', () => {
    system('Debian 13');
    const { stdout, status } = setup(MANAGED, { FREE_MIB: '3000' });
    expect([status, /^note: no swap file: only 3000 MiB/m.test(stdout)]).toEqual([0, true]);
  });

  it('leaves an own daemon.json as it is, and says what is missing in it', () => {
    system('Debian 13');
    put('etc/docker/daemon.json', '{ "live-restore": true }\n');
    expect(setup().stdout).toMatch(
      /^note: \/etc\/docker\/daemon\.json does not limit container logs/m,
    );
    expect(read('etc/docker/daemon.json')).toBe('{ "live-restore": true }\n');
  });

  it('does not restart an engine with containers', () => {
    system('Debian 13');
    for (const file of ['units', 'active']) writeFileSync(join(state(), file), 'docker\n');
    writeFileSync(join(state(), 'containers'), 'abc\n');
    const { stdout } = setup();
    expect(stdout).not.toContain('+ systemctl restart');
    expect(stdout).toMatch(/^note: containers are running/m);
  });

  it('leaves an engine of Docker’s own repository, and brings its plugins', () => {
    system('Debian 13');
    writeFileSync(join(state(), 'packages'), 'docker-ce\ndocker-ce-cli\ncontainerd.io\n');
    const { stdout } = setup();
    expect(stdout).not.toContain(' docker.io');
    expect(stdout).toMatch(
      /install -y --no-install-recommends docker-buildx-plugin docker-compose-plugin /,
    );
  });

  it('adds a key to those that are there, once', () => {
    system('Debian 13');
    put('home/deploy/.ssh/authorized_keys', 'ssh-rsa BBBB mine');
    setup();
    setup();
    expect(read('home/deploy/.ssh/authorized_keys')).toBe(`ssh-rsa BBBB mine\n${KEY}\n`);
  });

  it.each([
    ['ID=debian\nVERSION_ID="11"\n', /Debian 11 is too old/],
    ['ID=ubuntu\nVERSION_ID="20.04"\n', /Ubuntu 20.04 is too old/],
    ['ID=amzn\nVERSION_ID="2"\n', /Amazon Linux 2 is not supported/],
    ['ID=fedora\nVERSION_ID="42"\n', /'fedora' is not supported/],
  ])('refuses a system that it does not know: %j', (release, message) => {
    put('etc/os-release', release);
    const { status, stdout, stderr } = setup();
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  it.each([
    [['--key', '-----BEGIN OPENSSH PRIVATE KEY-----'], /the public key/],
    [['--key', 'AAAA'], /one line that begins with/],
    [['--user', 'a b'], /not a user name/],
    [['--swap', '2G'], /a number of MiB/],
    [['--repository', 'shop'], /owner\/name/],
    [['--kee', 'x'], /unknown option '--kee'/],
    [['--host'], /--host needs a value/],
  ])('refuses %j before anything is printed', (options, message) => {
    system('Debian 13');
    const { status, stdout, stderr } = setup(options);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  it('ends with the fingerprint, the secrets and the workflow of the README', () => {
    system('Debian 13');
    const { stdout } = setup();
    expect(stdout).toContain('gh secret set DEPLOY_HOST --repo you/shop --body 203.0.113.10\n');
    expect(stdout).toContain('gh secret set DEPLOY_KEY --repo you/shop < deploy_key\n');
    expect(stdout).toContain(
      'gh secret set DEPLOY_FINGERPRINT --repo you/shop --body SHA256:abc\n',
    );
    const shown = /^```yaml\n(on:[^]*?)^```$/m.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '?';
    expect(stdout.slice(stdout.indexOf('\non: ') + 1)).toBe(shown);
    expect(setup([...MANAGED, '--user', 'shop']).stdout).toContain('          username: shop\n');
  });
});

describe('host/cloud-init.yaml', () => {
  const text = readFileSync('host/cloud-init.yaml', 'utf8');

  it('is host/setup.sh, as scripts/cloud-init.sh writes it', () => {
    expect(parse(text)).toMatchObject({
      write_files: [{ content: readFileSync('host/setup.sh', 'utf8') }],
    });
    const directory = mkdtempSync(join(tmpdir(), 'cloud-init-'));
    execFileSync('sh', ['scripts/cloud-init.sh', join(directory, 'out')]);
    expect(readFileSync(join(directory, 'out'), 'utf8')).toBe(text);
    rmSync(directory, { recursive: true });
  });

  it('fits into the 16 KiB that EC2 takes', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(16_384);
  });
});
