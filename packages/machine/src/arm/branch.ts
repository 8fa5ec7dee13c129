import { field, type Insn } from "@cmodx/codec";
import type { Operations } from "../pseudocode/operations.js";
import { pcOf, readRegister, registersOf, targetOf } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

/** The address behind the instruction, with bit 0 set in Thumb code, as BL and BLX leave it in LR. */
function link<V>(m: Operations<V>, insn: Insn): void {
  const next = insn.address + insn.size;
  m.setRegister(14, m.constant(insn.isa === "t32" ? next | 1 : next));
}

const compareAndBranch: Semantic = (m, insn) => {
  const zero = m.unary("eqz", m.register(registersOf(insn.operands)[0]!));
  const taken = insn.mnemonic === "cbz" ? zero : m.binary("xor", zero, m.constant(1));
  m.when(taken, { branch: true, results: [] }, () => m.branch(targetOf(insn)));
};

/** TBB, TBH: a table of forward distances in halfwords. */
const tableBranch: Semantic = (m, insn) => {
  const base = readRegister(m, insn, field(insn, "Rn")!);
  const index = m.register(field(insn, "Rm")!);
  const wide = insn.mnemonic === "tbh";
  const address = m.binary("add", base, wide ? m.binary("shl", index, m.constant(1)) : index);
  const halfwords = m.load(address, wide ? 2 : 1);
  const distance = m.binary("shl", halfwords, m.constant(1));
  m.branchWritePC(m.binary("add", m.constant(pcOf(insn)), distance));
};

/** Branches. Their condition was decided before they get here. */
export const branchSemantics: Semantics = {
  b: (m, insn) => m.branch(targetOf(insn)),
  bl: (m, insn) => {
    link(m, insn);
    m.branch(targetOf(insn));
  },
  bx: (m, insn) => m.exchangeWritePC(readRegister(m, insn, registersOf(insn.operands)[0]!)),
  blx: (m, insn) => {
    const register = registersOf(insn.operands)[0];
    if (register !== undefined) {
      const target = m.register(register);
      link(m, insn);
      m.exchangeWritePC(target);
      return;
    }
    link(m, insn);
    // BLX (immediate) always changes the instruction set.
    m.branch(targetOf(insn), insn.isa === "a32" ? "t32" : "a32");
  },
  // Without Jazelle, BXJ is BX.
  bxj: (m, insn) => m.exchangeWritePC(readRegister(m, insn, registersOf(insn.operands)[0]!)),
  cbz: compareAndBranch,
  cbnz: compareAndBranch,
  tbb: tableBranch,
  tbh: tableBranch,
};
