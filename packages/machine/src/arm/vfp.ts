import { field, type Insn } from "@cmodx/codec";
import { extract } from "../pseudocode/arithmetic.js";
import { type DoubleWords, type Fixed, ofFixed, toFixed } from "../pseudocode/float-words.js";
import type { Convert, FloatBinary, Operations } from "../pseudocode/operations.js";
import { addressOf, multipleOf } from "./load-store.js";
import { immediatesOf, registersOf } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

type Size = 32 | 64;

/** The extension registers among the operands, in order: S or D numbers. */
function vectorsOf(insn: Insn): number[] {
  return insn.operands.flatMap((operand) => (operand.kind === "vreg" ? [operand.reg] : []));
}

function sizeOf(insn: Insn): Size {
  return insn.mnemonic.endsWith("64") ? 64 : 32;
}

function read<V>(m: Operations<V>, size: Size, n: number): V {
  return size === 64 ? m.double(n) : m.word(n);
}

function write<V>(m: Operations<V>, size: Size, n: number, value: V): void {
  if (size === 64) m.setDouble(n, value);
  else m.setWord(n, value);
}

/** FPNeg and FPAbs change the sign bit only, of NaNs too. */
function signed<V>(m: Operations<V>, size: Size, x: V, sign: "neg" | "abs"): V {
  const change = (word: V): V =>
    sign === "neg" ? m.binary("xor", word, m.constant(0x80000000)) : m.binary("and", word, m.constant(0x7fffffff));
  return size === 64 ? m.joined(m.half(x, false), change(m.half(x, true))) : change(x);
}

const binary =
  (operation: FloatBinary, negated = false): Semantic =>
  (m, insn) => {
    const size = sizeOf(insn);
    const [d, n, other] = vectorsOf(insn);
    const result = m.float(operation, size, read(m, size, n!), read(m, size, other!));
    write(m, size, d!, negated ? signed(m, size, result, "neg") : result);
  };

/** VMLA and its kin: the product is rounded, then the sum. */
const accumulate =
  (negateProduct: boolean, negateSum: boolean): Semantic =>
  (m, insn) => {
    const size = sizeOf(insn);
    const [d, n, other] = vectorsOf(insn);
    const product = m.float("fmul", size, read(m, size, n!), read(m, size, other!));
    const old = read(m, size, d!);
    const x = negateSum ? signed(m, size, old, "neg") : old;
    write(m, size, d!, m.float("fadd", size, x, negateProduct ? signed(m, size, product, "neg") : product));
  };

const sign =
  (which: "neg" | "abs"): Semantic =>
  (m, insn) => {
    const size = sizeOf(insn);
    const [d, x] = vectorsOf(insn);
    write(m, size, d!, signed(m, size, read(m, size, x!), which));
  };

/** `signals`: VCMPE, for which quiet NaNs are invalid too. */
const compare =
  (signals: boolean): Semantic =>
  (m, insn) => {
    const size = sizeOf(insn);
    const [d, x] = vectorsOf(insn);
    const zero = size === 64 ? m.joined(m.constant(0), m.constant(0)) : m.constant(0);
    m.setSystem("fpscr.nzcv", m.compare(size, read(m, size, d!), x === undefined ? zero : read(m, size, x), signals));
  };

const convert =
  (operation: (insn: Insn) => Convert, to: Size, from: Size): Semantic =>
  (m, insn) => {
    const [d, x] = vectorsOf(insn);
    write(m, to, d!, m.convert(operation(insn), read(m, from, x!)));
  };

const unsignedBy = (insn: Insn, name: string): "s" | "u" => (field(insn, name) === 1 ? "s" : "u");

/**
 * Fixed-point numbers of 16 or 32 bits, some of them behind the point; the register is source and destination. To them it is towards zero,
 * from them to nearest, whatever the FPSCR says.
 */
const fixed =
  (bits: 16 | 32, size: Size, isToFixed: boolean): Semantic =>
  (m, insn) => {
    const [d] = vectorsOf(insn);
    const words = size === 64 ? [2 * d!, 2 * d! + 1] : [d!];
    const point: Fixed = { bits, fraction: immediatesOf(insn).at(-1)!, isSigned: field(insn, "U") === 0 };
    const args = words.map((word) => m.word(word));
    // The fixed-point number fills the register, extended.
    const values = words.map((_, i) =>
      m.compute(([low, high = 0], fpscr) => {
        const x: DoubleWords = [low!, high];
        return (isToFixed ? toFixed(size, x, point, false, fpscr) : ofFixed(size, low!, point, false, fpscr))[i]!;
      }, args),
    );
    words.forEach((word, i) => {
      m.setWord(word, values[i]!);
    });
  };

