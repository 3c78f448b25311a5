import { RefusedError } from '../errors.js';
import type { Inputs } from '../inputs.js';
import { adoptionProblem } from './adoption.js';
import { clientProblem, engineProblem } from './engine-fitness.js';
import { gitProblem } from './git-fitness.js';
import { envFileProblem } from './env-file.js';
import { complaint, type Problem } from './problem.js';
import { commandLine } from './quote.js';
import { roomProblem } from './room.js';
import { linesOf, type Sections } from './sections.js';

/**
 * Refuses a host or a commit that a release cannot be made of, before anything has changed.
 *
 * @throws RefusedError that says what is missing, and the command that mends it
 */
export function refuseUnfit(sections: Sections, inputs: Inputs, sha: string): void {
  const problem =
    unreachableProblem(sections) ??
    clientProblem(sections) ??
    roomProblem(sections) ??
    engineProblem(sections) ??
    hungProblem(sections) ??
    dockerProblem(sections) ??
    composeProblem(sections) ??
    toolsProblem(sections) ??
    failedProblem(sections) ??
    locksProblem(sections) ??
    directoryProblem(sections, inputs.path) ??
    gitProblem(sections, inputs, sha) ??
    writableProblem(sections) ??
    envFileProblem(sections, inputs.path) ??
    configProblem(sections, inputs) ??
    adoptionProblem(sections, inputs);
  if (problem !== undefined) {
    throw new RefusedError({ where: inputs.connection.host, ...problem });
  }
}

/** Nothing else was looked at. */
function unreachableProblem(sections: Sections): Problem | undefined {
  const [path] = linesOf(sections.get('unreachable'));
  if (path === undefined) return undefined;
  return {
    what: `the file system of ${path} does not answer`,
    next: `Most often it is a mount of a server that is gone. On the host: findmnt -T ${commandLine([path])} tells which one; mount it anew, or umount --lazy it. Nothing was changed.`,
  };
}

/** Whatever else was told: what is missing of it is not known. */
function hungProblem(sections: Sections): Problem | undefined {
  const [, seconds, command] = /^(\d+) (.*)$/.exec(sections.get('unanswered')?.trim() ?? '') ?? [];
  if (seconds === undefined || command === undefined) return undefined;
  return {
    what: `the Docker Engine did not answer within ${seconds} s (docker ${command})`,
    next: 'Nothing was changed. On the host, see why it hangs: sudo journalctl -u docker -n 100; free -m. What mends it: sudo systemctl restart docker, which restarts the containers as well where live-restore is not set.',
  };
}

/** That an engine which fails tells of no container does not mean that there is none. */
function failedProblem(sections: Sections): Problem | undefined {
  const [command] = linesOf(sections.get('failed'));
  if (command === undefined) return undefined;
  return {
    what: `docker ${command} failed while the host was looked at, so what runs there is not known`,
    next: `Nothing was changed: run the workflow again. Where it fails again, on the host, docker ${command} says why; sudo journalctl -u docker -n 100 says more.`,
  };
}

function dockerProblem(sections: Sections): Problem | undefined {
  const said = complaint(sections, 'docker');
  // Docker is asked by it.
  if (
    said === undefined ||
    linesOf(sections.get('tools')).some((tool) => tool.startsWith('timeout'))
  )
    return undefined;
  if (/permission denied/i.test(said)) {
    return {
      what: 'the user may not use Docker',
      next: 'On the host: sudo usermod -aG docker "$USER", then run the workflow again.',
      evidence: said,
    };
  }
  // Of no socket, and of one on which nobody listens.
  if (
    /cannot connect|failed to connect to the docker API|is the docker daemon running/i.test(said)
  ) {
    return {
      what: 'the Docker daemon does not run',
      next: 'On the host: sudo systemctl enable --now docker',
      evidence: said,
    };
  }
  return {
    what: 'Docker Engine is not installed',
    next: 'On the host: sudo dnf install -y docker (Amazon Linux), or sudo apt-get install -y docker.io docker-compose-v2 docker-buildx (Ubuntu); then sudo systemctl enable --now docker && sudo usermod -aG docker "$USER"',
    evidence: said,
  };
}

