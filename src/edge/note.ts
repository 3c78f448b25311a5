/** Something about the edge that the log and the summary tell. */
export interface EdgeNote {
  readonly kind: 'done' | 'planned' | 'warning';
  readonly text: string;
}

export type TellNote = (note: EdgeNote) => void;
