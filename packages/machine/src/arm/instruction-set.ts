import { advanceIt, type Condition, decodeA32, decodeT32, format, type Insn, isWide } from "@cmodx/codec";
import { conditionValue } from "../arithmetic.js";
import type { Builder } from "../builder.js";
import type { InstructionSet, Meaning } from "../instruction-set.js";
import { blendA32, blendT32 } from "./blend.js";
import { branchSemantics } from "./branch.js";
import { dataProcessingSemantics } from "./data-processing.js";
import { loadStoreSemantics } from "./load-store.js";
import { registersOf } from "./operand.js";
import type { Semantics } from "./semantics.js";
import { systemSemantics } from "./system.js";

const semantics: Semantics = {
  ...dataProcessingSemantics,
  ...loadStoreSemantics,
  ...branchSemantics,
  ...systemSemantics,
};

/** The conditions' encodings. */
const codes: Readonly<Record<Condition, number>> = {
  eq: 0,
  ne: 1,
  hs: 2,
  lo: 3,
  mi: 4,
  pl: 5,
  vs: 6,
  vc: 7,
  hi: 8,
  ls: 9,
  ge: 10,
  lt: 11,
  gt: 12,
  le: 13,
  al: 14,
};

/** Does an instruction of this mnemonic only choose where to go on? */
const branches = new Set(Object.keys(branchSemantics));

function execute(machine: Builder, insn: Insn): void {
  if (insn.it !== 0) machine.core.it = advanceIt(insn.it);
  if (insn.status === "unpredictable") {
    machine.stop(`UNPREDICTABLE instruction ${format(insn)}`);
    return;
  }
  if (insn.encoding === undefined || insn.status === "undefined") {
    machine.exception("undefined", machine.pc);
    return;
  }
  const meaning = semantics[insn.mnemonic];
  if (meaning === undefined) {
    machine.unmodelled(`instruction ${format(insn)}`);
    return;
  }
  if (insn.cond === "al") {
    meaning(machine, insn);
    return;
  }

  const condition = conditionValue(codes[insn.cond], machine.flags());
  if (branches.has(insn.mnemonic)) {
    if (machine.decide(condition)) meaning(machine, insn);
    return;
  }
  if (condition.value === 1) {
    machine.under = condition;
    meaning(machine, insn);
    return;
  }
  // Not executed: what would have been its result was nevertheless picked by the condition.
  for (const register of registersOf(insn.operands.slice(0, 1))) {
    if (register !== 15) machine.setRegister(register, machine.picked(machine.register(register), condition));
  }
}

function meaningOf(decoded: Insn): Meaning {
  const { isa, address, size, word, it, status, reasons, encoding, cond, operands } = decoded;
  // Meanings go by the manual's name of the instruction (`MOV (register)`), which one mnemonic may not be (`movs`, `addw`).
  const mnemonic = encoding === undefined ? "" : encoding.id.split("_")[0]!.toLowerCase();
  // The codec works these out at each asking; exploration asks for the same instruction again and again.
  const insn: Insn = { isa, address, size, word, it, status, reasons, encoding, mnemonic, cond, operands };
  return { size, text: format(decoded), execute: (machine) => execute(machine, insn) };
}

/** Keeps the meanings of words already decoded at an address: exploration decodes the same few over and over. */
function remembered(decode: (address: number, word: number, it: number) => Meaning) {
  const known = new Map<number, Map<number, Meaning>>();
  return (address: number, word: number, it: number): Meaning => {
    let here = known.get(address);
    if (here === undefined) {
      if (known.size > 4096) known.clear();
      here = new Map();
      known.set(address, here);
    }
    const key = word * 256 + it;
    let meaning = here.get(key);
    if (meaning === undefined) {
      meaning = decode(address, word, it);
      here.set(key, meaning);
    }
    return meaning;
  };
}

const wordA32 = remembered((address, word) => meaningOf(decodeA32(word, address)));
const narrowT32 = remembered((address, word, it) => meaningOf(decodeT32(word, 0, address, it)));
const wideT32 = remembered((address, word, it) => meaningOf(decodeT32(word >>> 16, word & 0xffff, address, it)));

/** A32: a word is fetched as one (ARM DDI 0487 E2.2.1). */
export const a32: InstructionSet = {
  name: "a32",
  fetchBytes: 4,
  linkRegister: 14,
  blend: blendA32,
  decode: (address, word) => wordA32(address, word, 0),
};

/** Thumb: a halfword is fetched as one, so the halves of a 32-bit instruction may come from different stores. */
export const t32: InstructionSet = {
  name: "t32",
  fetchBytes: 2,
  linkRegister: 14,
  blend: blendT32,
  decode(address, hw1, next, it) {
    if (!isWide(hw1)) return narrowT32(address, hw1, it);
    return wideT32(address, hw1 * 0x10000 + next(), it);
  },
};
