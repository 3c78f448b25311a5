import * as core from '@actions/core';
import { DeployError } from '../errors.js';
import type { Outcome } from './outcome.js';

/** The texts that nothing of a run may show. */
export interface Hidden {
  /** Tells the runner, which hides the text in the log. */
  hide(text: string): void;
  /** The same error without them: files and outputs are not the log, and the runner changes nothing there. */
  redact(error: DeployError): DeployError;
  /** What summary, report and outputs are written from, without them in any text of it. */
  redactOutcome(outcome: Outcome): Outcome;
  /** Lines that the summary shows as they are. */
  redactLines(lines: readonly string[]): readonly string[];
}

/**
 * Names and ids that somebody's workflow may compare, and that no value of a file of variables ever becomes: keys of the
 * Compose file, what the engine and git have made, and addresses that the workflow itself gives.
 */
const IDENTITIES: ReadonlySet<string> = new Set([
  ...['result', 'startedAt', 'sha', 'previousSha', 'url', 'address', 'project'],
  ...['kind', 'verb', 'part', 'to', 'change', 'action', 'role', 'ifSame', 'proxyKind'],
  ...['service', 'bases', 'caller', 'proxyService'],
  ...['proxy', 'container', 'id', 'ids', 'incumbents', 'staying', 'dead', 'retire'],
  ...['imageId', 'oldImageId', 'oldImage', 'newImage'],
]);

export function createHidden(): Hidden {
  const texts = new Set<string>();
  const redactText = (text: string): string =>
    // The longest first: one may be a part of another.
    [...texts]
      .sort((one, other) => other.length - one.length)
      .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const redact = ({ what, where, next, evidence, cause }: DeployError): DeployError =>
    new DeployError({
      what: redactText(what),
      next: redactText(next),
      cause,
      ...(where === undefined ? {} : { where: redactText(where) }),
      ...(evidence === undefined ? {} : { evidence: redactText(evidence) }),
    });
  return {
    hide: (text) => {
      core.setSecret(text);
      texts.add(text);
    },
    redact,
    redactOutcome: ({ error, services, ...rest }) => ({
      ...withTexts(rest, redactText),
      // By the names of the services.
      services,
      error: error === undefined ? undefined : redact(error),
    }),
    redactLines: (lines) => lines.map(redactText),
  };
}

/** Fields that count by what was said. */
const COUNTS: ReadonlySet<string> = new Set(['failures', 'uncounted']);

/** The same value with each text in it changed; identities stay. */
function withTexts<T>(value: T, change: (text: string) => string): T;
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each: unknown) => withTexts(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]: [string, unknown]) => [
      name,
      COUNTS.has(name)
        ? withNames(each, change)
        : isIdentity(name, each)
          ? each
          : withTexts(each, change),
    ]),
  );
}

function withNames(counts: unknown, change: (text: string) => string): unknown {
  if (typeof counts !== 'object' || counts === null) return counts;
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]: [string, unknown]) => [change(name), count]),
  );
}

/** `services` are names where they are a list of texts, and definitions of what becomes of each elsewhere. */
function isIdentity(name: string, value: unknown): boolean {
  if (name !== 'services') return IDENTITIES.has(name);
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
