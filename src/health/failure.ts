import { DeployError } from '../errors.js';
import { codeOf } from '../ssh/error-code.js';
import { SessionLostError } from '../ssh/lost.js';

/** Why a request got no answer. */
export interface HttpFailure {
  readonly kind: FailureKind;
  /** For people. */
  readonly message: string;
  readonly durationMs: number;
}

export type FailureKind =
  | 'refused'
  | 'timeout'
  /** The connection was closed or reset before the answer was complete. */
  | 'reset'
  | 'unreachable'
  | 'unknown-name'
  | 'tls'
  /** What came back is no HTTP. */
  | 'not-http'
  /** sshd on the deploy host lets nobody connect through it, or has no room for it just now. */
  | 'forbidden'
  /** We gave up ourselves. */
  | 'aborted'
  /** Our own connection to the deploy host broke; it says nothing about the site. */
  | 'lost';

const kindByCode: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unknown-name',
  EAI_AGAIN: 'unknown-name',
  EMFILE: 'forbidden',
};

/** Sorts what a request was rejected with. */
export function failureOf(error: unknown, durationMs: number): HttpFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: kindOf(error), message, durationMs };
}

function kindOf(error: unknown): FailureKind {
  if (error instanceof SessionLostError) return 'lost';
  if (error instanceof DeployError) return 'forbidden';
  const code = codeOf(error) ?? '';
  const known = kindByCode[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'not-http';
  if (/^(ERR_(TLS|SSL)|CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|EPROTO)/.test(code)) return 'tls';
  return 'reset';
}
