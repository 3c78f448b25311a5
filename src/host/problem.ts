import type { Sections } from './sections.js';

/** Why a host or a commit cannot be deployed to or from. */
export interface Problem {
  readonly what: string;
  readonly next: string;
  readonly evidence?: string;
}

/** What a command said that failed, by the name of its section. */
export function complaint(sections: Sections, name: string): string | undefined {
  return sections.get(`${name}.err`)?.trim();
}
