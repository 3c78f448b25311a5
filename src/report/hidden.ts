import * as core from '@actions/core';
import { DeployError } from '../errors.js';

/** The texts that nothing of a run may show. */
export interface Hidden {
  /** Tells the runner, which hides the text in the log. */
  hide(text: string): void;
  /** The same error without them: files and outputs are not the log, and the runner changes nothing there. */
  redact(error: DeployError): DeployError;
}

export function createHidden(): Hidden {
  const texts = new Set<string>();
  const redactText = (text: string): string =>
    // The longest first: one may be a part of another.
    [...texts]
      .sort((one, other) => other.length - one.length)
      .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return {
    hide: (text) => {
      core.setSecret(text);
      texts.add(text);
    },
    redact: ({ what, where, next, evidence, cause }) =>
      new DeployError({
        what: redactText(what),
        next: redactText(next),
        cause,
        ...(where === undefined ? {} : { where: redactText(where) }),
        ...(evidence === undefined ? {} : { evidence: redactText(evidence) }),
      }),
  };
}
