import { randomUUID } from 'node:crypto';
import * as core from '@actions/core';
import type { Log } from '../log.js';
import { coloursOnly } from './terminal.js';

/** A log that also has a last word: the one annotation of a failed run. */
export interface ActionsLog extends Log {
  /** Prints the annotation and marks the job as failed. `title` is one line. */
  fail(title: string, message: string): void;
  /** Lets the runner obey commands again; to be called before anything else writes to stdout. */
  close(): void;
}

/**
 * A log in the format of the Actions runner. A line from the host, or one of ours that quotes the
 * host, is never obeyed as a workflow command: such lines are written between `::stop-commands::`
 * with a random token and that token. Colours stay as they came; nothing else does that a terminal obeys.
 */
export function actionsLog(): ActionsLog {
  let resumeToken: string | undefined;
  let depth = 0;

  const resume = (): void => {
    if (resumeToken === undefined) return;
    core.info(`::${resumeToken}::`);
    resumeToken = undefined;
  };
  const remote = (line: string): void => {
    if (resumeToken === undefined) {
      // A new token each time: one that was in the log once could be printed by the host.
      resumeToken = randomUUID();
      core.info(`::stop-commands::${resumeToken}`);
    }
    core.info(coloursOnly(line));
  };
  const info = (said: string): void => {
    const line = coloursOnly(said);
    if (looksLikeCommand(line)) {
      remote(line);
      return;
    }
    resume();
    core.info(line);
  };
  /** The runner folds one level: an inner group is a heading inside the outer one. */
  const group = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    resume();
    const outermost = depth === 0;
    depth += 1;
    if (outermost) core.startGroup(coloursOnly(title));
    else info(`▸ ${title}`);
    try {
      return await work();
    } finally {
      depth -= 1;
      resume();
      if (outermost) core.endGroup();
    }
  };

  return {
    info,
    remote,
    group,
    warn: (line) => {
      resume();
      core.warning(coloursOnly(line));
    },
    debug: (line) => {
      resume();
      core.debug(coloursOnly(line));
    },
    fail: (title, message) => {
      resume();
      core.error(coloursOnly(message), { title: coloursOnly(title) });
      process.exitCode = core.ExitCode.Failure;
    },
    close: resume,
  };
}

/**
 * Would the runner take a line of this text for a command? It reads `::command::` at the start of a
 * line and `##[command]` anywhere in it, and a lone carriage return ends a line for it.
 */
function looksLikeCommand(text: string): boolean {
  return text
    .split(/\r\n|\r|\n/)
    .some((line) => line.trimStart().startsWith('::') || line.includes('##['));
}
