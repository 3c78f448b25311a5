/**
 * Every input of action.yml with the value that an empty one stands for. The runner fills in a
 * default only where the workflow doesn't name the input, so `port: ${{ vars.PORT }}` arrives empty
 * when the variable isn't set. What has no fixed default, or none at all, is empty here.
 */
export const INPUT_DEFAULTS = {
  host: '',
  port: '22',
  username: 'ec2-user',
  key: '',
  passphrase: '',
  'host-fingerprint': '',
  'known-hosts': '',
  'strict-host-key-checking': 'true',
  'jump-host': '',
  'jump-key': '',
  'jump-passphrase': '',
  'jump-host-fingerprint': '',
  'jump-known-hosts': '',
  'proxy-command': '',
  'connect-timeout': '15s',
  path: '',
  repository: '',
  branch: 'main',
  sha: '',
  token: '',
  needs: '',
  'require-outputs': '',
  'compose-files': '',
  'project-name': '',
  profiles: '',
  services: '',
  build: 'host',
  registries: '',
  'pre-deploy': '',
  'post-deploy': '',
  'health-url': 'http://localhost/api/health/',
  'health-host': '',
  'health-status': '200',
  'health-successes': '3',
  'health-timeout': '60s',
  'ready-timeout': '120s',
  soak: '10s',
  'drain-timeout': '30s',
  'probe-interval': '100ms',
  'allow-downtime': 'false',
  'lock-timeout': '10m',
  'keep-releases': '3',
  operation: 'deploy',
  'rollback-to': '',
  environment: '',
  url: '',
} as const;

export type InputName = keyof typeof INPUT_DEFAULTS;

export const INPUT_NAMES: readonly string[] = Object.keys(INPUT_DEFAULTS);
