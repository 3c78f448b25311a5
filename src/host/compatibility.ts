import { objectOf, textOf } from '../plan/compose/json.js';

/**
 * The project, with the names of the images that its file does not name: in Compose's compatibility mode
 * (COMPOSE_COMPATIBILITY) they are `PROJECT_SERVICE`, else `PROJECT-SERVICE`.
 *
 * @param text a project as Compose has normalised it
 * @param names of images, as Compose gives them; none where it is not in that mode
 */
export function withNamedImages(text: string, names: readonly string[]): string {
  if (names.length === 0) return text;
  const project = objectOf(JSON.parse(text));
  const services = Object.entries(objectOf(project['services'])).map(([name, value]) => {
    const service = objectOf(value);
    const image = `${textOf(project['name']) ?? ''}_${name}`;
    const named = service['image'] === undefined && names.includes(image);
    return [name, named ? { ...service, image } : service] as const;
  });
  return JSON.stringify({ ...project, services: Object.fromEntries(services) });
}
