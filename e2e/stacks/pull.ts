import { readFile } from 'node:fs/promises';
import { ask } from '../harness/shell.js';
import type { Host } from '../host/host.js';
import { app } from './small.js';
import { replacing, type Stack } from './stack.js';

const IMAGE = 'registry.example.com:5000/team/app';

/** Images that are there already, under a new tag each release; templates of nginx; an external network. */
export const pull: Stack = {
  ...app,
  name: 'pull',
  repository: 'org/pull',
  project: 'pulled',
  source: new URL('./pull/', import.meta.url),
  placed: {},
  services: { nginx: 1, app: 1, tasks: 3 },
  kept: ['nginx'],
  inputs: { 'health-url': 'http://localhost/', build: 'none' },
  changes: {
    backend: (release) => replacing('compose.yml', /team\/app:\w+/g, `team/app:${release}`),
  },
  arrange: async (host, release) => {
    await ask(
      host,
      'docker network inspect company_public >/dev/null 2>&1 || docker network create company_public',
    );
    await buildImage(host, `${IMAGE}:${release}`, release);
  },
  tellsHeader: {
    change: replacing('templates/default.conf.template', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

/** Stands for `docker pull`: no registry can be reached from the host. */
async function buildImage(host: Host, image: string, release: string): Promise<void> {
  const source = await readFile(new URL('./app/server.py', import.meta.url), 'utf8');
  const worker = await readFile(new URL('./app/worker.py', import.meta.url), 'utf8');
  await ask(host, BUILD, { args: [image, release, source, worker] });
}

const BUILD = `
directory=$(mktemp -d)
printf '%s\\n' "$2" >"$directory/RELEASE"
printf '%s' "$3" >"$directory/server.py"
printf '%s' "$4" >"$directory/worker.py"
printf 'FROM python:3.13-slim\\nWORKDIR /srv\\nCOPY . .\\nCMD ["python", "server.py"]\\n' >"$directory/Dockerfile"
docker build -q -t "$1" "$directory"
rm -rf "$directory"
`;
