import { ask } from '../harness/shell.js';
import type { ActionRun } from '../harness/action.js';
import { replacing, together } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import { filesWith } from './left-behind.js';
import type { Scenario } from './scenario.js';

/** What a script could take for an answer, or run. Whatever runs it on the host leaves a file. */
const WORDS = [
  'fence 1 >/tmp/owned; touch /tmp/owned',
  '$(touch /tmp/owned) `touch /tmp/owned`',
  'finished',
  'changed',
  'refused proxy',
  '=$MARK=finished',
  '::error::owned',
].join('\\n');

const SECRET = 'seen-by-no-container-41c8';

interface Kind {
  readonly name: string;
  /** Text of the program that stands in the place of each of the container's own; `$own` is that one. */
  readonly program: string;
}

const KINDS: readonly Kind[] = [
  { name: 'words', program: `printf '${WORDS}\\n'; printf '${WORDS}\\n' >&2; exec "$own" "$@"` },
  { name: 'hangs', program: 'exec sleep 1000' },
  { name: 'floods', program: 'exec head -c 1073741824 /dev/zero' },
];

/** No run takes longer than this, whatever a container does. */
const LONGEST_MS = 360_000;

export const hostileContainer: Scenario = {
  name: 'hostile-container',
  home: 'tiny',
  // Each command in a container that hangs is waited for, up to its limit.
  alone: true,
  stacks: ({ name }) => name === 'tiny',
  reusable: false,
  sentence:
    'a proxy and an app whose programs print our answers, hang or print 1 GiB run nothing on the host, see no secret, and hold no run up for long; titles of processes choose nothing',
  from: 'deployed',
  run: async (bed, checks) => {
    await ask(bed.host, FORGED_TITLES, { user: 'root', args: [bed.place.project] });
    for (const { name, program } of KINDS) {
      await ask(bed.host, REPLACE, { user: 'root', args: [bed.place.project, program] });
      const release = bed.nextRelease();
      const sha = await bed.commit(`Hostile: ${name}`, bed.stack.changes.backend(release));
      const run = await bed.deploy(sha, { inputs: { 'env-file': `PASSWORD='${SECRET}'\n` } });
      bed.note(`${name}: ${run.outputs['result'] ?? '?'} after ${String(run.durationMs)} ms`);
      await checkUnharmed(bed, checks, run, name);
      await ask(bed.host, RESTORE, { user: 'root', args: [bed.place.project] });
    }
    const release = bed.nextRelease();
    const sha = await bed.commit('Well again', bed.stack.changes.backend(release));
    const run = await bed.deploy(sha);
    checks.equal(run.outputs['result'], 'deployed', 'result of the deploy after them');
    checks.equal(await answering(bed), release, 'the release that answers');
    await ask(bed.host, 'pkill -x -u nobody sleep || :', { user: 'root' });
  },
};

async function checkUnharmed(
  bed: Bed,
  checks: Checks,
  run: ActionRun,
  name: string,
): Promise<void> {
  checks.equal(await ask(bed.host, OWNED, { user: 'root' }), '', `${name}: what ran on the host`);
  checks.that(run.durationMs < LONGEST_MS, `${name}: it took ${String(run.durationMs)} ms`);
  const serves = await answering(bed);
  checks.that(
    (run.exitCode === 0) === (run.outputs['result'] === 'deployed'),
    `${name}: exit code ${String(run.exitCode)}, result ${run.outputs['result'] ?? '?'}`,
  );
  checks.that(serves !== undefined, `${name}: a release serves`);
  const shown = [run.log.replace(/^::add-mask::.*$/gm, ''), run.summary, run.report ?? ''].join(
    '\n',
  );
  checks.that(!shown.includes(SECRET), `${name}: the secret is in what the run shows`);
  checks.that(!obeyed(run.log).includes('::error::owned'), `${name}: the runner obeys a container`);
  const files = (await filesWith(bed, SECRET)).split('\n').filter((file) => file !== '');
  const known = new RegExp(
    `^(${bed.place.directory}/\\.env|/home/ec2-user/\\.local/state/resee-deploy/.*)$`,
  );
  // The engine keeps what its containers were given.
  const others = files.filter(
    (file) => !known.test(file) && !/^\/(?:var\/lib|run)\/docker\//.test(file),
  );
  checks.equal(others, [], `${name}: files with the secret`);
  const left = await ask(
    bed.host,
    'ls -A /home/ec2-user/.local/state/resee-deploy/*/scratch 2>/dev/null || :',
  );
  checks.equal(left, '', `${name}: what scripts left`);
}

