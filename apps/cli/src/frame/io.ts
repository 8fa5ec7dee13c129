/**
 * The streams and settings a command works with. Results go to `out`, everything else to `note`: scripts read the first.
 */
export interface Io {
  /** Text, or the UTF-8 of one. */
  out(text: string | Uint8Array): void;
  note(text: string): void;
  /** One line about work in progress, in place of the last such line; shown on a terminal only. No text clears it. */
  progress(text?: string): void;
  readonly stdin: () => Promise<Uint8Array>;
  /** Columns of the terminal, or undefined where results do not go to one. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** Aborted by Ctrl-C: long work stops, says what it knows so far, and exits 130. */
  readonly signal: AbortSignal;
}

/** What a command ends with: the answer is good, the answer is bad, the question could not be answered, interrupted. */
export const EXIT = { good: 0, bad: 1, unanswered: 2, interrupted: 130 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];
