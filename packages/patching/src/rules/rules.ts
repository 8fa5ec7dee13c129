import { type Architecture, REFERENCE } from "./architecture.js";

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
} as const;

export type RuleId = keyof typeof TITLES;

/** A rule of the architecture, with the place where it is stated. */
export interface Rule {
  readonly id: RuleId;
  readonly title: string;
  readonly reference: string;
}

export const RULE_IDS = Object.keys(TITLES) as readonly RuleId[];

/** The rule `id` as `architecture` states it. */
export function ruleOf(id: RuleId, architecture: Architecture): Rule {
  return { id, title: TITLES[id], reference: REFERENCE[architecture] };
}
