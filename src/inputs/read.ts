import { parseHostHeader, parseHttpUrl } from './addresses.js';
import { readCloudflare } from './cloudflare.js';
import { readConnection } from './connection.js';
import { readEnvFile } from './env-file.js';
import type { Environment } from './environment.js';
import { parseRequirements, parseServiceCommands, SERVICE_NAME } from './lines.js';
import { isGated, OPERATIONS } from './operations.js';
import type { InputProblem } from './problem.js';
import { inputReader, unknownInputs, type InputReader } from './reader.js';
import { parseRegistries } from './registries.js';
import {
  parseBranch,
  parseReleaseSha,
  parseRepository,
  parseSha,
  parseStackPath,
  tokenServer,
  type Repository,
} from './source.js';
import type {
  ComposeInputs,
  GateInputs,
  HealthInputs,
  Inputs,
  OperationName,
  SourceInputs,
} from './types.js';
import { readVariables } from './variables.js';
import { parseBoolean, parseDuration, parseEnum, parseInteger, parseNames } from './values.js';

/** Never shown in a problem. */
const SECRETS = [
  'key',
  'passphrase',
  'jump-key',
  'jump-passphrase',
  'token',
  'registries',
  'env-file',
  'cloudflare-api-token',
] as const;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const NEEDS_LINE = '`needs: ${{ toJSON(needs) }}`';

/**
 * Strings to Inputs. Promises to report every problem at once, and to show no secret in any of them.
 * `get` answers '' for an input that isn't set; `environment` is read for the server, the repository
 * and the commit of this run, and for inputs that don't exist.
 */
export function readInputs(
  get: (name: string) => string,
  environment: Environment,
): { readonly inputs: Inputs } | { readonly problems: readonly InputProblem[] } {
  const reader = inputReader(get, SECRETS);
  const operation = reader.take('operation', parseEnum(OPERATIONS), 'deploy');
  judgeCombinations(reader, operation);
  const hour = { min: SECOND_MS / 10, max: HOUR_MS };
  const lasting = parseDuration(hour, 'no zero');
  const lastingOrNone = parseDuration(hour, 'zero means something');
  const connection = readConnection(reader, get);
  const repository = readRepository(reader, environment);
  const inputs: Inputs = {
    connection,
    path: readPath(reader, connection.username, repository.name),
    source: readSource(reader, environment, repository),
    gate: readGate(reader, operation),
    compose: readCompose(reader),
    envFile: readEnvFile(reader, get('env-file'), operation),
    preDeploy: reader.take('pre-deploy', parseServiceCommands, []),
    postDeploy: reader.take('post-deploy', parseServiceCommands, []),
    health: readHealth(reader),
    readyTimeoutMs: reader.take('ready-timeout', lasting, 0),
    soakMs: reader.take('soak', lastingOrNone, 0),
    drainTimeoutMs: reader.take('drain-timeout', lastingOrNone, 0),
    probeIntervalMs: reader.take(
      'probe-interval',
      parseDuration({ min: 10, max: 60 * SECOND_MS }, 'zero means something'),
      0,
    ),
    allowDowntime: reader.take('allow-downtime', parseBoolean, false),
    allowDataChanges: reader.take('allow-data-changes', serviceNames, []),
    lockTimeoutMs: reader.take(
      'lock-timeout',
      parseDuration({ min: SECOND_MS / 10, max: 6 * HOUR_MS }, 'zero means something'),
      0,
    ),
    keepReleases: reader.take('keep-releases', parseInteger({ min: 1, max: 50 }), 1),
    operation,
    rollbackTo: reader.takeOptional('rollback-to', parseReleaseSha),
    environment: reader.takeOptional('environment', (text) =>
      /^[^\p{Cc}]{1,255}$/u.test(text)
        ? { value: text }
        : { allowed: 'allowed is the name of an environment, at most 255 characters' },
    ),
    url: reader.takeOptional('url', parseHttpUrl)?.href,
    cloudflare: readCloudflare(reader, environment, operation),
  };
  const problems = [...reader.problems, ...unknownInputs(environment)];
  return problems.length === 0 ? { inputs } : { problems };
}