/** VFPExpandImm: the immediate as the bits of a float. */
const moveImmediate: Semantic = (m, insn) => {
  const imm8 = (field(insn, "imm4H")! << 4) | field(insn, "imm4L")!;
  const [d] = vectorsOf(insn);
  const [signBit, b, rest] = [imm8 >> 7, (imm8 >> 6) & 1, imm8 & 63];
  if (sizeOf(insn) === 32) {
    m.setWord(d!, m.constant((signBit << 31) | ((b ^ 1) << 30) | ((b ? 31 : 0) << 25) | (rest << 19)));
    return;
  }
  m.setWord(2 * d!, m.constant(0));
  m.setWord(2 * d! + 1, m.constant((signBit << 31) | ((b ^ 1) << 30) | ((b ? 255 : 0) << 22) | (rest << 16)));
};

const moveRegister: Semantic = (m, insn) => {
  const [d, x] = vectorsOf(insn);
  if (sizeOf(insn) === 32) return m.setWord(d!, m.word(x!));
  const [low, high] = [m.word(2 * x!), m.word(2 * x! + 1)];
  m.setWord(2 * d!, low);
  m.setWord(2 * d! + 1, high);
};

/** VMOV between a core register and a lane of a doubleword register. */
const moveLane =
  (bits: 8 | 16 | 32, toLane: boolean): Semantic =>
  (m, insn) => {
    const lane = insn.operands.find((operand) => operand.kind === "vreg");
    if (lane?.kind !== "vreg") return;
    const at = (lane.lane ?? 0) * bits;
    const word = 2 * lane.reg + (at >> 5);
    const t = field(insn, "Rt")!;
    if (!toLane) {
      m.setRegister(t, extract(m, m.word(word), at & 31, bits, field(insn, "U") === 0));
      return;
    }
    m.setWord(word, inserted(m, m.word(word), m.register(t), at & 31, bits));
  };

/** A word with `bits` bits of it replaced. */
export function inserted<V>(m: Operations<V>, word: V, value: V, at: number, bits: number): V {
  if (bits === 32) return value;
  const mask = (2 ** bits - 1) << at;
  const kept = m.binary("and", word, m.constant(~mask));
  return m.binary("or", kept, m.binary("and", m.binary("shl", value, m.constant(at)), m.constant(mask)));
}

/** VMOV of one or two words: extension registers first in the syntax when they are written. */
const moveWords: Semantic = (m, insn) => {
  const registers = registersOf(insn.operands);
  const words = insn.operands.flatMap((operand) => {
    if (operand.kind !== "vreg") return [];
    return operand.size === "d" ? [2 * operand.reg, 2 * operand.reg + 1] : [operand.reg];
  });
  const toWords = insn.operands[0]!.kind === "vreg";
  registers.forEach((register, i) => {
    if (toWords) m.setWord(words[i]!, m.register(register));
    else m.setRegister(register, m.word(words[i]!));
  });
};

const loadStore: Semantic = (m, insn) => {
  const [n] = vectorsOf(insn);
  const words = sizeOf(insn) === 64 ? [2 * n!, 2 * n! + 1] : [n!];
  const { address } = addressOf(m, insn);
  transfer(m, address, words, insn.mnemonic.startsWith("vldr"));
};

function transfer<V>(m: Operations<V>, lowest: V, words: readonly number[], isLoad: boolean): void {
  const at = (i: number): V => (i === 0 ? lowest : m.binary("add", lowest, m.constant(4 * i)));
  if (isLoad) {
    const values = words.map((_, i) => m.load(at(i), 4, { aligned: true }));
    words.forEach((word, i) => {
      m.setWord(word, values[i]!);
    });
  } else
    words.forEach((word, i) => {
      m.store(at(i), m.word(word), 4, { aligned: true });
    });
}

/** VLDM, VSTM, VPUSH, VPOP, and FLDMX, FSTMX, which move a word more than there is. */
const multiple: Semantic = (m, insn) => {
  const count = field(insn, "imm8")!;
  const [d, v] = [field(insn, "D")!, field(insn, "Vd")!];
  const isSingle = insn.mnemonic.endsWith("32");
  const first = isSingle ? (v << 1) | d : 2 * ((d << 4) | v);
  const words = Array.from({ length: isSingle ? count : count & ~1 }, (_, i) => first + i);
  const base = field(insn, "Rn") ?? 13;
  const [name] = insn.mnemonic.split("_");
  const { lowest, moved } = multipleOf(
    m,
    base === 15 ? m.constant((insn.address + (insn.isa === "a32" ? 8 : 4)) & ~3) : m.register(base),
    count,
    name === "vpush" || name!.includes("db") ? "db" : "ia",
  );
  transfer(m, lowest, words, /^(vldm|fldm|vpop)/.test(name!));
  if (writesBack(insn)) m.setRegister(base, moved);
};

function writesBack(insn: Insn): boolean {
  return field(insn, "W") === 1 || /^(vpush|vpop)|db/.test(insn.mnemonic);
}

