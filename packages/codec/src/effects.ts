import { bitCount } from "./clause.js";
import type { Condition } from "./condition.js";
import { directTarget } from "./direct-target.js";
import type { BranchKind, Encoding, EncodingSpec } from "./encoding.js";
import type { Insn } from "./insn.js";
import { inItBlock } from "./it-state.js";
import type { Operand } from "./operand.js";
import { branchOffsetOf } from "./operands/branch.js";
import { Bits } from "./pattern.js";
import { registerNumber } from "./registers.js";
import { isPrivileged } from "./system-registers.js";

/** Registers as bit sets: `core` bit n is Rn (13 SP, 14 LR, 15 PC), `simd` bit n is any part of Dn. Both unsigned. */
export interface RegisterSet {
  readonly core: number;
  readonly simd: number;
}

/** What an instruction does to memory: `size` in bytes of all that it accesses, 0 where a register says how much. */
export interface MemoryEffect {
  readonly load: boolean;
  readonly store: boolean;
  /** Bytes in all. */
  readonly size: number;
  /** Load-acquire or store-release. */
  readonly ordered: boolean;
  readonly exclusive: boolean;
  readonly unprivileged: boolean;
}

/** Where an instruction goes: `target`, `min` and `max` are addresses in bytes, present for direct branches; `align` is the boundary of targets in bytes. */
export interface BranchEffect {
  readonly kind: BranchKind;
  readonly conditional: boolean;
  /** Where it goes, when the word and the address say so. */
  readonly target?: number;
  /** Inclusive reach of the encoding, as an offset from the adjusted PC, and its step; absent for computed branches. */
  readonly min?: number;
  readonly max?: number;
  readonly align?: number;
  /** Writes LR with the return address. */
  readonly link: boolean;
  /** May change the instruction set. */
  readonly interworking: boolean;
}

/** What an instruction does besides computing. */
export interface Effects {
  readonly reads: RegisterSet;
  readonly writes: RegisterSet;
  /** Letters of `NZCVQ`, and `GE`: `"NZCV"`; the condition's flags included. */
  readonly readsFlags: string;
  readonly writesFlags: string;
  readonly memory?: MemoryEffect;
  readonly branch?: BranchEffect;
  /** Whether straight-line execution ends here: calls and SVC come back, so they do not. */
  readonly endsBlock: boolean;
  /** Not for User mode, where it is UNDEFINED, UNPREDICTABLE or does nothing. What a system may allow there is not privileged. */
  readonly privileged: boolean;
}

const conditionFlags: Readonly<Record<Condition, string>> = {
  eq: "Z",
  ne: "Z",
  hs: "C",
  lo: "C",
  mi: "N",
  pl: "N",
  vs: "V",
  vc: "V",
  hi: "ZC",
  ls: "ZC",
  ge: "NV",
  lt: "NV",
  gt: "NZV",
  le: "NZV",
  al: "",
};

class Registers {
  core = 0;
  simd = 0;
  add(n: number): void {
    this.core |= 1 << n;
  }
  get set(): RegisterSet {
    return { core: this.core & 0xffff, simd: this.simd >>> 0 };
  }
}

/** Adds the registers that a row names: fields, or registers by their own name. */
function addNamed(text: string | undefined, insn: Insn, encoding: Encoding, into: Registers): void {
  for (const name of text?.split(" ") ?? []) {
    // SIMD registers are added with their operands.
    if (name === "none" || name.startsWith("V")) continue;
    const fixed = registerNumber(name);
    into.add(fixed ?? new Bits(encoding.pattern, name).read(insn.word));
  }
}

/** Unites flag letters in the order of the status register. */
function unite(...flags: readonly string[]): string {
  const all = flags.join("");
  return [..."NZCVQ"].filter((flag) => all.includes(flag)).join("") + (all.includes("GE") ? "GE" : "");
}

