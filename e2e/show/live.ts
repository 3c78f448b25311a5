import type { Progress } from '../load/run-load.js';

/** Shows a deploy while it runs: its phases, the commands that it types on the host, the load. */
export interface Live {
  /** A heading between the parts of the demo. */
  title(text: string): void;
  say(text: string): void;
  /** Takes each line that the action prints. */
  readonly line: (text: string) => void;
  /** Where the load stands is shown with each phase. */
  watch(progress: (() => Progress | undefined) | undefined): void;
}

const WIDTH = 110;
const PHASE_WIDTH = 56;

export function showLive(print: (text: string) => void): Live {
  const beganAt = performance.now();
  let progress: (() => Progress | undefined) | undefined;
  const clock = (): string => {
    const seconds = (performance.now() - beganAt) / 1000;
    return `${seconds.toFixed(1).padStart(6)} s`;
  };
  return {
    title: (text) => {
      print(`\n${bold(text)}`);
    },
    say: (text) => {
      print(`${clock()}  ${text}`);
    },
    watch: (next) => {
      progress = next;
    },
    line: (text) => {
      const phase = /^::group::(.*)$/.exec(text)?.[1];
      const failure = /^::error(?: .*?)?::(.*)$/.exec(text)?.[1];
      if (phase !== undefined)
        print(`${clock()}  ▸ ${shortened(phase)} ${dim(loadOf(progress?.()))}`);
      else if (failure !== undefined)
        print(`${clock()}  ${failure.replaceAll('%0A', '\n           ')}`);
      else if (text.startsWith('$ ')) print(dim(`            ${text.slice(0, WIDTH)}`));
    },
  };
}

function shortened(phase: string): string {
  const text = phase.length > PHASE_WIDTH ? `${phase.slice(0, PHASE_WIDTH - 1)}…` : phase;
  return text.padEnd(PHASE_WIDTH);
}

function loadOf(progress: Progress | undefined): string {
  if (progress === undefined) return '';
  const { sent, failed, release } = progress;
  const answers = release === undefined ? '' : `, ${release} answers`;
  return `${String(sent)} requests, ${String(failed)} failed${answers}`;
}

const bold = (text: string): string => paint(1, text);
const dim = (text: string): string => paint(2, text);

function paint(code: number, text: string): string {
  return process.stdout.isTTY && text !== '' ? `\u001b[${String(code)}m${text}\u001b[0m` : text;
}
