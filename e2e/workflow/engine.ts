import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, hostScript } from '../host/host.js';
import { runOrThrow } from '../host/process.js';

/**
 * The environment in which `docker`, its Compose and its buildx on this machine work with the engine
 * of `host`: what the tests of a workflow find on a runner. The client is the one of the hosts' own
 * tree, so it needs no installation and its version is known. `directory` must exist.
 */
export async function dockerClient(
  host: Host,
  directory: string,
): Promise<{ readonly binaries: string; readonly environment: Record<string, string> }> {
  const { stdout } = await runOrThrow(hostScript('tree.sh', host.suite));
  const tree = stdout.trim();
  const binaries = join(directory, 'bin');
  await mkdir(binaries);
  await symlink(join(tree, 'usr', 'bin', 'docker'), join(binaries, 'docker'));
  const plugins = join(tree, 'usr', 'libexec', 'docker', 'cli-plugins');
  await writeFile(
    join(directory, 'config.json'),
    JSON.stringify({ cliPluginsExtraDirs: [plugins] }),
  );
  return {
    binaries,
    environment: {
      DOCKER_CONFIG: directory,
      // The engine's socket, through the root directory of the host's first process.
      DOCKER_HOST: `unix:///proc/${String(host.pid)}/root/run/docker.sock`,
    },
  };
}