/**
 * What an instruction reads, writes, and where it may go: derived from its row and its operands.
 *
 * @param insn - a decoded instruction
 * @returns what it does when its condition holds; nothing for a word that is UNDEFINED or no instruction
 * @example
 * ```ts
 * effects(decodeA32(0xe0910002)).writesFlags; // adds r0, r1, r2: "NZCV"
 * ```
 */
export function effects(insn: Insn): Effects {
  const { encoding, word } = insn;
  const nothing: RegisterSet = { core: 0, simd: 0 };
  if (encoding === undefined || insn.status === "undefined")
    return { reads: nothing, writes: nothing, readsFlags: "", writesFlags: "", endsBlock: true, privileged: false };
  const { spec } = encoding;
  const memory = memoryOf(encoding, insn);
  const reads = new Registers();
  const writes = new Registers();
  for (const operand of insn.operands) addOperand(operand, spec, memory, reads, writes);
  addNamed(spec.reads, insn, encoding, reads);
  addNamed(spec.writes, insn, encoding, writes);
  let writesFlags = "";
  if (spec.flags !== undefined) {
    const place = encoding.pattern.fields.get("S");
    const sets = place !== undefined && encoding.syntax.includes("{s}") ? (word >>> place.shift) & 1 : 1;
    if (sets && !(encoding.syntax.includes("{its}") && inItBlock(insn.it))) {
      writesFlags = encoding.pattern.fields.has("mask") ? maskedFlags(encoding, word) : spec.flags;
    }
  }
  // Rt = 15 of a move from a coprocessor stands for the flags.
  if (/^(MRC|VMRS_fpscr)/.test(encoding.id) && (writes.core & 0x8000) !== 0) {
    writes.core &= 0x7fff;
    writesFlags = "NZCV";
  }
  const branch = branchOf(insn, encoding, writes);
  if (branch !== undefined) {
    if (branch.kind !== "trap") writes.add(15);
    if (branch.link) writes.add(14);
    // The whole CPSR comes back from an SPSR or from memory.
    if (branch.kind === "return") writesFlags = "NZCVQGE";
  }
  return {
    reads: reads.set,
    writes: writes.set,
    readsFlags: unite(conditionFlags[insn.cond], spec.readsFlags ?? "", insn.operands.some(rotatesCarry) ? "C" : ""),
    writesFlags: unite(writesFlags),
    ...(memory && { memory }),
    ...(branch && { branch }),
    endsBlock: branch !== undefined && !branch.link && !/^(SVC|HVC|SMC)/.test(encoding.id),
    privileged:
      spec.privileged === true || branch?.kind === "return" || writesSpsr(encoding, word) || isPrivileged(insn),
  };
}

/** An MSR writes the flags of the fields that its mask names: `f` has NZCVQ, `s` has GE. An SPSR (R) has none that count now. */
function maskedFlags(encoding: Encoding, word: number): string {
  if (writesSpsr(encoding, word)) return "";
  const { pattern } = encoding;
  const mask = new Bits(pattern, "mask").read(word);
  return ((mask & 8) === 0 ? "" : "NZCVQ") + ((mask & 4) === 0 ? "" : "GE");
}

function writesSpsr({ id, pattern }: Encoding, word: number): boolean {
  return id.startsWith("MSR") && new Bits(pattern, "R").read(word) === 1;
}

function memoryOf(encoding: Encoding, insn: Insn): MemoryEffect | undefined {
  const words = encoding.spec.memory?.split(" ");
  if (words === undefined) return undefined;
  const unit = Number(words.find((word) => /^\d+$/.test(word)) ?? 0);
  const list = insn.operands.find((operand) => operand.kind === "list" || operand.kind === "vlist");
  const count = list === undefined ? 1 : list.kind === "list" ? bitCount(list.regs) : list.count;
  return {
    load: words.includes("load"),
    store: words.includes("store"),
    size: words.includes("multiple") ? unit * count : unit,
    ordered: words.includes("ordered"),
    exclusive: words.includes("exclusive"),
    unprivileged: words.includes("unprivileged"),
  };
}

