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

/** True where it names one image for good: there is no tag to be moved. */
export function isPinned(reference: string): boolean {
  return reference.includes('@');
}
