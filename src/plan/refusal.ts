/** Why a plan must not be executed; each is for a person: what, where, what next. */
export interface Refusal {
  readonly what: string;
  readonly next: string;
}
