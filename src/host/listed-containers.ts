import type { ComposeProject, HeldName } from '../plan/host-facts.js';
import { linesOf, type Sections } from './sections.js';

/** A container on the host, of whatever project, as `docker ps` lists it. */
export interface ListedContainer {
  /** Empty where Compose has not made it, whatever its image was built for. */
  readonly project: string;
  /** Where the project was started from. */
  readonly directory: string;
  /** The Compose files that it was created from, with commas between them. */
  readonly files: string;
  /** Made by `docker compose run`. */
  readonly oneOff: boolean;
  readonly running: boolean;
  readonly name: string;
  /** What it publishes: `0.0.0.0:80->80/tcp, [::]:80->80/tcp`. */
  readonly ports: string;
}

export function listedContainers(sections: Sections): readonly ListedContainer[] {
  return linesOf(sections.get('listed')).map((line) => {
    const [
      labelled = '',
      directory = '',
      files = '',
      oneOff = '',
      status = '',
      name = '',
      ports = '',
    ] = line.split('\t');
    const running = /^(?:Up|Restarting)\b/.test(status);
    // What is run by hand of an image that Compose has built has the labels of that.
    const project = oneOff === '' ? '' : labelled;
    return { project, directory, files, oneOff: oneOff === 'True', running, name, ports };
  });
}

/** Each Compose project on the host, once for each directory that it was started from. */
export function composeProjects(sections: Sections): readonly ComposeProject[] {
  const elsewhere = new Set(linesOf(sections.get('elsewhere')));
  const where = (directory: string): ComposeProject['elsewhere'] =>
    (['there', 'hidden'] as const).find((word) => elsewhere.has(`${word} ${directory}`));
  const made = listedContainers(sections).filter(({ project }) => project !== '');
  const projects = new Map(
    made.map(({ project: name, directory }) => [
      `${name}=${directory}`,
      { name, directory, elsewhere: where(directory) },
    ]),
  );
  return [...projects.values()];
}

/** The names that containers have. Those of links, which have a slash, are none of their own. */
export function heldNames(sections: Sections): readonly HeldName[] {
  return listedContainers(sections).flatMap(({ name: names, project }) =>
    names
      .split(',')
      .filter((name) => name !== '' && !name.includes('/'))
      .map((name) => ({ name, project })),
  );
}
