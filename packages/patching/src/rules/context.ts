import {
  decode,
  decodeT32,
  effects,
  encodeBranch,
  format,
  type Insn,
  inItBlock,
  itBlock,
  itCondition,
  nextIt,
  noIt,
} from "@cmodx/codec";
import { a32Flow, a32Target, FLOW, t16Flow, t16Target, t32Flow, t32Target } from "../audit/flow.js";
import { type Edit, editSize } from "../edit.js";
import { unitsOf } from "../units.js";
import { isCall, kindOf, type Listing } from "./listing.js";
import type { RuleId } from "./rules.js";

/** What is known of the code around an edit, and of what else is changed with it. */
export interface EditContext {
  /**
   * Little-endian code of the edit's instruction set, which may have the site in it. It begins with an instruction that is in no IT
   * block; data in it is taken for instructions.
   */
  readonly code?: { readonly address: number; readonly bytes: Uint8Array };
  /** Further instructions, decoded at their addresses: code elsewhere that may branch to the site. */
  readonly insns?: readonly Insn[];
  /** Other edits that may be made at the same time. */
  readonly edits?: readonly Edit[];
  /** Where the new branch is to lead, as a pointer to code: with bit 0 set where that is T32. */
  readonly target?: number;
}

/** What the context says of an edit. */
export interface ContextJudgement {
  /** Why the edit cannot be made here. */
  readonly invalid?: readonly [RuleId, ...string[]];
  /** Why it is no listed change here, whatever the list says of the two instructions. */
  readonly unlisted?: Listing;
  /** What changes no verdict, and is worth knowing. */
  readonly notes: readonly string[];
}

/** Judges `edit` by what is around it. */
export function judgeContext(edit: Edit, context: EditContext): ContextJudgement {
  const around = readCode(edit, context);
  const invalid =
    heldElse(edit, around) ??
    governed(edit, around) ??
    overlapped(edit, context.edits ?? []) ??
    entered(edit, around, context) ??
    misled(edit, around, context.target);
  const unlisted = halfMissing(edit, around);
  return {
    ...(invalid === undefined ? {} : { invalid }),
    ...(unlisted === undefined ? {} : { unlisted }),
    notes: notesOn(edit, around),
  };
}

interface Around {
  /** The code's instructions in order, each with the ITSTATE it has. */
  readonly insns: readonly Insn[];
  /** The one that begins at the site. */
  readonly site: Insn | undefined;
  /** The one that has the site in its second half. */
  readonly covering: Insn | undefined;
  /** The halfword behind the first of the site, where the code has it. */
  readonly second: number | undefined;
}

function readCode({ isa, address }: Edit, { code }: EditContext): Around {
  const insns: Insn[] = [];
  if (code !== undefined) {
    let it = noIt;
    for (let at = 0; ; ) {
      const insn = decode(isa, code.bytes, at, code.address + at, { it });
      if (insn === undefined) break;
      insns.push(insn);
      if (isa === "t32") it = nextIt(it, insn);
      at += insn.size;
    }
  }
  const at = code === undefined ? -1 : address + 2 - code.address;
  const inside = code !== undefined && at >= 0 && at + 2 <= code.bytes.length;
  return {
    insns,
    site: insns.find((insn) => insn.address === address),
    covering: insns.find((insn) => insn.address < address && insn.address + insn.size > address),
    second: inside ? code.bytes[at]! | (code.bytes[at + 1]! << 8) : undefined,
  };
}

type Refusal = readonly [RuleId, ...string[]] | undefined;

function heldElse({ from }: Edit, { site, covering }: Around): Refusal {
  if (covering !== undefined) {
    return ["inside-instruction", `the site is the second half of ${format(covering)} at ${hex(covering.address)}`];
  }
  if (site === undefined || (site.word === from.word && site.size === from.size)) return undefined;
  return ["other-bytes", `the code has ${format(site)} there, and the old instruction is ${format(from)}`];
}

/** In an IT block a branch must be last, and some instructions may not be at all: the codec knows which. */
function governed({ isa, address, to }: Edit, { site }: Around): Refusal {
  if (isa !== "t32" || site === undefined || !inItBlock(site.it)) return undefined;
  const there = decodeT32(to.size === 2 ? to.word : to.word >>> 16, to.word & 0xffff, address, site.it);
  if (there.status !== "unpredictable" || to.status === "unpredictable") return undefined;
  return [
    "in-it-block",
    ...there.reasons.map(({ clause }) => `in an IT block it is UNPREDICTABLE: ${clause}`),
  ] as const;
}

function overlapped(edit: Edit, edits: readonly Edit[]): Refusal {
  const end = edit.address + editSize(edit);
  const other = edits.find((each) => each.address < end && edit.address < each.address + editSize(each));
  if (other === undefined) return undefined;
  const change = `${format(other.from)} -> ${format(other.to)} at ${hex(other.address)}`;
  return ["overlapping-edit", `${change} changes some of these bytes: make one after the other`];
}

/**
 * Whoever branches behind the first halfword executes what is there by itself. That stays as it is where the edit does not
 * write it; else it is another instruction, which no list has been asked about, and half of one when the edit is done.
 */
