import type { Refusal } from '../refusal.js';
import type { Observation } from '../observation.js';

/** Under another project name Compose starts a second stack, with empty volumes, beside the first. */
export function anotherProject(
  { wanted, live, containers, projects }: Observation,
  { projectNamed }: { readonly projectNamed: boolean },
): readonly Refusal[] {
  if (containers.length > 0 || projectNamed) return [];
  const others = projects.filter(
    ({ name, directory }) =>
      name !== wanted.project && (directory === live.path || directory.startsWith(`${live.path}/`)),
  );
  if (others.length === 0) return [];
  const names = [...new Set(others.map(({ name }) => name))];
  return [
    {
      what: `the containers of ${live.path} belong to the project ${names.join(', ')}, and this deploy is of the project ${wanted.project}: it would start a second stack, with empty volumes, beside the first`,
      next: `To go on with the stack that is there, set project-name: ${names[0] ?? ''}. If a second one is wanted, say so: project-name: ${wanted.project}.`,
    },
  ];
}

/** A stack of another directory that has the same name: Compose would take its containers for those of this one. */
export function foreignProject({ wanted, live, projects }: Observation): readonly Refusal[] {
  const named = projects.filter(({ name }) => name === wanted.project);
  const [other] = named;
  if (other === undefined || named.some(({ elsewhere }) => elsewhere === undefined)) return [];
  const { directory } = other;
  const moved =
    other.elsewhere === 'there'
      ? `move the old directory away: mv ${directory} ${directory}.old`
      : `stop it where it was, which takes its containers away and leaves its volumes: docker compose --project-name ${wanted.project} down`;
  return [
    {
      what: `the containers of the project ${wanted.project} on this host were started from ${directory}, and this deploy is of ${live.path}: it would replace or remove those of another stack`,
      next: `If that is another stack, give this one a name of its own: project-name: ${wanted.project}-2, say. If it is this stack, set path: ${directory}; or, where it moved to ${live.path}, ${moved}`,
    },
  ];
}
