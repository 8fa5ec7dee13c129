import { type Architecture, cmodxClass, directTarget, encodeBranch, format, type Insn, LISTS } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { isCall, kindOf } from "./listing.js";

/** A change close to a refused one that the list covers. */
export interface Nearest {
  /** The change, in assembler text: `old -> new`, several in order joined by `, then `. */
  readonly text: string;
  readonly why: string;
}

/** The closest listed change that serves the purpose of `edit`, if there is one to offer. */
export function nearestEdit(edit: Edit, architecture: Architecture): Nearest | undefined {
  return edit.isa === "a32" ? nearestA32(edit, architecture) : nearestT32(edit);
}

/** A32: put a listed instruction in place of each unlisted side. */
function nearestA32({ from, to }: Edit, architecture: Architecture): Nearest {
  const list = LISTS[architecture].a32;
  if (list.has(kindOf(from)) && list.has(kindOf(to))) return twoSteps(from, to);
  const [before, why1] = list.has(kindOf(from)) ? [format(from)] : listedForm(from);
  const [after, why2] = list.has(kindOf(to)) ? [format(to)] : listedForm(to);
  return { text: `${before} -> ${after}`, why: [why1, why2].filter((why) => why !== undefined).join("; ") };
}

function listedForm(insn: Insn): [text: string, why: string] {
  if (doesNothing(insn)) return ["nop", `${format(insn)} does nothing but is not NOP, which is e320f000`];
  if (insn.status === "undefined") return ["bkpt #0", "BKPT is listed and UDF is not; both take an exception"];
  return [
    `b <copy of ${format(insn)}>`,
    `a branch to a copy of ${format(insn)} is listed where the instruction is not`,
  ];
}

function doesNothing(insn: Insn): boolean {
  return insn.isa === "a32" && (insn.word & 0x0ff0ffff) >>> 0 === 0x01a00000 + ((insn.word >>> 12) & 0xf);
}

function twoSteps(from: Insn, to: Insn): Nearest {
  return {
    text: `${format(from)} -> nop, then nop -> ${format(to)}`,
    why: "condition and target never change in one step; each step is listed, and every core synchronises in between",
  };
}

function nearestT32(edit: Edit): Nearest | undefined {
  const { from, to, address } = edit;
  const kinds = [kindOf(from), kindOf(to)];
  if (from.size === 2 && to.size === 2) return nearestT16(edit);
  if (isCall(from) && isCall(to)) {
    return {
      text: `${format(from)} -> b.n 0x${(address + 4).toString(16)}, then the second halfword, then b.n -> ${format(to)}`,
      why: "a 16-bit B over the second halfword keeps every core out while that halfword changes; each step is listed",
    };
  }
  if (from.size !== to.size && (isCall(from) || isCall(to))) return nearestCallSlot(edit);
  const target = directTarget(to) ?? directTarget(from);
  if (target === undefined || !kinds.some((kind) => WIDE_BRANCHES.has(kind))) return undefined;
  if (encodeBranch({ isa: "t32", kind: "b", width: 2 }, address, target).ok) {
    return {
      text: `nop -> b.n 0x${target.toString(16)}`,
      why: "the target is in reach of a 16-bit B, and 16-bit NOP and B are listed",
    };
  }
  return {
    text: `nop -> b.n <island>, where the island holds b.w 0x${target.toString(16)}`,
    why: "the target is out of reach of a 16-bit B, but a branch placed within 2 KiB can carry on; 16-bit NOP and B are listed",
  };
}

/** A call and a 16-bit instruction that the list does not have against it: B has the same effect as NOP there, and is listed. */
function nearestCallSlot({ from, to, address }: Edit): Nearest {
  const over = `b.n 0x${(address + 4).toString(16)}`;
  const text = isCall(from) ? `${format(from)} -> ${over}` : `${over} -> ${format(to)}`;
  return {
    text,
    why: "a 16-bit B over the second halfword makes no call either, and B is listed against BL where NOP is not",
  };
}

const WIDE_BRANCHES: ReadonlySet<string> = new Set(["B.W", "Bcc.W"]);

function nearestT16({ from, to }: Edit): Nearest | undefined {
  if (kindOf(from) === "B" && kindOf(to) === "B") return twoSteps(from, to);
  if (to.status === "undefined") {
    return { text: `${format(from)} -> bkpt #0`, why: "BKPT is listed and UDF is not; both take an exception" };
  }
  return cmodxClass(to).whole === null
    ? {
        text: `nop -> b.n <copy of ${format(to)}>`,
        why: "a branch to a copy of the instruction is listed where it is not",
      }
    : undefined;
}