const fromStatus: Semantic = (m, insn) => {
  const t = field(insn, "Rt")!;
  const nzcv = m.system("fpscr.nzcv");
  if (t !== 15) {
    m.setRegister(t, m.binary("or", m.system("fpscr"), m.binary("shl", nzcv, m.constant(28))));
    return;
  }
  const bit = (at: number): typeof nzcv => extract(m, nzcv, at, 1, false);
  m.setFlags({ N: bit(3), Z: bit(2), C: bit(1), V: bit(0) });
};

const toStatus: Semantic = (m, insn) => {
  const value = m.register(field(insn, "Rt")!);
  m.setSystem("fpscr", m.binary("and", value, m.constant(0x0fffffff)));
  m.setSystem("fpscr.nzcv", m.binary("shr", value, m.constant(28)));
};

/** Registers that say what there is of floating point, or switch it: PL1's, though ARMv7 lets nobody else see them either. */
const systemMoves: Semantics = Object.fromEntries(
  (["fpsid", "mvfr0", "mvfr1", "fpexc", "fpinst", "fpinst2"] as const).flatMap((state): [string, Semantic][] => [
    [`vmrs_${state}`, (m, insn) => m.setRegister(field(insn, "Rt")!, m.system(state))],
    [`vmsr_${state}`, (m, insn) => m.setSystem(state, m.register(field(insn, "Rt")!))],
  ]),
);

const both = (stem: string, semantic: Semantic): Semantics => ({
  [`${stem}_f32`]: semantic,
  [`${stem}_f64`]: semantic,
});

const fixedPoint = Object.fromEntries(
  ([16, 32] as const).flatMap((bits) =>
    ([32, 64] as const).flatMap((size) => [
      [`vcvt_f${size}_fix${bits}`, fixed(bits, size, false)],
      [`vcvt_fix${bits}_f${size}`, fixed(bits, size, true)],
    ]),
  ),
);

/** The VFP extension, by the name of the row: the instruction with its data type. */
export const vfpSemantics: Semantics = {
  ...both("vadd", binary("fadd")),
  ...both("vsub", binary("fsub")),
  ...both("vmul", binary("fmul")),
  ...both("vdiv", binary("fdiv")),
  ...both("vnmul", binary("fmul", true)),
  ...both("vmla", accumulate(false, false)),
  ...both("vmls", accumulate(true, false)),
  ...both("vnmla", accumulate(true, true)),
  ...both("vnmls", accumulate(false, true)),
  ...both("vabs", sign("abs")),
  ...both("vneg", sign("neg")),
  ...both("vsqrt", (m, insn) => {
    const size = sizeOf(insn);
    const [d, x] = vectorsOf(insn);
    write(m, size, d!, m.float("fsqrt", size, read(m, size, x!)));
  }),
  ...both("vcmp", compare(false)),
  ...both("vcmpe", compare(true)),
  ...both("vcmp_zero", compare(false)),
  ...both("vcmpe_zero", compare(true)),
  vcvt_f64_f32: convert(() => "f64_f32", 64, 32),
  vcvt_f32_f64: convert(() => "f32_f64", 32, 64),
  vcvt_f32_int: convert((insn) => `f32_${unsignedBy(insn, "op")}32`, 32, 32),
  vcvt_f64_int: convert((insn) => `f64_${unsignedBy(insn, "op")}32`, 64, 32),
  vcvt_int_f32: convert((insn) => `${unsignedBy(insn, "s")}32_f32`, 32, 32),
  vcvt_int_f64: convert((insn) => `${unsignedBy(insn, "s")}32_f64`, 32, 64),
  vcvtr_int_f32: convert((insn) => `round_${unsignedBy(insn, "s")}32_f32`, 32, 32),
  vcvtr_int_f64: convert((insn) => `round_${unsignedBy(insn, "s")}32_f64`, 32, 64),
  ...fixedPoint,
  ...both("vmov_imm", moveImmediate),
  ...both("vmov_reg", moveRegister),
  ...Object.fromEntries(
    ([8, 16, 32] as const).flatMap((bits) => [
      [`vmov_to_scalar${bits}`, moveLane(bits, true)],
      [`vmov_from_scalar${bits}`, moveLane(bits, false)],
    ]),
  ),
  vmov_to_single: moveWords,
  vmov_from_single: moveWords,
  vmov_to_two_singles: moveWords,
  vmov_from_two_singles: moveWords,
  vmov_to_double: moveWords,
  vmov_from_double: moveWords,
  vmrs_fpscr: fromStatus,
  vmsr_fpscr: toStatus,
  ...systemMoves,
  ...both("vldr", loadStore),
  ...both("vstr", loadStore),
  ...Object.fromEntries(
    ["vldmia", "vldmdb", "vstmia", "vstmdb", "vpush", "vpop"].flatMap((stem) => Object.entries(both(stem, multiple))),
  ),
  fldmiax: multiple,
  fldmdbx: multiple,
  fstmiax: multiple,
  fstmdbx: multiple,
};
