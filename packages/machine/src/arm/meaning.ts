import { type Condition, format, type Insn } from "@cmodx/codec";
import type { Operations } from "../pseudocode/operations.js";
import { branchSemantics } from "./branch.js";
import { dataProcessingSemantics } from "./data-processing.js";
import { loadStoreSemantics } from "./load-store.js";
import { mediaSemantics } from "./media.js";
import { multiplySemantics } from "./multiply.js";
import { immediateOf, registersOf } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";
import { simdSemantics } from "./simd.js";
import { simdFloatSemantics } from "./simd-float.js";
import { laneSemantics } from "./simd-lanes.js";
import { systemSemantics } from "./system.js";
import { vfpSemantics } from "./vfp.js";

const semantics: Semantics = {
  ...dataProcessingSemantics,
  ...multiplySemantics,
  ...mediaSemantics,
  ...loadStoreSemantics,
  ...branchSemantics,
  ...systemSemantics,
  ...vfpSemantics,
  ...simdSemantics,
  ...laneSemantics,
  ...simdFloatSemantics,
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

/**
 * Meanings go by the manual's name of the instruction (`MOV (register)`), which one mnemonic may not be (`movs`, `addw`); those of the
 * extension registers by the row's, which has the data type.
 */
function nameOf({ encoding }: Insn): string {
  if (encoding === undefined) return "";
  const { id } = encoding;
  const core = /^[VF]/.test(id) ? id.replace(/_?[AT]\d+$/, "") : id.split("_")[0]!;
  return core.toLowerCase();
}

/**
 * The decoded instruction with what meanings ask of it worked out: the codec does so at each asking, and the same instruction is asked
 * again and again. Its `mnemonic` is the manual's name.
 */
export function prepared(decoded: Insn): Insn {
  const { isa, address, size, word, it, status, reasons, encoding, cond, operands } = decoded;
  return { isa, address, size, word, it, status, reasons, encoding, mnemonic: nameOf(decoded), cond, operands };
}

/** Has this machine a meaning for the instruction? */
export function hasMeaning(insn: Insn): boolean {
  return semantics[nameOf(insn)] !== undefined;
}

const undefinedInstruction: Semantic = (m, insn) => m.trap("undefined", insn.address, immediateOf(insn));

/** What a prepared instruction does, but for ITSTATE, which whoever runs it advances. */
export function perform<V>(m: Operations<V>, insn: Insn): void {
  if (insn.status === "unpredictable") {
    m.unpredictable(`UNPREDICTABLE instruction ${format(insn)}`);
    return;
  }
  const isUndefined = insn.encoding === undefined || insn.status === "undefined";
  const meaning = isUndefined ? undefinedInstruction : semantics[insn.mnemonic];
  if (meaning === undefined) {
    m.unimplemented(`instruction ${format(insn)}`);
    return;
  }
  // BKPT breaks whatever its condition is; an UNDEFINED instruction whose condition fails may do either, and is a NOP here.
  if (insn.cond === "al" || insn.mnemonic === "bkpt") {
    meaning(m, insn);
    return;
  }
  const branch = branchSemantics[insn.mnemonic] !== undefined;
  const results = registersOf(insn.operands.slice(0, 1)).filter((register) => register !== 15);
  m.when(m.conditionHolds(codes[insn.cond]), { branch, results }, () => meaning(m, insn));
}