async function answering(bed: Bed): Promise<string | undefined> {
  const text = await ask(bed.host, 'curl -fsS -m 10 http://localhost/health || :');
  return /"release": ?"([^"]*)"/.exec(text)?.[1];
}

/** Lines that a runner would obey. */
function obeyed(log: string): string {
  let token: string | undefined;
  return log
    .split(/\r\n|\r|\n/)
    .filter((line) => {
      if (token !== undefined) {
        if (line.trim() === `::${token}::`) token = undefined;
        return false;
      }
      token = /^::stop-commands::(.+)$/.exec(line.trim())?.[1];
      return token === undefined && line.trimStart().startsWith('::');
    })
    .join('\n');
}

const OWNED = 'ls -d /tmp/owned /home/ec2-user/owned /root/owned 2>/dev/null || :';

/**
 * A process of the app's, and one of another user of the host, that call themselves the master of an nginx with a
 * program and a configuration of their own.
 */
const FORGED_TITLES = `
cat >/tmp/evil <<'EOS'
#!/bin/sh
touch /tmp/owned
printf '# configuration file /x:\\nhttp { server { location / { proxy_pass http://store:6379; } location /w { proxy_pass http://worker; } } }\\n'
EOS
chmod 755 /tmp/evil
api=$(docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=api)
docker cp /tmp/evil "$api:/tmp/evil"
title='nginx: master process /tmp/evil -c /tmp/*'
docker exec -d "$api" bash -c 'exec -a "$0" sleep 1000' "$title"
setsid setpriv --reuid=nobody --clear-groups bash -c 'exec -a "$0" sleep 1000' "$title /docker/$api" >/dev/null 2>&1 </dev/null &
`;

const PROGRAMS = 'nginx cat grep kill tail';
const EACH_CONTAINER = `
containers=$(docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=proxy
  docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=api)
for container in $containers; do
  for program in ${PROGRAMS}; do
    docker exec -u 0 -e PROGRAM="$program" -e TEXT="\${2-}" "$container" /bin/bash -c "$inside" || :
  done
done
`;
const REPLACE = `
inside='own=$(command -v "$PROGRAM") || exit 0
mv "$own" "$own.own" && printf "#!/bin/bash\\nown=%s\\n%s\\n" "$own.own" "$TEXT" >"$own" && chmod 755 "$own"'
${EACH_CONTAINER}`;
const RESTORE = `
inside='own=$(command -v "$PROGRAM") || exit 0
[ ! -e "$own.own" ] || mv -f "$own.own" "$own"'
${EACH_CONTAINER}`;

/** What a visitor makes the application log. */
const VISITED = [
  '::error::owned by a visitor',
  '\\u0085::error::owned by a visitor',
  '##[error]owned by a visitor',
  '```',
  '# owned by a visitor',
  '``\\u0000`',
  '\\u001b]0;owned\\u0007title',
  '\\u009d52;c;b3duZWQ=\\u009cclipboard',
  '<img src=x onerror=alert(1)>',
  '::stop-commands::owned',
];

export const hostileVisitor: Scenario = {
  name: 'hostile-visitor',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'what a visitor makes a failing release log is shown as text: the runner obeys none of it, the summary formats none of it, a terminal does nothing',
  from: 'deployed',
  run: async (bed, checks) => {
    const lines = VISITED.map((line) => `    print("${line}", flush=True)\n`).join('');
    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      replacing('api/server.py', 'def main():\n', `def main():\n${lines}    raise SystemExit(3)\n`),
    );
    const run = await bed.deploy(await bed.commit('Visited', change), {
      inputs: { 'ready-timeout': '10s' },
    });
    checks.equal(run.exitCode, 1, 'the exit code');
    checks.matches(run.log, /owned by a visitor/, 'the log shows what was logged');
    checks.that(!obeyed(run.log).includes('owned by a visitor'), 'the runner obeys none of it');
    const [escape, c1] = [String.fromCharCode(0x1b), String.fromCharCode(0x9d)];
    const texts = [run.log, run.summary].join('\n');
    checks.that(!texts.includes(`${escape}]`) && !texts.includes(c1), 'no sequence for a terminal');
    checks.that(
      !outsideFences(run.summary).includes('# owned by a visitor'),
      'no heading of theirs',
    );
    checks.that(!outsideFences(run.summary).includes('<img src=x'), 'no element of theirs');
  },
};

/** The lines of a Markdown text that no fence holds. */
function outsideFences(markdown: string): string {
  let fence: string | undefined;
  return markdown
    .split('\n')
    .filter((line) => {
      if (fence !== undefined) {
        if (line.trim() === fence) fence = undefined;
        return false;
      }
      fence = /^(`{3,})text$/.exec(line)?.[1];
      return fence === undefined;
    })
    .join('\n');
}
