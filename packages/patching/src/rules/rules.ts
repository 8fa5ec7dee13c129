import type { Architecture } from "@cmodx/codec";

/** Where each version states its list. */
const REFERENCE: Readonly<Record<Architecture, string>> = {
  armv7: "ARM DDI 0406C A3.5.4",
  "armv8-aarch32": "ARM DDI 0487 E2.2.5",
};

/** What each rule says, in one sentence. The id is stable: scripts and pages key on it. */
const TITLES = {
  unchanged: "the bytes stay as they are",
  "a32-listed": "both A32 instructions are listed, and an A32 instruction is fetched in one piece",
  "t16-listed": "both 16-bit T32 instructions are listed, and a halfword is fetched in one piece",
  "t32-first-halfword": "the first halfword of a BL or BLX becomes that of another of the same kind",
  "t32-second-halfword": "the second halfword of a BL, BLX, B.W or B<c>.W becomes that of another of the same kind",
  "t32-first-halfword-t16": "the first halfword of a BL or BLX and a listed 16-bit instruction take each other's place",
  "not-listed": "the list does not have both instructions",
  "halfword-not-listed": "the list does not have this change of one halfword",
  "both-halfwords": "both halfwords change, and T32 is fetched a halfword at a time",
  "size-change": "the instructions differ in size, so the change moves an instruction boundary",
  "condition-and-target": "condition and target both change, and an execution may mix the old one with the new one",
  misaligned: "no instruction can be at this address",
  "not-an-instruction": "the new bytes are not an instruction of the architecture",
  unpredictable: "the new instruction is UNPREDICTABLE",
  "in-it-block": "the site is in an IT block, which does not allow the new instruction",
  "other-bytes": "the site does not hold the old instruction",
  "inside-instruction": "no instruction begins at the site",
  "overlapping-edit": "another edit changes some of the same bytes",
  "read-as-data": "other code loads the edited bytes as data",
  "branch-into-window": "other code branches into the middle of the edited bytes",
  "second-halfword-not-in-place":
    "the second halfword of the new instruction is not there yet, so both halfwords change",
  interworking: "the new branch arrives in the wrong instruction set",
  "wrong-target": "the new branch does not lead where it is meant to",
} as const;

/** A rule's stable name. */
export type RuleId = keyof typeof TITLES;

/** A rule, with the place where it is stated. */
export interface Rule {
  readonly id: RuleId;
  readonly title: string;
  readonly reference: string;
}

/**
 * Every rule's name.
 *
 * @example
 * ```ts
 * RULE_IDS.includes("a32-listed"); // true
 * ```
 */
export const RULE_IDS = Object.keys(TITLES) as readonly RuleId[];

/** Rules that are no part of the architecture's list: what has to be so before a list can be asked. */
const ELSEWHERE: Readonly<Partial<Record<RuleId, string>>> = {
  "in-it-block": "the IT rules of the instruction's own page in the manual",
  "other-bytes": "docs/rules.md, The code around the site",
  "inside-instruction": "docs/rules.md, The code around the site",
  "overlapping-edit": "docs/rules.md, The code around the site",
  "read-as-data": "docs/rules.md, The code around the site",
  "branch-into-window": "docs/rules.md, The code around the site",
  interworking: "docs/rules.md, Where the new branch leads",
  "wrong-target": "docs/rules.md, Where the new branch leads",
};

/** The rule `id` as `architecture` states it. */
export function ruleOf(id: RuleId, architecture: Architecture): Rule {
  return { id, title: TITLES[id], reference: ELSEWHERE[id] ?? REFERENCE[architecture] };
}
