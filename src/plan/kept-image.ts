/** A component of an image's name, as Docker takes it: `Web_` is none. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/**
 * The reference by which a release keeps the image of a service. A name that no image may have is written in
 * hexadecimal digits, below a component of its own, so that no two services share a reference.
 */
export function keptReference(project: string, service: string, sha: string): string {
  return `resee/${component(project)}/${component(service)}:${sha.slice(0, 12)}`;
}

function component(name: string): string {
  return COMPONENT.test(name) ? name : `x/${Buffer.from(name, 'utf8').toString('hex')}`;
}
