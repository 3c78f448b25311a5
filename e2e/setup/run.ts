/**
 * host/setup.sh on a bare Debian, then the copyable examples on the host that it made. Needs root and
 * the Debian mirror. Run it with `npm run e2e:setup`.
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeBundle } from '../harness/bundle.js';
import { cleanUpOnSignal } from '../harness/signals.js';
import { cacheDirectory, down, type Host, up } from '../host/host.js';
import { asRoot, type Finished, run, runOrThrow } from '../host/process.js';
import { loadedImages } from '../images/loaded.js';
import { type Checks, collectChecks } from '../scenarios/checks.js';
import { deployExamples, type Login } from './examples.js';

const REPOSITORY = 'you/shop';

/** The bare tree, and what host/setup.sh is told in it. */
interface Bare {
  readonly bare: (command: string, ...args: readonly string[]) => Promise<Finished>;
  readonly options: readonly string[];
}

async function main(): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'resee-e2e-setup-'));
  const undos = [
    async () => {
      await run(asRoot(['rm', '-rf', work]));
    },
  ];
  const release = cleanUpOnSignal([
    async () => {
      for (const undo of undos.toReversed()) await undo();
    },
  ]);
  const checks = collectChecks();
  try {
    await proveAll(work, checks, undos);
  } catch (error) {
    checks.that(false, error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    release();
    for (const undo of undos.reverse()) await undo();
  }
  await conclude(checks);
}

async function proveAll(
  work: string,
  checks: Checks,
  undos: (() => Promise<void>)[],
): Promise<void> {
  const key = join(work, 'deploy_key');
  await runOrThrow(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'deploy', '-f', key]);
  const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
  const tree = join(work, 'tree');
  const script = fileURLToPath(new URL('bare.sh', import.meta.url));
  const bare = (command: string, ...args: readonly string[]): Promise<Finished> =>
    run(
      asRoot([
        ...['env', `RESEE_E2E_CACHE=${cacheDirectory()}`, 'bash', script, command, tree],
        ...args,
      ]),
    );
  const options = ['--key', publicKey, '--repository', REPOSITORY, '--swap', '0'];
  const made = await bare('make');
  if (made.code !== 0) throw new Error(made.stderr);
  await provePreparation({ bare, options }, checks);

  const bundle = await takeBundle();
  undos.push(bundle.remove);
  const name = `setup-${String(process.pid)}`;
  undos.push(() => down(name));
  const host = await up({ name, dockerData: await loadedImages('trixie'), tree });
  const fingerprint = await proveReport(host, options, checks);
  const login: Login = { host, key: await readFile(key, 'utf8'), fingerprint };
  await deployExamples(login, { action: bundle.directory, repository: REPOSITORY }, checks);
}

/** Dry run, run, second run; then the tree is one that boots. */
async function provePreparation({ bare, options }: Bare, checks: Checks): Promise<void> {
  const before = await stateOf(bare);
  const dry = await bare('setup', '--dry-run', ...options);
  checks.equal(dry.code, 0, 'the exit code of the dry run');
  checks.equal(await stateOf(bare), before, 'what the dry run left');

  const startedAt = performance.now();
  const first = await bare('setup', ...options);
  checks.equal(first.code, 0, `the exit code of the first run (${first.stderr.slice(-500)})`);
  // Not all of it has to be done: the engine's package starts the engine by itself.
  const announced = printedChanges(dry);
  const unannounced = printedChanges(first).filter((line) => !announced.includes(line));
  checks.equal(unannounced, [], 'what was changed and not announced by the dry run');
  checks.that(printedChanges(first).length > 5, 'a bare host needs changes');
  console.log(`prepared in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);

  const prepared = await stateOf(bare);
  const second = await bare('setup', ...options);
  checks.equal(second.code, 0, 'the exit code of the second run');
  checks.equal(printedChanges(second), [], 'what the second run changes');
  checks.matches(second.stdout, /^Nothing to change/m, 'what the second run says');
  checks.equal(await stateOf(bare), prepared, 'what the second run left');

  const look =
    'docker --version; docker compose version; docker buildx version; id -nG deploy; ' +
    'stat -c "%a %U %n" /home/deploy/.ssh /home/deploy/.ssh/authorized_keys /home/deploy/shop; systemctl is-enabled docker; ' +
    'apt-config dump Unattended-Upgrade::Package-Blacklist';
  const { stdout } = await bare('run', 'sh', '-c', look);
  for (const line of [
    /^Docker version \d+/m,
    /^Docker Compose version v?2\./m,
    /^github.com\/docker\/buildx/m,
    /^deploy docker$/m,
    /^700 deploy \/home\/deploy\/.ssh$/m,
    /^600 deploy \/home\/deploy\/.ssh\/authorized_keys$/m,
    /^755 deploy \/home\/deploy\/shop$/m,
    /^enabled$/m,
    /Package-Blacklist:: "docker";/,
  ]) {
    checks.matches(stdout, line, 'the prepared host');
  }
  const finished = await bare('finish');
  if (finished.code !== 0) throw new Error(finished.stderr);
}

/** The third run, where the engine runs: it has nothing to do, and its fingerprint is the host's. */
async function proveReport(
  host: Host,
  options: readonly string[],
  checks: Checks,
): Promise<string> {
  const text = await readFile(new URL('../../host/setup.sh', import.meta.url), 'utf8');
  const quoted = [...options, '--host', host.address].map((word) => `'${word}'`).join(' ');
  const printed = await host.ask(`sh -s -- ${quoted}`, { user: 'root', stdin: text });
  checks.matches(printed, /^Nothing to change/m, 'the run on the booted host');
  checks.that(
    printed.includes(`gh secret set DEPLOY_HOST --repo ${REPOSITORY} --body ${host.address}`),
    'the secret of the address is printed',
  );
  const fingerprint = /--body (SHA256:\S+)/.exec(printed)?.[1] ?? '';
  checks.equal(fingerprint, host.fingerprint, 'the fingerprint that is printed');
  return fingerprint;
}

function printedChanges({ stdout }: Finished): readonly string[] {
  return stdout.split('\n').filter((line) => line.startsWith('+'));
}

/** Every file with its time and size, but for what each entry into the tree touches. */
async function stateOf(bare: Bare['bare']): Promise<string> {
  const find =
    'find / -xdev -not -path "/proc*" -not -path "/dev*" -not -path /etc/resolv.conf -not -type d -printf "%p %T@ %s %m %U\\n"';
  const { stdout } = await bare('run', 'sh', '-c', `${find} | sort | sha256sum`);
  return stdout;
}

async function conclude(checks: Checks): Promise<void> {
  for (const failure of checks.failures) console.log(`✗ ${failure.replaceAll('\n', '\n    ')}`);
  const failed = checks.failures.length;
  const counts = { passed: checks.made - failed, failed };
  console.log(`\n${String(counts.passed)} passed, ${String(counts.failed)} failed`);
  const file = process.env['RESEE_E2E_REPORT'];
  if (file !== undefined) await writeFile(file, `${JSON.stringify(counts)}\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
