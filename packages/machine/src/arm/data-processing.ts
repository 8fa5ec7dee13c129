import { field, type Insn } from "@cmodx/codec";
import {
  addWithCarry,
  extract,
  not,
  type ShiftKind,
  shiftByRegister,
  shiftC,
  signAndZero,
  type WithCarry,
} from "../pseudocode/arithmetic.js";
import type { Flag, Operations } from "../pseudocode/operations.js";
import { immediateOf, isComparison, readRegister, registersOf, setsFlags, targetOf, writeRegister } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

interface Result<V> {
  readonly value: V;
  readonly flags: { readonly [F in Flag]?: V };
}

type Operation = <V>(m: Operations<V>, n: V, operand: WithCarry<V>) => Result<V>;

function sum<V>(m: Operations<V>, x: V, y: V, carry: V): Result<V> {
  const { result, flags } = addWithCarry(m, x, y, carry);
  return { value: result, flags };
}

/** N, Z from the result, C from the shifter; V is kept. */
function logical<V>(m: Operations<V>, value: V, { carry }: WithCarry<V>): Result<V> {
  return { value, flags: { ...signAndZero(m, value), C: carry } };
}

const operations: Readonly<Record<string, Operation>> = {
  and: (m, n, s) => logical(m, m.binary("and", n, s.value), s),
  eor: (m, n, s) => logical(m, m.binary("xor", n, s.value), s),
  orr: (m, n, s) => logical(m, m.binary("or", n, s.value), s),
  orn: (m, n, s) => logical(m, m.binary("or", n, not(m, s.value)), s),
  bic: (m, n, s) => logical(m, m.binary("and", n, not(m, s.value)), s),
  mov: (m, _, s) => logical(m, s.value, s),
  mvn: (m, _, s) => logical(m, not(m, s.value), s),
  tst: (m, n, s) => logical(m, m.binary("and", n, s.value), s),
  teq: (m, n, s) => logical(m, m.binary("xor", n, s.value), s),
  add: (m, n, s) => sum(m, n, s.value, m.constant(0)),
  sub: (m, n, s) => sum(m, n, not(m, s.value), m.constant(1)),
  rsb: (m, n, s) => sum(m, not(m, n), s.value, m.constant(1)),
  adc: (m, n, s) => sum(m, n, s.value, m.flag("C")),
  sbc: (m, n, s) => sum(m, n, not(m, s.value), m.flag("C")),
  rsc: (m, n, s) => sum(m, not(m, n), s.value, m.flag("C")),
  cmp: (m, n, s) => sum(m, n, not(m, s.value), m.constant(1)),
  cmn: (m, n, s) => sum(m, n, s.value, m.constant(0)),
};

const unary = new Set(["mov", "mvn"]);

/** AND to CMN, MOV and MVN, in all their encodings: the second operand is an immediate, a register, or a shifted register. */
const dataProcessing: Semantic = (m, insn) => {
  const { mnemonic, operands, encoding } = insn;
  const operand = secondOperand(m, insn);
  const usesSp = encoding!.id.includes("_sp_");
  // What is left when the second operand is taken: destination and first operand, once where they are the same register.
  const all = registersOf(operands);
  const rest = all.slice(0, all.length - operand.registers);
  const first = usesSp ? 13 : rest.at(-1)!;
  const destination = isComparison(mnemonic) ? undefined : usesSp ? (rest[0] ?? 13) : rest[0];
  const n = unary.has(mnemonic) ? m.constant(0) : readRegister(m, insn, first);
  const { value, flags } = operations[mnemonic]!(m, n, operand);
  if (destination === 15 && setsFlags(insn)) {
    // SUBS PC, LR and its kin: an exception return.
    m.exceptionReturn(value);
    return;
  }
  if (setsFlags(insn)) m.setFlags(flags);
  if (destination !== undefined) writeRegister(m, insn, destination, value);
};

