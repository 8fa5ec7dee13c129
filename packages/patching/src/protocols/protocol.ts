import type { Insn } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import type { Property } from "./property.js";
import type { Role, Step } from "./step.js";

/** A way to make an edit: steps for the core that makes it and for each of the others. */
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
  /** Why it is no way to make this edit; undefined when it is one. */
  refuses?(edit: Edit): string | undefined;
  /** What the site holds in between: harmless to whoever executes it. None where the old gives way to the new at once. */
  placeholder?(edit: Edit): Insn;
  steps(edit: Edit): Readonly<Record<Role, readonly Step[]>>;
}
