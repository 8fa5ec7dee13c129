/** Who ran. */
export interface Task {
  readonly pid: number;
  readonly comm: string;
}

/**
 * What the kernel's five columns of flags tell of the moment of an event: a dot each where nothing is to be told.
 *
 * @see linux Documentation/trace/ftrace.rst
 */
export interface Circumstances {
  /** `d` off, `D` off with bottom halves off, `b` bottom halves off only. */
  readonly irqs?: "d" | "D" | "b";
  /** `N` both, `n` need_resched, `p` preempt. */
  readonly resched?: "N" | "n" | "p";
  readonly context?: "Z" | "z" | "H" | "h" | "s";
  readonly preemptDepth?: number;
  readonly migrateDepth?: number;
}

interface Moment {
  readonly core: number;
  /** Nanoseconds. */
  readonly time: number;
  readonly task: Task;
  readonly circumstances?: Circumstances;
}

/** One thing that was recorded. */
export type TraceEntry =
  /** A traced function was entered, and if that is known at which address, and where its caller goes on. */
  | (Moment & {
      readonly kind: "function";
      readonly name: string;
      readonly parent: string;
      readonly ip?: number;
      readonly parentIp?: number;
    })
  /** A function of the graph was entered, or left after `duration` nanoseconds; `depth` counts from 0. */
  | (Moment & { readonly kind: "entry"; readonly name: string; readonly depth: number })
  | (Moment & { readonly kind: "exit"; readonly name: string; readonly depth: number; readonly duration: number })
  /** A trace event, with its text. */
  | (Moment & { readonly kind: "event"; readonly name: string; readonly text: string })
  /** Who called whom when it was recorded, the innermost function first. */
  | (Moment & { readonly kind: "stack"; readonly frames: readonly string[]; readonly addresses?: readonly number[] })
  /** A line that a program or a tracer wrote. */
  | (Moment & { readonly kind: "mark"; readonly text: string });

/** A recording: entries in the order of their times. */
export interface Recording {
  /** `function`, `function_graph`, `nop`: what recorded it. */
  readonly tracer: string;
  readonly cores: number;
  readonly entries: Iterable<TraceEntry>;
  /** How many are in `entries`, and how many there were before old ones were overwritten. */
  readonly count: { readonly inBuffer: number; readonly written: number };
}
