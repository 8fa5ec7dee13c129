import { directTarget, encodeBranch, format, type Insn, parse } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { kindOf } from "../rules/listing.js";
import { published, REMOTE_ISB, SYNCED, synchronised } from "./common.js";
import { EXECUTION_PROPERTIES } from "./property.js";
import type { Change, PlanOptions, Protocol } from "./protocol.js";
import { storesOfAll } from "./stores.js";

// Protocols that reach a far target from a site that changes little: by code that is written before anyone can come to it, or by
// data that is read each time.

/** Each edit's veneer or literal takes a word. */
const WORD = 4;

function targetOf(insn: Insn): number | undefined {
  return kindOf(insn).startsWith("B") ? directTarget(insn) : undefined;
}

function narrowBranch(address: number, target: number): Insn | undefined {
  const made = encodeBranch({ isa: "t32", kind: "b", width: 2 }, address, target);
  return made.ok ? made.insn : undefined;
}

function wideBranch(address: number, target: number): Insn | undefined {
  const made = encodeBranch({ isa: "t32", kind: "b", width: 4 }, address, target);
  return made.ok ? made.insn : undefined;
}

function whyNoIsland({ isa, address, from, to }: Edit, { island }: PlanOptions): string | undefined {
  if (isa !== "t32" || from.size !== 2) return "the site must hold a 16-bit instruction of T32";
  const target = targetOf(to);
  if (target === undefined || to.cond !== "al" || kindOf(to) === "BL")
    return "the new instruction must be an unconditional B";
  if (island === undefined || island % WORD !== 0)
    return "it needs `island`, a multiple of 4 where no core executes yet";
  if (narrowBranch(address, island) === undefined) {
    return `the island must be in reach of a 16-bit B, from ${hex(address - 2044)} to ${hex(address + 2050)}`;
  }
  if (wideBranch(island, target) === undefined) return "the island must be in reach of a 32-bit B to the target";
  return undefined;
}

/** What a place holds that no core executes yet: any code would do, and this one shows when it is executed all the same. */
function udf(address: number): Insn {
  const parsed = parse("udf.w #0", { isa: "t32", address });
  if (!parsed.ok) throw new Error("UDF.W is in T32");
  return parsed.insn;
}

export const islandProtocol: Protocol = {
  summary: "T16: a veneer with the far branch first, then a 16-bit B to it",
  needsListing: true,
  resume: "exception-return",
  promises: EXECUTION_PROPERTIES,
  batches: true,
  refuses: whyNoIsland,
  change: ({ isa, address, from, to }, { island = 0 }, index) => {
    const veneer = island + WORD * index;
    return {
      edit: { isa, address, from, to: narrowBranch(address, veneer) ?? to },
      island: { isa, address: veneer, from: udf(veneer), to: wideBranch(veneer, targetOf(to) ?? 0) ?? to },
    };
  },
  steps: (changes) => {
    const islands = changes.flatMap(({ island }) => (island === undefined ? [] : [{ edit: island }]));
    const stage = (number: number, made: readonly Change[], why: string) =>
      [
        ...(number === 1
          ? []
          : [
              {
                id: "forget",
                operation: { op: "forget-arrivals", point: "synced" } as const,
                why: "makes the wait of this stage one for this stage's arrivals",
              },
            ]),
        ...published(made),
        ...synchronised(why),
      ].map((step) => ({ ...step, id: `stage-${number}-${step.id}` }));
    return {
      patcher: [
        ...stage(1, islands, "no core may have fetched ahead what was at the island before the site leads there"),
        ...stage(2, changes, "the change is complete only when every core has fetched afresh"),
      ],
      others: [REMOTE_ISB, SYNCED],
    };
  },
};

/** `LDR PC, literal` at the site, or why there can be none. */
function loadOf({ isa, address }: Edit, literal: number): Insn | undefined {
  const pc = isa === "a32" ? address + 8 : (address & ~3) + 4;
  const text = `ldr${isa === "t32" ? ".w" : ""} pc, [pc, #${literal - pc}]`;
  const parsed = parse(text, { isa, address });
  return parsed.ok && parsed.insn.status === "ok" ? parsed.insn : undefined;
}

export const literalLoad: Protocol = {
  summary: "the site loads its target from memory, so that a change is one store of data and no code changes",
  needsListing: true,
  resume: "exception-return",
  promises: ["old-or-new", "no-deadlock"],
  batches: true,
  refuses: (edit, { literal }) => {
    if (targetOf(edit.from) === undefined || targetOf(edit.to) === undefined)
      return "old and new instruction must be branches: the plan stores the target";
    if ([edit.from, edit.to].some((insn) => insn.cond !== "al" || kindOf(insn).startsWith("BL")))
      return `${format(edit.from)} and ${format(edit.to)} must be unconditional B`;
    if (literal === undefined || literal % WORD !== 0)
      return "it needs `literal`, a multiple of 4 where the target is kept";
    return loadOf(edit, literal) === undefined ? "the literal must be in reach of LDR PC at the site" : undefined;
  },
  change: (edit, { literal = 0 }, index) => {
    const address = literal + WORD * index;
    const load = loadOf(edit, address) ?? edit.from;
    // Bit 0 of what LDR PC loads chooses the instruction set.
    const state = edit.isa === "t32" ? 1 : 0;
    const value = (insn: Insn) => ((targetOf(insn) ?? 0) | state) >>> 0;
    return {
      edit: { ...edit, from: load, to: load },
      literal: { address, from: value(edit.from), to: value(edit.to) },
    };
  },
  steps: (changes) => ({ patcher: storesOfAll(changes), others: [] }),
};

function hex(address: number): string {
  return `0x${(address >>> 0).toString(16)}`;
}
