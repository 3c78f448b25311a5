/**
 * The direction of imports, kept by a tool:
 *
 *   main, post → run → gate, plan, rollout, swarm, report → health, host, edge, images, remote → ssh → words
 *
 * where the words (errors, log, clock) import nothing of ours. A type costs nothing at run time,
 * so where one is only read (`import type`) some edges are allowed that a value may not take.
 */
const words = '^src/(errors|log|clock)\\.ts$';
const inputs = '^src/inputs(\\.ts$|/)';
/** Above all rooms: the files right in src/ that are no words and no inputs. */
const entry = '^src/(?!(errors|log|clock|inputs)\\.ts$)[^/]+\\.ts$';
/** One run from its operation to its end, which joins the other rooms. */
const run = '^src/run/';
/** The nouns of a plan, which the host is read into; what is made of them is no business of the host. */
const nouns =
  '^src/plan/(observation|compose/(addresses|json|stack|compose-config|definition))\\.ts$';
/** The rooms of the plan, in reading order: none imports one that comes after it. */
const planRooms = ['compose', 'proxies', 'roles', 'changes', 'steps', 'refusals'];
const deciding = '^src/(gate|plan|rollout|swarm|report)/';
const machine = '^src/(health|host|edge|images|remote)/';
const value = { dependencyTypesNot: ['type-only'] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle has no first file to read, also one of types.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Imported by nobody and importing nothing: delete it.',
      severity: 'error',
      from: { orphan: true, pathNot: ['^src/index\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'only-runtime-dependencies',
      comment: 'The bundle holds what package.json names under dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'src-stands-alone',
      comment: 'Sources do not import tests, e2e or benchmarks.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(__tests__|e2e|bench|scripts|dist)/' },
    },
    {
      name: 'words-import-nothing',
      severity: 'error',
      from: { path: words },
      to: { path: '.', pathNot: words },
    },
    {
      name: 'inputs-come-first',
      comment: 'What a workflow said is judged before anything is done; ssh reads keys for it.',
      severity: 'error',
      from: { path: inputs },
      to: { path: '^src/', pathNot: [words, inputs, '^src/ssh/'], ...value },
    },
    {
      name: 'inputs-are-read-by-the-entry',
      comment: 'Below it Inputs is the type of an argument. The gate may use the parsers.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: ['^src/gate/', inputs, run] },
      to: { path: inputs, ...value },
    },
    {
      name: 'the-gate-reads-no-inputs',
      severity: 'error',
      from: { path: '^src/gate/' },
      to: { path: '^src/inputs(\\.ts|/read(er)?\\.ts)$', ...value },
    },
    {
      name: 'no-room-imports-the-entry',
      severity: 'error',
      from: { path: ['^src/[^/]+/', words, '^src/inputs\\.ts$'] },
      to: { path: entry },
    },
    {
      name: 'run-joins-the-rooms',
      comment: 'Only the entry knows it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [run, entry] },
      to: { path: run },
    },
    ...planRooms.map((room, index) => ({
      name: `plan-${room}-reads-what-comes-before`,
      severity: 'error',
      from: { path: `^src/plan/${room}/` },
      to: {
        path: `^src/plan/(planner\\.ts$|(${[...planRooms.slice(index + 1), 'none'].join('|')})/)`,
      },
    })),
    {
      name: 'ssh-knows-no-room',
      comment: 'An authenticated connection, and nothing about what it is for.',
      severity: 'error',
      from: { path: '^src/ssh/' },
      to: { path: '^src/', pathNot: ['^src/ssh/', words], ...value },
    },
    {
      name: 'node-ssh-behind-ssh',
      comment: 'One room knows the SSH library.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/ssh/' },
      to: { path: 'node_modules/(node-ssh|(@types/)?ssh2)/' },
    },
    {
      name: 'node-ssh-carries-the-connection',
      comment: 'Of ssh2, which is below it, only types are read.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/(@types/)?ssh2/', ...value },
    },
    {
      name: 'machine-does-not-decide',
      comment: 'What can be asked of the host does not know why it is asked.',
      severity: 'error',
      from: { path: machine },
      to: { path: deciding, pathNot: nouns, ...value },
    },
    {
      name: 'plan-is-pure',
      comment: 'A plan is computed from values: it imports its own files, the words, and types.',
      severity: 'error',
      from: { path: '^src/plan/' },
      to: { path: '^src/', pathNot: ['^src/plan/', '^src/errors\\.ts$'], ...value },
    },
    {
      name: 'plan-does-no-io',
      comment: 'No module of Node or npm that can reach a file, a process, a socket or a clock.',
      severity: 'error',
      from: { path: '^src/plan/' },
      to: {
        dependencyTypes: ['core', 'npm'],
        pathNot: ['^(node:)?(path|path/posix|crypto|util|url)$', 'node_modules/yaml/'],
      },
    },
    {
      name: 'gate-and-report-do-not-roll-out',
      comment:
        'The gate judges before, the report tells after; only the entry joins them. What was shipped is told.',
      severity: 'error',
      from: { path: '^src/(gate|report)/' },
      to: {
        path: ['^src/(rollout|ssh|images|remote)/'],
        pathNot: '^src/images/shipment\\.ts$',
        ...value,
      },
    },
    {
      name: 'gate-knows-no-report',
      severity: 'error',
      from: { path: '^src/gate/' },
      to: { path: '^src/(report|plan)/', ...value },
    },
    {
      name: 'report-knows-no-gate',
      severity: 'error',
      from: { path: '^src/report/' },
      to: { path: '^src/gate/', ...value },
    },
    {
      name: 'rollout-does-not-report',
      comment: 'It returns what happened and logs through Log.',
      severity: 'error',
      from: { path: '^src/(rollout|swarm)/' },
      to: { path: '^src/(report|gate)/', ...value },
    },
    {
      name: 'actions-toolkit-at-the-edge',
      comment: 'Everything else can be tested, and used, without a runner.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/(index|main|post|inputs)\\.ts$', '^src/(gate|report)/'],
      },
      to: { path: 'node_modules/@actions/' },
    },
    {
      name: 'names-say-something',
      comment: 'A file is named after the one thing that it says.',
      severity: 'error',
      from: {},
      to: { path: '^src/.*(utils?|helpers?|manager|common|misc)\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
