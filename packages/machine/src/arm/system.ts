import type { Insn } from "@cmodx/codec";
import type { Builder } from "../builder.js";
import type { BarrierOption } from "../rules/barrier.js";
import { immediateOf, registersOf } from "./operand.js";
import type { Semantics } from "./semantics.js";

/** The two low bits of a barrier option say which accesses it waits for; the others say for whom, which all share here. */
function barrierOption(insn: Insn): BarrierOption {
  const option = insn.operands.find((operand) => operand.kind === "name");
  return ({ 1: "ld", 2: "st" } as const)[(option?.kind === "name" ? option.value : 15) & 3] ?? "sy";
}

/**
 * CP15 operations by "opc1 CRn CRm opc2": those that code modification needs (ARM DDI 0406C, the CP15 c7 table). Maintenance to
 * the point of coherency reaches the point of unification on its way.
 */
const cp15: Readonly<Record<string, (machine: Builder, register: number) => void>> = {
  "0 7 5 0": (machine) => machine.invalidateIcache("all", "local"), // ICIALLU
  "0 7 1 0": (machine) => machine.invalidateIcache("all", "broadcast"), // ICIALLUIS
  "0 7 5 1": (machine, register) => machine.invalidateIcache(machine.register(register), "broadcast"), // ICIMVAU
  "0 7 11 1": (machine, register) => machine.cleanDcache(machine.register(register)), // DCCMVAU
  "0 7 10 1": (machine, register) => machine.cleanDcache(machine.register(register)), // DCCMVAC
  "0 7 14 1": (machine, register) => machine.cleanDcache(machine.register(register)), // DCCIMVAC
  "0 7 5 4": (machine) => machine.isb(), // CP15ISB
  "0 7 10 4": (machine) => machine.dsb("sy"), // CP15DSB
  "0 7 10 5": (machine) => machine.dmb("sy"), // CP15DMB
  // Branch predictors: what a prediction fetches early, the fetch rule allows anyway.
  "0 7 5 6": () => {}, // BPIALL
  "0 7 1 6": () => {}, // BPIALLIS
  "0 7 5 7": () => {}, // BPIMVA
};

function moveToCoprocessor(machine: Builder, insn: Insn): void {
  const numbers = insn.operands.flatMap((operand) =>
    operand.kind === "name" || operand.kind === "imm" ? [operand.value] : [],
  );
  const [coprocessor, opc1, crn, crm, opc2 = 0] = numbers;
  const operation = coprocessor === 15 ? cp15[`${opc1} ${crn} ${crm} ${opc2}`] : undefined;
  if (operation === undefined) {
    machine.unmodelled(`mcr p${coprocessor} ${opc1} c${crn} c${crm} ${opc2}`);
    return;
  }
  operation(machine, registersOf(insn.operands)[0]!);
}

const nothing = (): void => {};

/** Hints, barriers, CP15 maintenance, and the instructions that only raise an exception. */
export const systemSemantics: Semantics = {
  nop: nothing,
  hint: nothing,
  yield: nothing,
  // Waiting for an event or interrupt may end at any time: not waiting at all is one of the behaviours, and the weakest.
  wfe: nothing,
  wfi: nothing,
  sev: nothing,
  sevl: nothing,
  dbg: nothing,
  dmb: (machine, insn) => machine.dmb(barrierOption(insn)),
  dsb: (machine, insn) => machine.dsb(barrierOption(insn)),
  isb: (machine) => machine.isb(),
  mcr: moveToCoprocessor,
  it: (machine, insn) => {
    machine.core.it = insn.word & 0xff;
  },
  eret: (machine) => machine.exceptionReturn(),
  svc: (machine, insn) => machine.exception("svc", machine.pc + insn.size, immediateOf(insn)),
  bkpt: (machine, insn) => machine.exception("bkpt", machine.pc, immediateOf(insn)),
  udf: (machine, insn) => machine.exception("undefined", machine.pc, immediateOf(insn)),
};
