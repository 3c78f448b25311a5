/** A component of an image's name, as Docker takes it: `Web_` is none. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/**
 * The reference by which a release keeps the image of a service. A name that no image may have is written in
 * hexadecimal digits, below a component of its own, so that no two services share a reference.
 *
 * @param again tells releases of one commit apart; empty for the first of them
 */
export function keptReference(
  { project, service }: { readonly project: string; readonly service: string },
  sha: string,
  again = '',
): string {
  const tag = again === '' ? sha.slice(0, 12) : `${sha.slice(0, 12)}-${again}`;
  return `resee/${component(project)}/${component(service)}:${tag}`;
}

function component(name: string): string {
  return COMPONENT.test(name) ? name : `x/${Buffer.from(name, 'utf8').toString('hex')}`;
}