/** The last operand with its shift, and how many register operands it takes up. */
function secondOperand<V>(m: Operations<V>, insn: Insn): WithCarry<V> & { readonly registers: number } {
  const { operands } = insn;
  // 16-bit RSB subtracts from zero, which its syntax fixes: there is no operand for it.
  if (insn.mnemonic === "rsb" && insn.size === 2) return { value: m.constant(0), carry: m.flag("C"), registers: 0 };
  if (operands.some((operand) => operand.kind === "imm")) {
    const value = immediateOf(insn);
    const rotated = insn.isa === "a32" ? (insn.word & 0xf00) !== 0 : insn.size === 4 && (insn.word & 0x4004000) !== 0;
    return { value: m.constant(value), carry: rotated ? m.constant(value >>> 31) : m.flag("C"), registers: 0 };
  }
  const registers = registersOf(operands);
  const shifter = operands.find((operand) => operand.kind === "shift" || operand.kind === "shiftReg");
  if (shifter?.kind === "shiftReg") {
    const by = readRegister(m, insn, registers.at(-1)!);
    const value = readRegister(m, insn, registers.at(-2)!);
    return { ...shiftByRegister(m, value, shifter.shift, by, m.flag("C")), registers: 2 };
  }
  const value = readRegister(m, insn, registers.at(-1)!);
  if (shifter?.kind === "shift")
    return { ...shiftC(m, value, shifter.shift, shifter.amount, m.flag("C")), registers: 1 };
  return { value, carry: m.flag("C"), registers: 1 };
}

/** LSL, LSR, ASR, ROR by an immediate or a register, and RRX. */
const shift: Semantic = (m, insn) => {
  const registers = registersOf(insn.operands);
  const kind = insn.mnemonic as ShiftKind;
  const byImmediate = kind === "rrx" || insn.operands.some((operand) => operand.kind === "imm");
  const source = readRegister(m, insn, byImmediate ? registers.at(-1)! : registers.at(-2)!);
  const shifted = byImmediate
    ? shiftC(m, source, kind, immediateOf(insn), m.flag("C"))
    : shiftByRegister(m, source, kind, readRegister(m, insn, registers.at(-1)!), m.flag("C"));
  if (registers[0] === 15 && setsFlags(insn)) {
    m.exceptionReturn(shifted.value);
    return;
  }
  if (setsFlags(insn)) m.setFlags({ ...signAndZero(m, shifted.value), C: shifted.carry });
  writeRegister(m, insn, registers[0]!, shifted.value);
};

/** UXTB to SXTAB16: a byte, halfword or two bytes of a rotated register, extended, and added where there is a first operand. */
const extend: Semantic = (m, insn) => {
  const registers = registersOf(insn.operands);
  const rotation = insn.operands.find((operand) => operand.kind === "shift");
  const source = readRegister(m, insn, registers.at(-1)!);
  const rotated =
    rotation?.kind === "shift" && rotation.amount > 0 ? m.binary("rotr", source, m.constant(rotation.amount)) : source;
  const signed = insn.mnemonic.startsWith("s");
  const accumulates = insn.mnemonic[3] === "a";
  const n = accumulates ? readRegister(m, insn, registers[1]!) : undefined;
  if (insn.mnemonic.endsWith("16")) {
    const halves = [0, 16].map((at) => {
      const byte = extract(m, rotated, at, 8, signed);
      const sum = n === undefined ? byte : m.binary("add", byte, m.binary("shr", n, m.constant(at)));
      return m.binary("and", sum, m.constant(0xffff));
    });
    m.setRegister(registers[0]!, m.binary("or", halves[0]!, m.binary("shl", halves[1]!, m.constant(16))));
    return;
  }
  const value = extract(m, rotated, 0, insn.mnemonic.endsWith("h") ? 16 : 8, signed);
  m.setRegister(registers[0]!, n === undefined ? value : m.binary("add", n, value));
};

/** Data processing, moves, shifts and extensions. */
export const dataProcessingSemantics: Semantics = {
  ...Object.fromEntries(Object.keys(operations).map((mnemonic) => [mnemonic, dataProcessing])),
  ...Object.fromEntries(["lsl", "lsr", "asr", "ror", "rrx"].map((mnemonic) => [mnemonic, shift])),
  ...Object.fromEntries(
    ["s", "u"].flatMap((sign) =>
      ["b", "h", "b16"].flatMap((size) => [
        [`${sign}xt${size}`, extend],
        [`${sign}xta${size}`, extend],
      ]),
    ),
  ),
  movw: (m, insn) => m.setRegister(registersOf(insn.operands)[0]!, m.constant(immediateOf(insn))),
  movt: (m, insn) => {
    const d = registersOf(insn.operands)[0]!;
    const low = m.binary("and", m.register(d), m.constant(0xffff));
    m.setRegister(d, m.binary("or", low, m.constant(immediateOf(insn) << 16)));
  },
  adr: (m, insn) => writeRegister(m, insn, field(insn, "Rd")!, m.constant(targetOf(insn))),
};