/** What excludes each other comes first: the values of a wrong combination matter less. */
function judgeCombinations(reader: InputReader, operation: OperationName): void {
  if (reader.text('rollback-to') !== '' && operation !== 'rollback') {
    reader.complain(
      'rollback-to',
      `only \`operation: rollback\` goes back to a release, and \`operation\` is \`${operation}\``,
      reader.text('rollback-to'),
    );
  }
  if (reader.text('needs') === 'none' && reader.text('require-outputs') !== '') {
    reader.complain('require-outputs', `with \`needs: none\` no output is seen; use ${NEEDS_LINE}`);
  }
  const strict = ['true', 'True', 'TRUE'].includes(reader.text('strict-host-key-checking'));
  for (const pin of ['host-fingerprint', 'known-hosts'] as const) {
    if (!strict && reader.text(pin) !== '') {
      reader.complain(
        pin,
        'with `strict-host-key-checking: false` it would be ignored; remove one of the two',
      );
    }
  }
}

function readRepository(reader: InputReader, environment: Environment): Repository {
  const nothing = { repository: '', remoteUrl: '', name: '' };
  const parse = parseRepository(environment);
  return reader.take(
    'repository',
    (text) => parse(text === '' ? (environment['GITHUB_REPOSITORY'] ?? '') : text),
    nothing,
  );
}

function readSource(
  reader: InputReader,
  environment: Environment,
  { repository, remoteUrl }: Repository,
): SourceInputs {
  const branch = reader.take('branch', parseBranch, '');
  const token = reader.takeOptional('token', (value) => ({ value }));
  return {
    repository,
    remoteUrl,
    branch,
    ref: `refs/heads/${branch}`,
    sha: readSha(reader, environment),
    token,
    tokenFor: tokenServer(remoteUrl, token, environment),
  };
}

function readPath(reader: InputReader, username: string, repositoryName: string): string {
  // A wrong repository has been told already; its missing name is no second problem.
  if (repositoryName === '' && reader.text('path') === '') return '';
  const parse = parseStackPath(username);
  return reader.take('path', (text) => parse(text === '' ? `~/${repositoryName}` : text), '');
}

function readSha(reader: InputReader, environment: Environment): string {
  return reader.take(
    'sha',
    (text) => parseSha(text === '' ? (environment['GITHUB_SHA'] ?? '') : text),
    '',
  );
}

function readGate(reader: InputReader, operation: OperationName): GateInputs {
  const needs = reader.text('needs');
  if (needs === '' && isGated(operation)) {
    reader.complain(
      'needs',
      `it is required, so that only a commit that passed its tests goes out: ${NEEDS_LINE}, ` +
        'or `none` to say out loud that there is no gate',
    );
  }
  return { needs, requireOutputs: reader.take('require-outputs', parseRequirements, []) };
}

const serviceNames = parseNames(SERVICE_NAME, 'allowed are names of Compose services');

function readCompose(reader: InputReader): ComposeInputs {
  return {
    files: reader.take(
      'compose-files',
      parseNames(
        /^(?!\/)(?!~)(?!-)(?!(.*\/)?\.\.(\/|$))[^\p{Cc}:]+$/u,
        'allowed are paths relative to the root of the repository, and inside it',
      ),
      [],
    ),
    projectName: reader.takeOptional('project-name', (text) =>
      /^[a-z0-9][a-z0-9_-]*$/.test(text)
        ? { value: text }
        : { allowed: 'allowed are lower-case letters, digits, `-` and `_`, as Compose takes them' },
    ),
    profiles: reader.take(
      'profiles',
      parseNames(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'allowed are names of Compose profiles'),
      [],
    ),
    services: reader.take('services', serviceNames, []),
    build: reader.take('build', parseEnum(['host', 'pull', 'none', 'runner']), 'host'),
    engine: reader.take('engine', parseEnum(['auto', 'compose', 'swarm']), 'auto'),
    variables: readComposeVariables(reader),
    registries: reader.take('registries', parseRegistries, []),
  };
}

function readComposeVariables(reader: InputReader): ComposeInputs['variables'] {
  const { variables, problems } = readVariables(reader.text('variables'));
  for (const problem of problems) reader.complain('variables', problem);
  return variables;
}

function readHealth(reader: InputReader): HealthInputs {
  const timeout = parseDuration({ min: SECOND_MS / 10, max: HOUR_MS }, 'no zero');
  return {
    url: reader.take('health-url', parseHttpUrl, new URL('http://localhost/')),
    host: reader.takeOptional('health-host', parseHostHeader),
    status: reader.take('health-status', parseInteger({ min: 200, max: 599 }), 200),
    successes: reader.take('health-successes', parseInteger({ min: 1, max: 100 }), 1),
    timeoutMs: reader.take('health-timeout', timeout, 0),
  };
}
