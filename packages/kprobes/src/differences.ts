import type { Isa } from "@cmodx/codec";
import { rules } from "./rule-of.js";
import { looseWords } from "./rules/loose.js";
import { strictLines } from "./rules/strict.js";

/** Where `strict` answers otherwise than the kernel, or the kernel's answer ends in a crash. */
export interface Difference {
  readonly isa: Isa;
  readonly size: 2 | 4;
  /** Rows of the codec's table, or the mask and value of words. */
  readonly words: string | { readonly mask: number; readonly value: number };
  /** What these words are. */
  readonly what: string;
  readonly linux: string;
  readonly strict: string;
}

/**
 * Every difference between the two ways of answering, besides that `strict` rejects all that is not `ok` to the codec.
 *
 * @example
 * ```ts
 * differences().find(({ words }) => words === "SDIV_T1 UDIV_T1")?.linux; // "rejected"
 * ```
 */
export function differences(): Difference[] {
  const read = looseWords.flatMap(({ isa, size, mask, value, as, what }): Difference[] => {
    if (as === "") return [];
    const linux = as === null ? "rejected" : `taken for ${as}`;
    return [{ isa, size, words: { mask, value }, what, linux, strict: "read as they are" }];
  });
  const added = strictLines.map(
    ({ isa, size, rows, reason }): Difference => ({
      isa,
      size,
      words: rows,
      what: "instructions that the kernel has no entry for",
      linux: "rejected",
      strict: reason.replace(/^is /, ""),
    }),
  );
  const hazards = rules.flatMap(({ isa, size, rows, hazard }): Difference[] =>
    hazard === undefined
      ? []
      : [{ isa, size, words: rows, what: "16-bit pushes and pops", linux: `accepted; ${hazard}`, strict: "accepted" }],
  );
  return [...read, ...added, ...hazards];
}

/**
 * What `strict` does otherwise in the life of a probe.
 *
 * @example
 * ```ts
 * lifeDifferences.length > 0; // true
 * ```
 */
export const lifeDifferences: readonly { readonly what: string; readonly linux: string; readonly strict: string }[] = [
  {
    what: "an instruction is refused for what it stores below SP",
    linux: "the slot that was taken for it is lost",
    strict: "no slot is taken",
  },
  {
    what: "a Thumb address is given with bit 0, as in pointers to functions",
    linux: "a call site of the tracer is not recognised, and gets a probe",
    strict: "it is recognised",
  },
  {
    what: "an instruction at such an address faults while it is executed",
    linux: "the PC of the fault has bit 0 set",
    strict: "the PC is the instruction's",
  },
  {
    what: "the address lies within a 32-bit Thumb instruction",
    linux: "its second halfword is probed, which tears the instruction",
    strict: "EILSEQ",
  },
  {
    what: "the branch to a detour is tested for its range",
    linux: "16 bytes off: some that do not reach are accepted and stop the kernel, some that reach are refused",
    strict: "what the branch reaches",
  },
  {
    what: "a 32-bit Thumb instruction is probed, outside of an IT block and without the PC in it",
    linux: "it stays a breakpoint",
    strict: "it becomes a branch to a detour",
  },
  {
    what: "an instruction with a detour stores less than a word below SP, as strb r0, [sp, #-1] does",
    linux: "the detour's SP is no multiple of 4, and saving the registers there faults",
    strict: "SP is a multiple of 4",
  },
  {
    what: "a probe is enabled while its branch waits to be taken out",
    linux: "the breakpoint is written, and the probe is called optimised without being it",
    strict: "the branch stays",
  },
  {
    what: "a probe is enabled while all are disarmed",
    linux: "arming all passes it over",
    strict: "arming all arms it",
  },
];
