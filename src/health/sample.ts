import type { HttpAnswer } from './http.js';
import { isLimit, LIMITED } from './limit.js';
import { releaseOf } from './release.js';

/** One probe that has ended. */
export interface Sample {
  readonly sentAt: number;
  readonly durationMs: number;
  readonly result: SampleResult;
}

export type SampleResult =
  | { readonly kind: 'ok'; readonly release?: string | undefined }
  /** `answered`: the site itself said no, by a status or by refusing the connection. */
  | { readonly kind: 'failed'; readonly why: string; readonly answered: boolean }
  /** It says nothing about the site. */
  | { readonly kind: 'uncounted'; readonly why: string };

/** A time in which our own side stood still. */
export interface Pause {
  readonly from: number;
  readonly until: number;
  readonly why: string;
}

/** What an answer says about the site. */
export type Judge = (answer: HttpAnswer) => SampleResult;

/** Good are these statuses and no other. */
export function byStatus(...statuses: readonly number[]): Judge {
  return (answer) => judge(answer, (seen) => statuses.includes(seen));
}

/** Good is what a visitor can use: also a redirect, which an entrance often gives. */
export const asVisitor: Judge = (answer) => judge(answer, (status) => status < 400);

function judge(answer: HttpAnswer, isGood: (status: number) => boolean): SampleResult {
  switch (answer.kind) {
    case 'response':
      if (isGood(answer.status)) return { kind: 'ok', release: releaseOf(answer) };
      if (isLimit(answer)) {
        return { kind: 'uncounted', why: `${LIMITED} (status ${answer.status})` };
      }
      return { kind: 'failed', why: kindOf(answer), answered: true };
    case 'lost':
      return { kind: 'uncounted', why: 'the SSH connection was lost' };
    case 'forbidden':
      return { kind: 'uncounted', why: 'sshd refused to forward the request' };
    case 'aborted':
      return { kind: 'uncounted', why: 'the run ended before the answer' };
    case 'refused':
      return { kind: 'failed', why: answer.kind, answered: true };
    case 'timeout':
    case 'reset':
    case 'unreachable':
    case 'unknown-name':
    case 'tls':
    case 'not-http':
      return { kind: 'failed', why: answer.kind, answered: false };
  }
}

/** What a failure is counted as. */
export function kindOf(answer: HttpAnswer): string {
  return answer.kind === 'response' ? `status ${answer.status}` : answer.kind;
}

/**
 * The pause that took at least half of the sample's time: without it, the answer might have been
 * another, and would have come sooner.
 */
export function explainedBy(sample: Sample, pauses: readonly Pause[]): Pause | undefined {
  const until = sample.sentAt + sample.durationMs;
  return pauses.find((pause) => {
    const shared = Math.min(until, pause.until) - Math.max(sample.sentAt, pause.from);
    return shared > 0 && shared >= sample.durationMs / 2;
  });
}
