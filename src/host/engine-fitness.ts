import type { Problem } from './problem.js';
import { linesOf, type Sections } from './sections.js';

/** What `docker` is on the host: a program that a deploy cannot go through is refused, whatever it says. */
export function clientProblem(sections: Sections): Problem | undefined {
  return snapProblem(sections) ?? podmanProblem(sections);
}

/** What engine it speaks to: one that a deploy cannot work with is refused. */
export function engineProblem(sections: Sections): Problem | undefined {
  return farEngineProblem(sections) ?? rootlessProblem(sections) ?? virtualMachineProblem(sections);
}

/** A snap reads no hidden directory of the home directory, where the staged tree lies, and nothing outside of it. */
function snapProblem(sections: Sections): Problem | undefined {
  if (!/^\/(?:usr\/bin\/snap$|snap\/)/.test((sections.get('docker-program') ?? '').trim()))
    return undefined;
  return {
    what: 'Docker is installed as a snap, which may not read the directories that a deploy works in',
    next: 'Replace it by the package of the distribution. A snap keeps volumes and images of its own, and takes them away with it: copy the data first. Then, on the host: sudo snap remove docker && sudo apt-get install -y docker.io docker-compose-v2 docker-buildx && sudo usermod -aG docker "$USER"',
  };
}

/** The command of podman-docker says its own name; the service of Podman says it where Docker's own command asks. */
function podmanProblem(sections: Sections): Problem | undefined {
  const isEmulated = /^podman/i.test(sections.get('docker-says')?.trim() ?? '');
  if (!isEmulated && !(sections.get('docker') ?? '').includes('"Name":"Podman Engine"'))
    return undefined;
  return {
    what: isEmulated
      ? 'docker on the host is Podman (podman-docker), not Docker'
      : 'docker of this user speaks to Podman, not to the Docker Engine',
    next: 'Podman answers questions about containers, networks and images in other words, so a deploy could not be undone for certain. Install the Docker Engine: https://docs.docker.com/engine/install/ (take away podman-docker first, and DOCKER_HOST where it names podman.sock). Podman may stay beside it; its containers, volumes and images are not those of Docker.',
  };
}

const LOOPBACK =
  /^(?:tcp|https?):\/\/(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\])(?::\d+)?\/?$/;

/** Paths of mounts, networks and processes of containers are looked for on the host itself. */
function farEngineProblem(sections: Sections): Problem | undefined {
  const endpoint = sections.get('endpoint')?.trim() ?? '';
  if (endpoint === '' || endpoint.startsWith('unix://')) return undefined;
  const shown = endpoint.replace(/\/\/[^/]*@/, '//');
  if (!LOOPBACK.test(endpoint)) {
    return {
      what: `docker of this user speaks to another engine than the one of the host: ${shown}`,
      next: 'A deploy works on the host that runs the containers. Make that the input host, or, on the host: docker context use default, and take DOCKER_HOST and DOCKER_CONTEXT out of the environment of the login.',
    };
  }
  const [host, engine] = linesOf(sections.get('engine-name'));
  if (host !== undefined && engine !== undefined && host !== engine) {
    return {
      what: `docker of this user speaks through ${shown} to the engine of another machine: that one calls itself ${engine}, this host is ${host}`,
      next: 'A port of the host may lead elsewhere (a tunnel, a virtual machine). Make the machine that runs the containers the input host, or take DOCKER_HOST and DOCKER_CONTEXT out of the environment of the login, so that docker speaks to the socket of this host.',
    };
  }
  if (!(sections.get('swarm')?.trim() ?? '').startsWith('active')) return undefined;
  return {
    what: `docker of this user reaches the engine by ${shown}, and a Docker Swarm is deployed to by its socket`,
    next: 'Take DOCKER_HOST and DOCKER_CONTEXT out of the environment of the login, so that docker speaks to unix:///var/run/docker.sock.',
  };
}

/** Its containers have a network that the host is not in, and may have no control groups that tell them apart. */
function rootlessProblem(sections: Sections): Problem | undefined {
  if (!(sections.get('engine-security') ?? '').includes('"name=rootless"')) return undefined;
  return {
    what: 'docker of this user speaks to a rootless Docker Engine',
    next: 'The containers of a rootless engine have a network that the host does not reach, so a deploy could not tell whether a new container answers. Install the engine as a service of the system (https://docs.docker.com/engine/install/), then, on the host: docker context use default, take DOCKER_HOST out of the environment of the login, and sudo usermod -aG docker "$USER". It has volumes and images of its own: copy the data first.',
  };
}

function virtualMachineProblem(sections: Sections): Problem | undefined {
  if (!(linesOf(sections.get('engine-name'))[2] ?? '').startsWith('Docker Desktop'))
    return undefined;
  return {
    what: 'docker of this user speaks to Docker Desktop, which runs containers in a virtual machine',
    next: 'Their processes and networks are not those of the host. Install the Docker Engine: https://docs.docker.com/engine/install/, then, on the host: docker context use default.',
  };
}
