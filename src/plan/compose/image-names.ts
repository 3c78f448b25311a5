/**
 * A reference as Docker prints it: `docker.io/library/redis:latest` is `redis`, `ghcr.io/me/app:1@sha256:…` is
 * `ghcr.io/me/app@sha256:…`. Source: github.com/distribution/reference, "familiar names".
 */
export function familiarName(reference: string): string {
  const [name = '', digest] = reference.split('@');
  const short = name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  return digest === undefined
    ? short.replace(/:latest$/, '')
    : `${short.replace(/:[^:/]+$/, '')}@${digest}`;
}

/** The name without a tag or a digest: `ghcr.io/me/app`. */
export function repositoryOf(reference: string): string {
  return familiarName(reference)
    .replace(/@.*$/, '')
    .replace(/:[^:/]+$/, '');
}

const PROXY_IMAGE =
  /(?:^|\/)(?:nginx|nginx-unprivileged|openresty|caddy|traefik|haproxy|envoy)(?:[:@]|$)/;

/** True for an image of a proxy as its makers publish it, without an app in it. */
export function isProxyImage(image: string): boolean {
  return PROXY_IMAGE.test(image);
}

/** True where it names one image for good: there is no tag to be moved. */
export function isPinned(reference: string): boolean {
  return reference.includes('@');
}
