import { type Architecture, LISTS, type Lists } from "./cmodx-lists.js";
import type { Insn } from "./insn.js";

/** What a version of the architecture lists of an instruction. Whether an edit may be made is more than that: `check` of `@cmodx/patching`. */
export interface CmodxListing {
  /** A32 and 16-bit Thumb: it and any other so listed may take each other's place. */
  readonly whole: boolean;
  /** 16-bit Thumb: it and the first halfword of a `BL` or `BLX` may take each other's place. */
  readonly branchWithLink?: boolean;
  /** 32-bit Thumb: this halfword may become that of another instruction of its kind. */
  readonly halfwords?: readonly [hw1: boolean, hw2: boolean];
}

/** What an instruction is in the architecture's rules on concurrent modification and execution. */
export interface CmodxClass {
  /** `B`, `BL`, `BLX`, `BX`, `BKPT`, `NOP`, `SVC`, `HVC`, `SMC`, `ISB`, `B.W`, `Bcc.W`, `NOP.W`; null for everything else. */
  readonly whole: string | null;
  /** Whether it executes under a condition other than always. */
  readonly conditional: boolean;
  /** The kinds of the two halfwords of a 32-bit Thumb instruction: `BL.hw1`, `Bcc.W.hw2`. */
  readonly halfwords?: readonly [hw1: string, hw2: string];
  /** What each version of the architecture lists of it. */
  readonly listed: Readonly<Record<Architecture, CmodxListing>>;
}

/**
 * Classifies an instruction. A word that is not `ok` has no kind: the rules are about instructions.
 *
 * @param insn - a decoded instruction
 * @returns its kind, those of its halfwords when it has two and a kind, and what each version lists
 * @example
 * ```ts
 * cmodxClass(decodeA32(0xe320f000)).whole; // "NOP"
 * cmodxClass(decodeA32(0xe1a00000)).whole; // null: mov r0, r0
 * cmodxClass(decodeT32(0xf000, 0xf800)).halfwords; // ["BL.hw1", "BL.hw2"]
 * cmodxClass(decodeT32(0x4770)).listed.armv7.whole; // false: BX LR
 * cmodxClass(decodeT32(0x4770)).listed["armv8-aarch32"].whole; // true
 * ```
 */
export function cmodxClass(insn: Insn): CmodxClass {
  const whole = (insn.status === "ok" ? insn.encoding?.spec.cmodx : undefined) ?? null;
  const conditional = insn.cond !== "al";
  const by = (version: Architecture): CmodxListing => listing(insn, whole ?? "", LISTS[version]);
  const listed = { armv7: by("armv7"), "armv8-aarch32": by("armv8-aarch32") };
  if (insn.isa === "a32" || insn.size === 2 || whole === null) return { whole, conditional, listed };
  return { whole, conditional, halfwords: [`${whole}.hw1`, `${whole}.hw2`], listed };
}

function listing({ isa, size }: Insn, kind: string, lists: Lists): CmodxListing {
  if (isa === "a32") return { whole: lists.a32.has(kind) };
  if (size === 2) return { whole: lists.t16.has(kind), branchWithLink: lists.t16ForBranchWithLink.has(kind) };
  return { whole: false, halfwords: [lists.firstHalfword.has(kind), lists.secondHalfword.has(kind)] };
}
