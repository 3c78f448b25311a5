import { type Change, replacing, type StackDefinition, together } from '../stacks/stack.js';

/** One kind of change to a stack, each time another one. */
export interface Turn {
  readonly kind: string;
  /** Whether the backend tells `release` from then on. */
  readonly tells: boolean;
  readonly change: (number: number, release: string) => Change;
}

/** Every kind of change to a stack, in the order in which they follow each other. */
export function roundOf({
  name,
  changes: { backend, frontend },
}: StackDefinition): readonly Turn[] {
  const first: Turn = { kind: 'backend', tells: true, change: (_, release) => backend(release) };
  if (name === 'tiny') return [first, ...TINY];
  if (frontend === undefined) throw new Error(`No round of changes is known for ${name}`);
  return [
    first,
    { kind: 'frontend', tells: false, change: (_, release) => frontend(release) },
    {
      kind: 'both',
      tells: true,
      change: (_, release) => together(backend(release), frontend(release)),
    },
    ...RESEE,
  ];
}

const RESEE: readonly Turn[] = [
  {
    kind: "a task's code",
    tells: false,
    change: (number) =>
      replacing(
        'backend/reviews/tasks.py',
        /KEPT_SNAPSHOTS = \d+/,
        `KEPT_SNAPSHOTS = ${String(100 + number)}`,
      ),
  },
  {
    kind: 'nginx.conf',
    tells: false,
    change: (number) =>
      replacing(
        'nginx/nginx.conf',
        /client_max_body_size \d+m/,
        `client_max_body_size ${String(5 + number)}m`,
      ),
  },
  {
    kind: "beat's definition",
    tells: false,
    change: (number) =>
      replacing(
        'docker-compose.yml',
        /- --pidfile=(\n +- --max-interval=\d+)?/,
        `- --pidfile=\n      - --max-interval=${String(number)}`,
      ),
  },
];

const TINY: readonly Turn[] = [
  {
    kind: "the worker's definition",
    tells: false,
    change: (number) =>
      replacing(
        'docker-compose.yml',
        /\['python', 'worker\.py'.*\]/,
        `['python', 'worker.py', '${String(number)}']`,
      ),
  },
  {
    kind: 'nginx.conf',
    tells: false,
    change: (number) =>
      replacing(
        'nginx/nginx.conf',
        /access_log off;(\n +client_max_body_size \d+m;)?/,
        `access_log off;\n    client_max_body_size ${String(number)}m;`,
      ),
  },
];
