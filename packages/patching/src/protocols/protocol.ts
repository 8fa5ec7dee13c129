import type { Insn } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import type { Property } from "./property.js";
import type { Role, Step } from "./step.js";

/** A word of data that says where an indirect branch goes, and the one that it is to say. */
export interface Literal {
  /** A multiple of four, so that one store writes it. */
  readonly address: number;
  readonly from: number;
  readonly to: number;
}

/** One edit as a protocol makes it. */
export interface Change {
  /** What the site holds before and after; equal where the protocol changes no code there. */
  readonly edit: Edit;
  /** What the site holds in between: harmless to whoever executes it. */
  readonly placeholder?: Insn;
  /** Code that is written while no core can reach it, and that the new instruction branches to. */
  readonly island?: Edit;
  /** Data that is changed instead of code. */
  readonly literal?: Literal;
}

/** What a plan needs to know besides the edits. */
export interface PlanOptions {
  /** Where `island` may put its veneers, four bytes for each edit: a multiple of 4 that no core executes yet. */
  readonly island?: number;
  /** Where `literal-load` keeps the targets, four bytes for each edit: a multiple of 4. */
  readonly literal?: number;
  /** Whether the patcher compares what is there with what it expects before it writes anything; `false` by default. */
  readonly validate?: boolean;
}

/** A way to make edits: steps for the core that makes them and for each of the others. */
export interface Protocol {
  readonly summary: string;
  /**
   * Whether a core may fetch the site around the change without having synchronised. Then each change that the site goes
   * through must be listed.
   */
  readonly needsListing: boolean;
  /**
   * How an interrupted core goes on: an exception return fetches afresh, a branch back from a thread that the interrupt woke
   * does not.
   */
  readonly resume: "exception-return" | "branch";
  /** What it is meant to guarantee; `prove` says whether it does. */
  readonly promises: readonly Property[];
  /** Whether several edits may share one plan. Linux makes one machine stop for each. */
  readonly batches: boolean;
  /** Why it is no way to make this edit; undefined when it is one. */
  refuses?(edit: Edit, options: PlanOptions): string | undefined;
  /** How it makes the edit, where that is not just `{ edit }`; `index` counts the edits of the plan. */
  change?(edit: Edit, options: PlanOptions, index: number): Change;
  steps(changes: readonly Change[]): Readonly<Record<Role, readonly Step[]>>;
}
