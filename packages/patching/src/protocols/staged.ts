import { decodeT32, encodeBranch, type Insn, type Isa, parse } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { isCall } from "../rules/listing.js";
import { published, REMOTE_ISB, SYNCED, synchronised } from "./common.js";
import { EXECUTION_PROPERTIES } from "./property.js";
import type { Change, Protocol } from "./protocol.js";
import type { Step } from "./step.js";

// Protocols that go from the old instruction to the new one by way of a placeholder of one fetch unit. Every core fetches
// afresh after each stage, so no core ever holds what two stages wrote that are not neighbours.

/** Makes `placeholder` the protocol's: first it, then what lies behind it, then the new instruction. */
function staged(summary: string, placeholder: (edit: Edit) => Insn, refuses: Protocol["refuses"]): Protocol {
  return {
    summary,
    needsListing: true,
    resume: "exception-return",
    promises: [...EXECUTION_PROPERTIES, "never-new-then-old"],
    batches: true,
    ...(refuses === undefined ? {} : { refuses }),
    change: (edit) => ({ edit, placeholder: placeholder(edit) }),
    steps: (changes) => {
      const stages = [arrived(changes), behind(changes), leaving(changes)].filter((stage) => stage.length > 0);
      return {
        patcher: stages.flatMap((stage, i) => stageSteps(published(stage), i + 1)),
        others: [REMOTE_ISB, SYNCED],
      };
    },
  };
}

/** One stage, and every core synchronised after it. */
function stageSteps(stage: readonly Step[], number: number): Step[] {
  const forget: Step = {
    id: "forget",
    operation: { op: "forget-arrivals", point: "synced" },
    why: "makes the wait of this stage one for this stage's arrivals",
  };
  const sync = synchronised("the next stage begins only when no core can fetch what this one replaced");
  return [forget, ...stage, ...sync].map((step) => ({ ...step, id: `stage-${number}-${step.id}` }));
}

const arrived = (changes: readonly Change[]): Change[] =>
  changes.map(({ edit, placeholder = edit.to }) => ({ edit: { ...edit, to: placeholder } }));

const leaving = (changes: readonly Change[]): Change[] =>
  changes.map(({ edit, placeholder = edit.from }) => ({ edit: { ...edit, from: placeholder } }));

/** The changes of second halfwords, made while the placeholders keep every core from them. */
const behind = (changes: readonly Change[]): Change[] =>
  changes.filter(({ edit }) => isWideCall(edit)).map(({ edit }) => ({ edit: secondHalfword(edit) }));

function isWideCall({ from, to }: Edit): boolean {
  return from.size === 4 && to.size === 4 && isCall(from) && isCall(to);
}

function secondHalfword({ isa, address, from, to }: Edit): Edit {
  const second = (insn: Insn) => decodeT32(insn.word & 0xffff, 0, address + 2);
  return { isa, address: address + 2, from: second(from), to: second(to) };
}

function breakpoint(isa: Isa, address: number): Insn {
  const parsed = parse("bkpt #0", { isa, address });
  if (!parsed.ok) throw new Error("BKPT is in every instruction set");
  return parsed.insn;
}

/** A 16-bit branch to just behind the instruction: whoever executes it makes no call. */
function overTheSecondHalfword({ isa, address }: Edit): Insn {
  const branch = encodeBranch({ isa, kind: "b", width: 2 }, address, address + 4);
  if (!branch.ok) throw new Error("four bytes are in reach of a 16-bit branch");
  return branch.insn;
}

export const halfwordToggle: Protocol = staged(
  "T32 calls: a 16-bit B over the second halfword, which then changes, then the new first halfword",
  overTheSecondHalfword,
  (edit) => (isWideCall(edit) ? undefined : "only the first halfword of BL and BLX may become a 16-bit B"),
);

export const breakpointFirst: Protocol = staged(
  "a BKPT, whose handler waits or skips, then the new instruction",
  ({ isa, address }) => breakpoint(isa, address),
  (edit) => {
    const narrow = edit.isa === "a32" || (edit.from.size === 2 && edit.to.size === 2);
    if (narrow || isWideCall(edit)) return undefined;
    return "BKPT has 16 bits in T32, and may only take the place of a whole one or of the first halfword of BL and BLX";
  },
);
