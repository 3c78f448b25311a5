/**
 * What `npm run e2e` tries where nothing is named: of every kind of promise at least one, in half an hour of a slow
 * machine with two cores. `npm run e2e -- --all` tries the others as well.
 */
export const CORE: ReadonlySet<string> = new Set([
  // Every kind of change, on the whole stack of the example.
  'resee/first-deploy',
  'resee/unchanged',
  'resee/backend-change',
  'resee/both-change',
  'resee/task-in-flight',
  // Releases that are bad.
  'resee/never-ready',
  'resee/fails-after-cutover',
  'resee/migration-fails',
  'tiny/fails-its-health-path',
  'tiny/needs-the-old-release',
  'tiny/proxy-config-broken',
  // What does not reach the host.
  'resee/red-needs',
  'resee/wrong-branch',
  'resee/unpinned-host',
  'resee/first-deploy-without-env',
  'tiny/superseded',
  'tiny/force-pushed',
  'tiny/local-change-refused',
  'tiny/port-held',
  'tiny/data-change',
  'tiny/proxy-change',
  // Stacks as other people write them.
  'resee/adoption',
  'tiny/proxy-config-change',
  'tiny/idle-change',
  'tiny/left-out',
  'tiny/update-order',
  'tiny/anonymous-volumes',
  'replicas/two-deploys',
  'readonly/own-database',
  'files/two-deploys',
  'caddy/two-deploys',
  'traefik/two-deploys',
  'ssr/two-deploys',
  'direct/accepted-gap',
  'tunnel/through-a-tunnel',
  'tiny/swarm',
  // Operations and inputs.
  'tiny/plan-only',
  'tiny/rollback-operation',
  'tiny/env-file',
  'tiny/unusual-inputs',
  'tiny/edge-config',
  'tiny/runner-build',
  'tiny/private-registry',
  // Ways to a host, and who else is on it.
  'tiny/another-login',
  'tiny/jump-host',
  'tiny/proxy-command',
  'tiny/secrets',
  'tiny/secrets-of-bad-runs',
  'tiny/hostile-clone',
  'tiny/hostile-visitor',
  // Faults.
  'tiny/two-at-once',
  'tiny/cancelled-while-soaking',
  'tiny/disk-full-while-candidate',
  'tiny/runner-lost-while-soaking',
  'tiny/power-lost-finishing',
]);
