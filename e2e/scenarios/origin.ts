import { ask } from '../harness/shell.js';
import type { Bed } from './bed.js';

/** The name in the certificate of the example's entrance. */
export const NAME = 'reseeall.com';

/** On the host, beside the stack's directory. */
const CERTIFICATES = '/home/ec2-user/certificates';

/** The inputs with which the example serves HTTPS as well. */
export const WITH_TLS = {
  'compose-files': 'docker-compose.yml, docker-compose.tls.yml',
  variables: `TLS_DIRECTORY=${CERTIFICATES}`,
} as const;

/** And nobody but the edge gets in. */
export const EDGE_ALONE = {
  ...WITH_TLS,
  'compose-files': `${WITH_TLS['compose-files']}, docker-compose.edge.yml`,
} as const;

export interface OriginCertificate {
  readonly key: string;
  readonly certificate: string;
  /** Who vouches for the edge, where only the edge is let in. */
  readonly edgeAuthority?: string;
}

/** Puts the files where docker-compose.tls.yml mounts them; nginx reads them when it starts or reloads. */
export async function placeOriginCertificate(
  bed: Bed,
  { key, certificate, edgeAuthority = '' }: OriginCertificate,
): Promise<void> {
  const script = `
mkdir -p "$1"
printf %s "$2" >"$1/origin.key"
printf %s "$3" >"$1/origin.pem"
printf %s "$4" >"$1/authenticated_origin_pull_ca.pem"`;
  await ask(bed.host, script, { args: [CERTIFICATES, key, certificate, edgeAuthority] });
}
