import type { Insn } from "@cmodx/codec";
import type { Builder } from "../builder.js";
import type { Value } from "../core-state.js";
import { exchange, registersOf, targetOf } from "./operand.js";
import type { Semantics } from "./semantics.js";

/** The address behind the instruction, with bit 0 set in Thumb code, as BL and BLX leave it in LR. */
function link(machine: Builder, insn: Insn): void {
  const next = machine.pc + insn.size;
  machine.setRegister(14, machine.constant(insn.isa === "t32" ? next | 1 : next));
}

function compareAndBranch(machine: Builder, insn: Insn): void {
  const tested: Value = machine.register(registersOf(insn.operands)[0]!);
  const taken = (tested.value === 0) === (insn.mnemonic === "cbz");
  if (machine.decide({ ...tested, value: taken ? 1 : 0 })) machine.branch(targetOf(insn));
}

/** Branches. Their condition was decided before they get here. */
export const branchSemantics: Semantics = {
  b: (machine, insn) => machine.branch(targetOf(insn)),
  bl: (machine, insn) => {
    link(machine, insn);
    machine.branch(targetOf(insn));
  },
  bx: (machine, insn) => exchange(machine, insn, machine.register(registersOf(insn.operands)[0]!)),
  blx: (machine, insn) => {
    const register = registersOf(insn.operands)[0];
    if (register !== undefined) {
      const target = machine.register(register);
      link(machine, insn);
      return exchange(machine, insn, target);
    }
    link(machine, insn);
    // BLX (immediate) always changes the instruction set.
    machine.setInstructionSet(insn.isa === "a32" ? "t32" : "a32");
    machine.branch(targetOf(insn));
  },
  cbz: compareAndBranch,
  cbnz: compareAndBranch,
};
