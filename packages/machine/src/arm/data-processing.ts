import { field, type Insn, inItBlock } from "@cmodx/codec";
import { addWithCarry } from "../arithmetic.js";
import type { Builder } from "../builder.js";
import type { Value } from "../core-state.js";
import { immediateOf, readRegister, registersOf, type Shifted, shift, targetOf, writeRegister } from "./operand.js";
import type { Semantics } from "./semantics.js";

interface Result {
  readonly value: number;
  /** N, Z, C, V where the operation sets them; C and V of logical operations come from the shifter and stay. */
  readonly flags: number;
}

type Operation = (n: number, m: number, carry: number, old: number) => Result;

const sum = (x: number, y: number, carry: number): Result => {
  const { result, flags } = addWithCarry(x, y, carry);
  return { value: result, flags };
};

const logical =
  (operation: (n: number, m: number) => number): Operation =>
  (n, m, carry, old) => {
    const value = operation(n, m) | 0;
    return { value, flags: (value < 0 ? 8 : 0) | (value === 0 ? 4 : 0) | (carry << 1) | (old & 1) };
  };

/** By mnemonic; `carry` is the shifter's for logical operations and the C flag for the others. */
const operations: Readonly<Record<string, Operation>> = {
  and: logical((n, m) => n & m),
  eor: logical((n, m) => n ^ m),
  orr: logical((n, m) => n | m),
  orn: logical((n, m) => n | ~m),
  bic: logical((n, m) => n & ~m),
  mov: logical((_, m) => m),
  mvn: logical((_, m) => ~m),
  tst: logical((n, m) => n & m),
  teq: logical((n, m) => n ^ m),
  add: (n, m) => sum(n, m, 0),
  sub: (n, m) => sum(n, ~m, 1),
  rsb: (n, m) => sum(~n, m, 1),
  adc: (n, m, _, old) => sum(n, m, (old >> 1) & 1),
  sbc: (n, m, _, old) => sum(n, ~m, (old >> 1) & 1),
  rsc: (n, m, _, old) => sum(~n, m, (old >> 1) & 1),
  cmp: (n, m) => sum(n, ~m, 1),
  cmn: (n, m) => sum(n, m, 0),
};

const comparisons = new Set(["tst", "teq", "cmp", "cmn"]);
const usesCarry = new Set(["adc", "sbc", "rsc"]);
const unary = new Set(["mov", "mvn"]);
const shifts = new Set(["lsl", "lsr", "asr", "ror", "rrx"]);

function setsFlags(insn: Insn): boolean {
  if (insn.encoding?.spec.flags === undefined) return false;
  const s = field(insn, "S");
  if (s !== undefined) return s === 1;
  // 16-bit encodings set the flags outside IT blocks only, compares always.
  return comparisons.has(insn.mnemonic) || insn.size === 4 || !inItBlock(insn.it);
}

/** AND to CMN, MOV and MVN, in all their encodings: the second operand is an immediate, a register, or a shifted register. */
function dataProcessing(machine: Builder, insn: Insn): void {
  const { mnemonic, operands } = insn;
  const registers = registersOf(operands);
  const second = secondOperand(machine, insn);
  const usesSp = insn.encoding?.id.includes("_sp_") ?? false;
  // What is left when the second operand is taken: destination and first operand, once where they are the same register.
  const rest = registers.slice(0, registers.length - second.registers);
  if (usesSp && !operands.some((operand) => operand.kind === "reg" && operand.reg === 13)) rest.push(13);
  const destination = comparisons.has(mnemonic) ? undefined : rest[0];
  const firstRegister = rest[rest.length - 1]!;
  const first = unary.has(mnemonic) ? machine.constant(0) : readRegister(machine, insn, firstRegister);

  const flags = machine.flags();
  const { value, flags: result } = operations[mnemonic]!(first.value, second.value.value, second.carry, flags.value);
  const inputs = usesCarry.has(mnemonic) ? [first, second.value, flags] : [first, second.value];
  if (setsFlags(insn)) {
    // Logical operations keep V, and C unless the shifter makes one: their flags depend on the old ones too.
    const keeps = mnemonic in operations && !["add", "sub", "rsb", "cmp", "cmn"].includes(mnemonic);
    machine.setFlags(machine.compute(result, ...inputs, ...(keeps ? [flags] : [])));
  }
  if (destination !== undefined) writeRegister(machine, insn, destination, machine.compute(value, ...inputs));
}