function entered(edit: Edit, { insns }: Around, { insns: further = [], edits = [] }: EditContext): Refusal {
  const { address } = edit;
  const end = address + editSize(edit);
  const inside = (target: number | undefined) => target !== undefined && target > address && target < end;
  for (const insn of [...insns, ...further, ...edits.map(({ to }) => to)]) {
    if (insn.address === address) continue;
    const { flow, target } = flowOf(insn);
    const says = `${format(insn)} at ${hex(insn.address)}`;
    if (flow === FLOW.load && (inside(target) || target === address)) {
      return ["read-as-data", `${says} loads ${hex(target ?? 0)}: what is there is data`];
    }
    if (flow === FLOW.branch && inside(target) && writesSecondHalf(edit)) {
      return [
        "branch-into-window",
        `${says} leads to ${hex(target ?? 0)}, which then is the second half of ${format(edit.to)}`,
      ];
    }
  }
  return undefined;
}

function writesSecondHalf({ from, to }: Edit): boolean {
  if (to.size === 2) return false;
  return from.size === 2 ? !isCall(to) : unitsOf(from).at(-1) !== unitsOf(to).at(-1);
}

function flowOf({ isa, size, word, address }: Insn): { flow: number; target: number | undefined } {
  const [flowOfWord, targetOfWord] =
    isa === "a32" ? [a32Flow, a32Target] : size === 2 ? [t16Flow, t16Target] : [t32Flow, t32Target];
  const flow = flowOfWord(word);
  return { flow, target: flow === FLOW.none ? undefined : targetOfWord(word, address) };
}

/** Whether the new branch leads to `target`, and to an instruction of the code. */
function misled({ isa, address, to }: Edit, { insns }: Around, target: number | undefined): Refusal {
  const branch = effects(to).branch;
  const reached = branch?.target;
  if (target !== undefined) {
    const wanted = target % 2 === 1 ? "t32" : "a32";
    const goal = target - (target % 2);
    if (reached === undefined) return ["wrong-target", `${format(to)} is no branch to a place that its word tells`];
    const arrives = kindOf(to) === "BLX" ? (isa === "a32" ? "t32" : "a32") : isa;
    if (arrives !== wanted) {
      const right = kindOf(to).startsWith("BL")
        ? `${arrives === isa ? "BLX" : "BL"} would arrive right`
        : "only BL has a form that changes it, BLX: branch to a veneer that loads PC";
      return [
        "interworking",
        `${format(to)} arrives in ${arrives.toUpperCase()}, and bit 0 of ${hex(target)} says ${wanted.toUpperCase()}: ${right}`,
      ];
    }
    if (reached !== goal)
      return [
        "wrong-target",
        `it leads to ${hex(reached)}, and is meant for ${hex(goal)}`,
        ...reach(to, address, goal),
      ];
  }
  const middle = insns.find(
    (insn) => reached !== undefined && reached > insn.address && reached < insn.address + insn.size,
  );
  // Where the site itself is meant, the code is the old one: the new instruction has its own boundaries.
  if (middle === undefined || middle.address === address || kindOf(to) === "BLX") return undefined;
  return ["wrong-target", `it leads into the middle of ${format(middle)} at ${hex(middle.address)}`];
}

/** Why no branch of the same encoding leads to `goal`, if none does. */
function reach(to: Insn, address: number, goal: number): string[] {
  const kind = kindOf(to).startsWith("BLX") ? "blx" : kindOf(to).startsWith("BL") ? "bl" : "b";
  const width = to.isa === "t32" && kind === "b" ? { width: to.size } : {};
  const made = encodeBranch({ isa: to.isa, kind, cond: to.cond, ...width }, address, goal);
  if (made.ok) return [];
  const { reason, offset, min, max, align } = made;
  if (reason === "range") return [`${offset} bytes are out of its reach, which is ${min} to ${max} from the PC`];
  return reason === "alignment" ? [`it reaches multiples of ${align} bytes only`] : [];
}

/** The change of a first halfword is listed where the second one is in place; the code may say that it is not. */
function halfMissing({ from, to }: Edit, { second }: Around): Listing | undefined {
  const wanted = unitsOf(to)[1];
  if (from.size !== 2 || !isCall(to) || second === undefined || second === wanted) return undefined;
  const text = (value: number | undefined) => `0x${(value ?? 0).toString(16).padStart(4, "0")}`;
  return {
    listed: false,
    rule: "second-halfword-not-in-place",
    reasons: [`the code has ${text(second)} where the second halfword ${text(wanted)} of ${format(to)} belongs`],
  };
}

function notesOn({ from, to }: Edit, { site, insns }: Around): string[] {
  const notes: string[] = [];
  if (site !== undefined && inItBlock(site.it)) {
    notes.push(`an IT instruction governs the site: it executes on ${itCondition(site.it).toUpperCase()} only`);
    if (kindOf(to) === "BKPT")
      notes.push("BKPT is the exception: in an IT block it executes whatever the condition is");
    if (from.size !== to.size) notes.push("a change of size also moves the IT block's end by one instruction");
  }
  if (site !== undefined && (itBlock(from) !== noIt || itBlock(to) !== noIt)) {
    const after = insns.filter((insn) => insn.address > site.address).slice(0, 4);
    const governedNow = after.filter((insn) => inItBlock(insn.it)).length;
    notes.push(`the instructions behind an IT instruction change their condition with it: ${governedNow} here so far`);
  }
  return notes;
}

function hex(address: number): string {
  return `0x${(address >>> 0).toString(16)}`;
}
