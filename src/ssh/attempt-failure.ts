import type { DeployError } from '../errors.js';
import type { HostKeyVerdict } from './host-key.js';

/** Why one attempt to connect failed. */
export type AttemptFailure =
  | { readonly kind: 'dns'; readonly code: string }
  /** The system's code: ECONNREFUSED, EHOSTUNREACH, ECONNRESET, … */
  | { readonly kind: 'network'; readonly code: string }
  /** Nobody answered the TCP connection. */
  | { readonly kind: 'no-answer' }
  /** TCP was there, SSH was not, until the time was over. */
  | { readonly kind: 'ssh-silent' }
  | { readonly kind: 'dropped'; readonly message: string }
  | { readonly kind: 'auth'; readonly methods: readonly string[]; readonly message: string }
  | { readonly kind: 'host-key'; readonly verdict: HostKeyVerdict; readonly key: Buffer }
  | { readonly kind: 'no-host-key-algorithm' }
  /** The program of `proxy-command` ended. */
  | {
      readonly kind: 'proxy-command';
      readonly message: string;
      readonly evidence: string;
      readonly cannotRun: boolean;
    }
  /** sshd on the jump host forbids the way through it. */
  | { readonly kind: 'forwarding-forbidden'; readonly error: DeployError }
  | { readonly kind: 'jump-host-lost' }
  | { readonly kind: 'protocol'; readonly message: string };

/** May the same attempt succeed a moment later? */
export function isTransient(failure: AttemptFailure): boolean {
  switch (failure.kind) {
    case 'network':
    case 'no-answer':
    case 'ssh-silent':
    case 'dropped':
      return true;
    case 'dns':
      // EAI_AGAIN: the resolver had no answer; ENOTFOUND: it said that there is no such name.
      return failure.code === 'EAI_AGAIN';
    case 'proxy-command':
      return !failure.cannotRun;
    case 'forwarding-forbidden':
    case 'jump-host-lost':
    case 'auth':
    case 'host-key':
    case 'no-host-key-algorithm':
    case 'protocol':
      return false;
  }
}

/** For the line that tells of the next attempt. */
export function describeFailure(failure: AttemptFailure): string {
  if (failure.kind === 'proxy-command') return failure.message;
  return 'code' in failure ? `${failure.kind}: ${failure.code}` : failure.kind;
}