/** The last operand with its shift, and how many register operands it takes up. */
function secondOperand(machine: Builder, insn: Insn): Shifted & { readonly registers: number } {
  const { operands } = insn;
  const carryIn = (machine.flags().value >> 1) & 1;
  // 16-bit RSB subtracts from zero, which its syntax fixes: there is no operand for it.
  if (insn.mnemonic === "rsb" && insn.size === 2) return { value: machine.constant(0), carry: carryIn, registers: 0 };
  if (operands.some((operand) => operand.kind === "imm")) {
    const rotated = insn.isa === "a32" ? (insn.word & 0xf00) !== 0 : insn.size === 4 && (insn.word & 0x4004000) !== 0;
    const value = immediateOf(insn);
    return { value: machine.constant(value), carry: rotated ? (value >>> 31) & 1 : carryIn, registers: 0 };
  }
  const at = operands.findIndex((operand) => operand.kind === "shift" || operand.kind === "shiftReg");
  const registers = registersOf(operands);
  const shifter = operands[at];
  if (shifter?.kind === "shiftReg") {
    const by = readRegister(machine, insn, registers[registers.length - 1]!);
    const value = readRegister(machine, insn, registers[registers.length - 2]!);
    const { value: shifted, carry } = shift(machine, value, shifter.shift, by.value & 0xff, carryIn);
    return { value: machine.compute(shifted.value, value, by), carry, registers: 2 };
  }
  const value = readRegister(machine, insn, registers[registers.length - 1]!);
  if (shifter?.kind === "shift") {
    return { ...shift(machine, value, shifter.shift, shifter.amount, carryIn), registers: 1 };
  }
  return { value, carry: carryIn, registers: 1 };
}

/** LSL, LSR, ASR, ROR by an immediate or a register, and RRX. */
function shiftInstruction(machine: Builder, insn: Insn): void {
  const registers = registersOf(insn.operands);
  const byImmediate = insn.mnemonic === "rrx" || insn.operands.some((operand) => operand.kind === "imm");
  const destination = registers[0]!;
  const value = readRegister(
    machine,
    insn,
    byImmediate ? registers[registers.length - 1]! : registers[registers.length - 2]!,
  );
  const by = byImmediate
    ? machine.constant(immediateOf(insn))
    : readRegister(machine, insn, registers[registers.length - 1]!);
  const flags = machine.flags();
  const { value: shifted, carry } = shift(machine, value, insn.mnemonic, by.value & 0xff, (flags.value >> 1) & 1);
  const inputs = insn.mnemonic === "rrx" ? [value, by, flags] : [value, by];
  const result = machine.compute(shifted.value, ...inputs);
  if (setsFlags(insn)) {
    const { value: x } = result;
    const bits = (x < 0 ? 8 : 0) | (x === 0 ? 4 : 0) | (carry << 1) | (flags.value & 1);
    machine.setFlags(machine.compute(bits, result, flags));
  }
  writeRegister(machine, insn, destination, result);
}

function moveWide(machine: Builder, insn: Insn): void {
  const destination = registersOf(insn.operands)[0]!;
  if (insn.mnemonic === "movw") {
    machine.setRegister(destination, machine.constant(immediateOf(insn)));
    return;
  }
  const old = machine.register(destination);
  machine.setRegister(destination, machine.compute((old.value & 0xffff) | (immediateOf(insn) << 16), old));
}

function extend(machine: Builder, insn: Insn): void {
  const registers = registersOf(insn.operands);
  const rotation = insn.operands.find((operand) => operand.kind === "shift");
  const source = readRegister(machine, insn, registers[registers.length - 1]!);
  const { value: rotated } = shift(machine, source, "ror", rotation?.kind === "shift" ? rotation.amount : 0, 0);
  const bits = insn.mnemonic.endsWith("h") ? 16 : 8;
  const low: Value = machine.compute((rotated.value << (32 - bits)) >>> (32 - bits), rotated);
  const value = insn.mnemonic.startsWith("s") ? (low.value << (32 - bits)) >> (32 - bits) : low.value;
  writeRegister(machine, insn, registers[0]!, machine.compute(value, low));
}

/** Data processing, moves and shifts. */
export const dataProcessingSemantics: Semantics = {
  ...Object.fromEntries(Object.keys(operations).map((mnemonic) => [mnemonic, dataProcessing])),
  ...Object.fromEntries([...shifts].map((mnemonic) => [mnemonic, shiftInstruction])),
  movw: moveWide,
  movt: moveWide,
  uxth: extend,
  uxtb: extend,
  sxth: extend,
  sxtb: extend,
  adr: (machine, insn) =>
    writeRegister(machine, insn, registersOf(insn.operands)[0]!, machine.constant(targetOf(insn))),
};
