/** What a core, or memory, holds at a site at one moment: units as numbers, and what they mean together. */
export interface Contents {
  readonly units: readonly number[];
  readonly text: string;
  /** `fresh`: the newest; `stale`: what was there before; `torn`: parts of both, which never stood in memory together. */
  readonly age: Age;
}

export type Age = "fresh" | "stale" | "torn";

/** A place in code that is written while it may be executed. */
export interface SiteShape {
  readonly address: number;
  readonly isa: string;
  /** Bytes of a fetch unit: 4 in A32, 2 in T32. */
  readonly unitBytes: number;
}

export interface SiteView {
  /** What a load would find: the newest store that has become visible. */
  readonly data: Contents;
  /** What has been cleaned to the point of unification. */
  readonly unified: Contents;
  /** By core, everything that the model lets it execute here now. */
  readonly could: readonly (readonly Contents[])[];
}

export interface CoreView {
  readonly registers: readonly number[];
  /** N, Z, C, V in bits 3 to 0. */
  readonly flags: number;
  readonly views: Readonly<Record<ViewName, number>>;
  readonly pc: number | null;
  readonly inHandler: boolean;
}

export const VIEW_NAMES = ["vF", "vrN", "vwN", "vDN", "vIN", "vrO", "vwO", "vD", "vI", "vDSB", "vCAP"] as const;
type ViewName = (typeof VIEW_NAMES)[number];

/** One line of an execution, and how things are once it has happened. */
export interface Frame {
  readonly core: number;
  readonly event: string;
  readonly detail: string;
  /** How many messages have become visible. */
  readonly visible: number;
  /** What this line executed, where it was at a site. */
  readonly executed?: Contents & { readonly address: number };
  readonly cores: readonly CoreView[];
  readonly sites: readonly SiteView[];
}

/** One execution, to be stepped through. */
export interface ExecutionView {
  readonly cores: number;
  readonly sites: readonly SiteShape[];
  readonly frames: readonly Frame[];
  /** Whether states could be worked out; without them there are lines only. */
  readonly hasStates: boolean;
}