function composeProblem(sections: Sections): Problem | undefined {
  const version = sections.get('compose')?.trim();
  if (version === undefined) {
    const old =
      sections.get('compose-v1') === undefined
        ? ''
        : ' (docker-compose 1 is there, and is not enough)';
    return {
      what: `the Docker Compose plugin is not installed${old}`,
      next: 'Install Compose v2 as the plugin `docker compose`: https://docs.docker.com/compose/install/linux/ (Amazon Linux does not package it).',
    };
  }
  // From 2.6 on `up` knows `--pull`.
  if (/^v?(?:1|2\.[0-5])\./.test(version)) {
    return {
      what: `Docker Compose ${version} is too old`,
      next: 'Install Compose 2.20 or later: https://docs.docker.com/compose/install/linux/',
    };
  }
  return undefined;
}

function toolsProblem(sections: Sections): Problem | undefined {
  const git = complaint(sections, 'git-version');
  const missing = [...(git === undefined ? [] : ['git']), ...linesOf(sections.get('tools'))];
  if (missing.length === 0) return undefined;
  return {
    what: `the host lacks ${missing.join(', ')}`,
    next: 'On the host: sudo dnf install -y git tar coreutils util-linux procps-ng diffutils findutils (Amazon Linux), or sudo apt-get install -y git tar coreutils util-linux procps diffutils findutils (Debian, Ubuntu).',
  };
}

function locksProblem(sections: Sections): Problem | undefined {
  const said = complaint(sections, 'locks');
  if (said === undefined) return undefined;
  return {
    what: `the state directory ${sections.get('state')?.trim() ?? ''} lies in a file system that bears no locks`,
    next: 'Without locks two deploys could change the stack at once. Where the home directory comes over NFS, start its lock daemon (rpc-statd), or deploy as a user whose home is on a disk of the host.',
    evidence: said,
  };
}

function directoryProblem(sections: Sections, path: string): Problem | undefined {
  const live = linesOf(sections.get('live'));
  if (!sections.has('live') || live.includes('writable')) return undefined;
  return {
    what: `the user may not write to ${path}`,
    next: `On the host: sudo mkdir -p ${path} && sudo chown "$USER" ${path}, or set the input path.`,
  };
}

/** Found before anything is changed: the release could not be finished. */
function writableProblem(sections: Sections): Problem | undefined {
  const directories = linesOf(sections.get('unwritable'));
  if (directories.length === 0) return undefined;
  return {
    what: `the user may not write to ${directories.join(', ')}`,
    next: `Somebody used git or Docker there as root. On the host: sudo chown -R "$USER": ${commandLine(directories)}`,
  };
}

function configProblem(sections: Sections, inputs: Inputs): Problem | undefined {
  const said = complaint(sections, 'config');
  if (said === undefined) return undefined;
  const missing = /env file (\S+) not found|(\S+\.env\S*): no such file/i.exec(said);
  const file = (missing?.[1] ?? missing?.[2])?.split('/').at(-1);
  if (file !== undefined) {
    return {
      what: `the Compose file needs ${file}, which is not on the host`,
      next: `Put it into ${inputs.path} on the host (it holds secrets, so it is not in git), then run the workflow again.`,
      evidence: said,
    };
  }
  const [, unread, line] = /failed to read (\/\S+): (?:line (\d+): )?/.exec(said) ?? [];
  if (unread !== undefined) {
    return {
      what: `Compose cannot read ${unread.split('/').at(-1) ?? ''}${line === undefined ? '' : `, line ${line}`}`,
      next: `A name is followed by =, and a value with blanks, quotes or dollar signs stands between single quotes. On the host, docker compose config --quiet in ${inputs.path} tells more; it may show values, so it is not shown here.`,
      evidence: said,
    };
  }
  if (/^docker compose did not end within /m.test(said)) {
    return {
      what: 'Docker Compose does not come to an end with the Compose file of the commit',
      next: `It waits for a file or for what an include names: a mount or a server that does not answer. On the host, docker compose config in ${inputs.path} waits for the same.`,
      evidence: said,
    };
  }
  const variable = /required variable (\S+) is missing a value/.exec(said)?.[1];
  if (variable !== undefined) {
    return {
      what: `the Compose file needs the variable ${variable}, which is not set on the host`,
      next: `Put it into ${inputs.path}/.env on the host (it holds secrets, so it is not in git), then run the workflow again.`,
      evidence: said,
    };
  }
  if (/no configuration file provided|no such file or directory/i.test(said)) {
    return {
      what: 'the commit has no Compose file where one is expected',
      next: 'Commit a compose.yaml or docker-compose.yml, or name it in compose-files.',
      evidence: said,
    };
  }
  return {
    what: 'Docker Compose refuses the Compose file of the commit',
    next: 'Above it stands what Compose says, without what may be a value. `docker compose config` in a clone of the commit, with the .env of the host beside it, shows all of it.',
    evidence: said,
  };
}