/** RRX shifts the carry in. */
function rotatesCarry(operand: Operand): boolean {
  return operand.kind === "shift" ? operand.shift === "rrx" : operand.kind === "mem" && operand.offset.shift === "rrx";
}

const names = (text: string | undefined, field: string): boolean => text?.split(" ").includes(field) ?? false;

/** Adds what an operand reads and writes: destinations by the manual's names, then what the row says besides. */
function addOperand(
  operand: Operand,
  spec: EncodingSpec,
  memory: MemoryEffect | undefined,
  reads: Registers,
  writes: Registers,
): void {
  const loads = memory?.load === true && !memory.store;
  switch (operand.kind) {
    case "reg": {
      const { reg, field } = operand;
      const both = /^Rd[nm]$/.test(field);
      const destination =
        both || /^Rd(Lo|Hi)?$/.test(field) || (/^Rt2?$/.test(field) && loads) || names(spec.writes, field);
      if (destination || operand.writeback) writes.add(reg);
      if (!destination || both || operand.writeback) reads.add(reg);
      break;
    }
    case "mem":
      reads.add(operand.base);
      if (operand.offset.index !== undefined) reads.add(operand.offset.index);
      if (operand.mode !== "offset") writes.add(operand.base);
      break;
    case "list":
      if (loads) writes.core |= operand.regs;
      else reads.core |= operand.regs;
      break;
    case "vreg": {
      const { field } = operand;
      const bits = simdBits(operand.size, operand.reg, 1, 1);
      const named = names(spec.writes, field);
      const destination = named || (field === "Vd" && spec.writes === undefined && !memory?.store);
      if (destination) writes.simd |= bits;
      // A register that two fields say is changed (VSWP) is read as well.
      if (!destination || names(spec.reads, field) || (named && field === "Vm" && names(spec.writes, "Vd")))
        reads.simd |= bits;
      break;
    }
    case "vlist": {
      const bits = simdBits(operand.size, operand.first, operand.count, operand.step);
      if (loads) writes.simd |= bits;
      if (!loads || names(spec.reads, "Vd")) reads.simd |= bits;
      break;
    }
    case "target":
      reads.add(15);
      break;
  }
}

/** The D registers that S, D or Q registers are part of or made of. */
function simdBits(size: "s" | "d" | "q", first: number, count: number, step: number): number {
  let bits = 0;
  for (let i = 0; i < count; i++) {
    const n = first + i * step;
    bits |= size === "s" ? 1 << (n >> 1) : size === "d" ? 1 << n : 3 << (2 * n);
  }
  return bits;
}

function branchOf(insn: Insn, encoding: Encoding, writes: Registers): BranchEffect | undefined {
  const declared = encoding.spec.branch;
  const writesPc = (writes.core & 0x8000) !== 0;
  // Loads are branches only when they load the PC; data processing branches when its destination is the PC.
  if (declared === undefined ? !writesPc : declared === "load" && !writesPc) return undefined;
  const setsFlags = encoding.pattern.fields.has("S") && (new Bits(encoding.pattern, "S").read(insn.word) & 1) === 1;
  const kind: BranchKind = declared ?? (encoding.syntax.includes("{s}") && setsFlags ? "return" : "alu");
  const target = directTarget(insn);
  const reach = branchOffsetOf(encoding);
  return {
    kind,
    conditional: insn.cond !== "al" || kind === "cbz",
    ...(target !== undefined && { target }),
    ...(reach && { min: reach.offset.min, max: reach.offset.max, align: reach.offset.scale }),
    link: kind === "bl" || kind === "blx",
    interworking: /^(blx|bx|bxj|load|return)$/.test(kind) || (kind === "alu" && insn.isa === "a32"),
  };
}
