import { field, type Insn, type Operand } from "@cmodx/codec";
import { addWide, extract, not, subtractWide } from "../pseudocode/arithmetic.js";
import type { Operations } from "../pseudocode/operations.js";
import { setWords, type Vector, vectorsOf, wordsOf } from "./lanes.js";
import type { Semantic, Semantics } from "./semantics.js";
import { longResults, longShifts } from "./simd-lanes.js";
import { inserted } from "./vfp.js";

type Bits = 8 | 16 | 32;
type List = Extract<Operand, { kind: "vlist" }>;
type Memory = Extract<Operand, { kind: "mem" }>;

/** The elements of a register, each in the low bits of a value, extended. */
function elements<V>(m: Operations<V>, vector: Vector, bits: Bits, signed: boolean): V[] {
  return wordsOf(vector).flatMap((word) => {
    const value = m.word(word);
    return Array.from({ length: 32 / bits }, (_, i) => extract(m, value, i * bits, bits, signed));
  });
}

/** Puts elements into a register; bits of them beyond their size are dropped. */
function write<V>(m: Operations<V>, vector: Vector, bits: Bits, values: readonly V[]): void {
  const each = 32 / bits;
  const packed = wordsOf(vector).map((_, w) => {
    let word = m.constant(0);
    for (let i = 0; i < each; i++) word = inserted(m, word, values[w * each + i]!, i * bits, bits);
    return word;
  });
  setWords(m, wordsOf(vector), packed);
}

function bitsOf(insn: Insn): Bits {
  return (8 << field(insn, "size")!) as Bits;
}

const isSigned = (insn: Insn): boolean => field(insn, "U") === 0;

/** Bit by bit, on words: of the destination, and the two operands. */
const bitwise =
  (operation: <V>(m: Operations<V>, d: V, n: V, other: V) => V): Semantic =>
  (m, insn) => {
    const [d, n, other] = vectorsOf(insn);
    const [a, b] = [wordsOf(n!), wordsOf(other ?? n!)];
    const results = wordsOf(d!).map((word, i) => operation(m, m.word(word), m.word(a[i]!), m.word(b[i]!)));
    setWords(m, wordsOf(d!), results);
  };

/** The bits of `x` where the mask has ones, else those of `y`. */
function choose<V>(m: Operations<V>, mask: V, x: V, y: V): V {
  return m.binary("or", m.binary("and", x, mask), m.binary("and", y, not(m, mask)));
}

type ElementOperation = <V>(m: Operations<V>, n: V, other: V, d: V, insn: Insn) => V;

/** Element by element, all of one size; the operands are extended as the U bit says. */
const each =
  (operation: ElementOperation): Semantic =>
  (m, insn) => {
    const [bits, signed] = [bitsOf(insn), isSigned(insn)];
    const [d, n, other] = vectorsOf(insn);
    const [x, y, z] = [n!, other ?? n!, d!].map((vector) => elements(m, vector, bits, signed));
    write(
      m,
      d!,
      bits,
      x!.map((value, i) => operation(m, value, y![i]!, z![i]!, insn)),
    );
  };

/** Half of what the operands have in common and of where they differ, so that words need no more than 32 bits either. */
const halved =
  (join: <V>(m: Operations<V>, x: V, y: V, differs: V) => V): ElementOperation =>
  (m, x, y, _, insn) => {
    const shift = bitsOf(insn) === 32 && !isSigned(insn) ? "shr" : "sar";
    return join(m, x, y, m.binary(shift, m.binary("xor", x, y), m.constant(1)));
  };

/** VADD and VSUB, of elements of 64 bits too. */
const addOrSubtract =
  (operation: "add" | "sub"): Semantic =>
  (m, insn) => {
    if (field(insn, "size") !== 3) return each((n, x, y) => n.binary(operation, x, y))(m, insn);
    const [d, n, other] = vectorsOf(insn).map(wordsOf);
    const wide = operation === "add" ? addWide : subtractWide;
    const sums = [m.constant(0)].slice(1);
    for (let i = 0; i < d!.length; i += 2) {
      const [x, y] = [n!, other!].map((words) => ({ low: m.word(words[i]!), high: m.word(words[i + 1]!) }));
      const { low, high } = wide(m, x!, y!);
      sums.push(low, high);
    }
    setWords(m, d!, sums);
  };

/** All ones where it holds. */
function mask<V>(m: Operations<V>, condition: V): V {
  return m.binary("sub", m.constant(0), condition);
}

function larger<V>(m: Operations<V>, x: V, y: V): V {
  return m.binary("lt", y, x);
}

/** Elements of less than 32 bits are extended and compare as signed numbers; unsigned words do not. */
function less<V>(m: Operations<V>, x: V, y: V, insn: Insn): V {
  return m.binary(bitsOf(insn) === 32 && !isSigned(insn) ? "ltu" : "lt", x, y);
}

const difference: ElementOperation = (m, x, y, _, insn) =>
  m.select(less(m, x, y, insn), m.binary("sub", y, x), m.binary("sub", x, y));

/** Neighbours of both operands put together: those of the first make the lower half. */
const pairwise =
  (operation: ElementOperation): Semantic =>
  (m, insn) => {
    const [bits, signed] = [bitsOf(insn), isSigned(insn)];
    const [d, n, other] = vectorsOf(insn);
    const all = [...elements(m, n!, bits, signed), ...elements(m, other!, bits, signed)];
    const pairs = Array.from({ length: all.length / 2 }, (_, i) =>
      operation(m, all[2 * i]!, all[2 * i + 1]!, m.constant(0), insn),
    );
    write(m, d!, bits, pairs);
  };

/** Compared with zero. */
const withZero =
  (operation: <V>(m: Operations<V>, x: V) => V): Semantic =>
  (m, insn) => {
    const bits = bitsOf(insn);
    const [d, x] = vectorsOf(insn);
    write(
      m,
      d!,
      bits,
      elements(m, x!, bits, true).map((value) => mask(m, operation(m, value))),
    );
  };

/** Shifts by an immediate. */
const shift =
  (what: "right" | "accumulate" | "left"): Semantic =>
  (m, insn) => {
    const [size, amount] = [
      insn.operands.find((one) => one.kind === "name" && /^\d+$/.test(one.name)),
      insn.operands.at(-1)!,
    ];
    const bits = size?.kind === "name" ? size.value : 64;
    if (bits === 64 || amount.kind !== "imm") return longShifts[insn.mnemonic]!(m, insn);
    const [d, x] = vectorsOf(insn);
    const signed = isSigned(insn);
    const by = amount.value;
    const old = elements(m, d!, bits as Bits, false);
    const shifted = elements(m, x!, bits as Bits, signed).map((value, i) => {
      if (what === "left") return m.binary("shl", value, m.constant(by));
      const result =
        by === 32
          ? signed
            ? m.binary("sar", value, m.constant(31))
            : m.constant(0)
          : m.binary(signed ? "sar" : "shr", value, m.constant(by));
      return what === "accumulate" ? m.binary("add", old[i]!, result) : result;
    });
    write(m, d!, bits as Bits, shifted);
  };

/** VMOVL: each element twice as wide. */
const lengthen =
  (bits: 8 | 16): Semantic =>
  (m, insn) => {
    const [d, x] = vectorsOf(insn);
    write(m, d!, (2 * bits) as Bits, elements(m, x!, bits, isSigned(insn)));
  };

/** VADDL, VSUBL, VADDW, VSUBW, VMULL, VMLAL, VMLSL. */
const long =
  (operation: ElementOperation, wideFirst: boolean): Semantic =>
  (m, insn) => {
    const bits = bitsOf(insn);
    if (bits === 32) return longResults[insn.mnemonic]!(m, insn);
    const wide = (2 * bits) as Bits;
    const [d, n, other] = vectorsOf(insn);
    const x = elements(m, n!, wideFirst ? wide : bits, isSigned(insn));
    const y = elements(m, other!, bits, isSigned(insn));
    const old = elements(m, d!, wide, false);
    write(
      m,
      d!,
      wide,
      x.map((value, i) => operation(m, value, y[i]!, old[i]!, insn)),
    );
  };

/** VMOVN: the lower half of each element. */
const narrow: Semantic = (m, insn) => {
  const bits = bitsOf(insn);
  const [d, x] = vectorsOf(insn);
  if (bits === 32) {
    const [a, , b] = wordsOf(x!).map((word) => m.word(word));
    write(m, d!, 32, [a!, b!]);
  } else write(m, d!, bits, elements(m, x!, (2 * bits) as Bits, false));
};

/** VMOV, VMVN, VORR, VBIC with an immediate: the pattern fills the register. */
const immediate =
  (width: 8 | 16 | 32, operation: <V>(m: Operations<V>, d: V, constant: V) => V): Semantic =>
  (m, insn) => {
    const [d] = vectorsOf(insn);
    const operand = insn.operands.at(-1)!;
    const value = operand.kind === "imm" ? operand.value : 0;
    const pattern =
      width === 8 ? Math.imul(value, 0x01010101) : width === 16 ? Math.imul(value, 0x00010001) : value | 0;
    for (const word of wordsOf(d!)) m.setWord(word, operation(m, m.word(word), m.constant(pattern)));
  };

/** VMOV.I64: each bit of the immediate fills a byte. */
const byteMask: Semantic = (m, insn) => {
  const imm8 = (field(insn, "i")! << 7) | (field(insn, "imm3")! << 4) | field(insn, "imm4")!;
  const [d] = vectorsOf(insn);
  wordsOf(d!).forEach((word, i) => {
    const nibble = (imm8 >> (i % 2 === 0 ? 0 : 4)) & 15;
    const value = [0, 1, 2, 3].reduce((all, bit) => all | ((nibble >> bit) & 1 ? 0xff << (8 * bit) : 0), 0);
    m.setWord(word, m.constant(value));
  });
};

/** VDUP of a core register or of an element. */
const duplicate =
  (bits: Bits): Semantic =>
  (m, insn) => {
    const [d, from] = vectorsOf(insn);
    const value =
      from === undefined
        ? m.register(field(insn, "Rt")!)
        : elements(m, { ...from, size: "d" }, bits, false)[from.lane ?? 0]!;
    write(
      m,
      d!,
      bits,
      Array.from({ length: (wordsOf(d!).length * 32) / bits }, () => value),
    );
  };

/** VEXT: bytes from two registers in a row. */
const extractBytes: Semantic = (m, insn) => {
  const [d, n, other] = vectorsOf(insn);
  const bytes = [...elements(m, n!, 8, false), ...elements(m, other!, 8, false)];
  const from = field(insn, "imm4")!;
  write(m, d!, 8, bytes.slice(from, from + bytes.length / 2));
};

/** VREV16, VREV32, VREV64: the elements of each group in reverse. */
const reverse =
  (group: 16 | 32 | 64): Semantic =>
  (m, insn) => {
    const bits = bitsOf(insn);
    const [d, x] = vectorsOf(insn);
    const values = elements(m, x!, bits, false);
    const each = group / bits;
    write(
      m,
      d!,
      bits,
      values.map((_, i) => values[i - (i % each) + each - 1 - (i % each)]!),
    );
  };

/** VSWP, VTRN, VZIP, VUZP: both registers at once. */
const exchange =
  (order: (length: number) => number[]): Semantic =>
  (m, insn) => {
    const bits = insn.mnemonic === "vswp" ? 32 : bitsOf(insn);
    const [d, x] = vectorsOf(insn);
    if (d!.reg === x!.reg) return m.unpredictable("a register exchanged with itself is UNKNOWN afterwards");
    const all = [...elements(m, d!, bits, false), ...elements(m, x!, bits, false)];
    const mixed = order(all.length).map((at) => all[at]!);
    write(m, d!, bits, mixed.slice(0, all.length / 2));
    write(m, x!, bits, mixed.slice(all.length / 2));
  };

const indices = (length: number): number[] => Array.from({ length }, (_, i) => i);
const transposed = (length: number): number[] => {
  const half = length / 2;
  const low = indices(half).map((i) => (i % 2 === 0 ? i : half + i - 1));
  return [...low, ...indices(half).map((i) => (i % 2 === 0 ? i + 1 : half + i))];
};
const interleaved = (length: number): number[] => indices(length).map((i) => (i >> 1) + (i % 2) * (length / 2));
const separated = (length: number): number[] =>
  indices(length).map((i) => (i < length / 2 ? 2 * i : 2 * i - length + 1));

/** VLD1 to VLD4, VST1 to VST4: element after element, of one register after the other. */
const structures: Semantic = (m, insn) => {
  const list = insn.operands.find((operand): operand is List => operand.kind === "vlist")!;
  const memory = insn.operands.find((operand): operand is Memory => operand.kind === "mem")!;
  const isLoad = insn.mnemonic.startsWith("vld");
  const per = Number(insn.mnemonic[3]);
  const [, lane] = /_(?:lane|all)(\d+)/.exec(insn.encoding!.id) ?? [];
  const bits = lane === undefined ? Math.min(32, 8 << field(insn, "size")!) : Number(lane);
  const base = m.register(memory.base);
  if (memory.align) {
    const low = m.binary("and", base, m.constant(memory.align / 8 - 1));
    m.when(low, { branch: false, results: [] }, () => m.alignmentFault(base, isLoad ? "read" : "write"));
  }
  const bytes = bits / 8;
  const at = (i: number): typeof base => (i === 0 ? base : m.binary("add", base, m.constant(i * bytes)));
  const word = (register: number, element: number): readonly [number, number] => {
    const bit = element * bits;
    return [2 * register + (bit >> 5), bit & 31];
  };
  const registers = Array.from({ length: list.count }, (_, i) => list.first + i * list.step);
  // In memory order: which element of which register.
  const places: (readonly [number, number])[] = [];
  if (list.lane === "all") for (let i = 0; i < per; i++) places.push([registers[i]!, 0]);
  else if (list.lane !== undefined) for (const register of registers) places.push([register, list.lane]);
  else
    for (let group = 0; group < registers.length; group += per)
      for (let element = 0; element < 64 / bits; element++)
        for (let i = 0; i < per; i++) places.push([registers[group + i]!, element]);
  if (per === 2 && registers.length === 4 && list.lane === undefined) {
    // Two pairs, a register of each apart by two.
    places.length = 0;
    for (let group = 0; group < 2; group++)
      for (let element = 0; element < 64 / bits; element++)
        for (const register of [registers[group]!, registers[group + 2]!]) places.push([register, element]);
  }
  const sized = { 8: 1, 16: 2, 32: 4 }[bits]!;
  if (isLoad) {
    const values = places.map((_, i) => m.load(at(i), sized));
    places.forEach(([register, element], i) => {
      if (list.lane === "all") {
        const copies = per === 1 ? registers : [register];
        for (const copy of copies)
          write(
            m,
            { kind: "vreg", size: "d", reg: copy, field: "" },
            bits as Bits,
            Array.from({ length: 64 / bits }, () => values[i]!),
          );
        return;
      }
      const [to, bit] = word(register, element);
      m.setWord(to, inserted(m, m.word(to), values[i]!, bit, bits));
    });
  } else
    places.forEach(([register, element], i) => {
      const [from, bit] = word(register, element);
      m.store(at(i), extract(m, m.word(from), bit, bits, false), sized);
    });
  const index = field(insn, "Rm")!;
  if (index === 15) return;
  const by = index === 13 ? m.constant(places.length * bytes) : m.register(index);
  m.setRegister(memory.base, m.binary("add", base, by));
};

const named = (names: readonly string[], semantic: Semantic): Semantics =>
  Object.fromEntries(names.map((name) => [name, semantic]));

const constants = (stem: string, operation: <V>(m: Operations<V>, d: V, constant: V) => V): Semantics => ({
  [`${stem}_imm_i32`]: immediate(32, operation),
  [`${stem}_imm_i16`]: immediate(16, operation),
});

/** Advanced SIMD on integers whose results are words of sums, products and shifts of words, by the name of the row. */
export const simdSemantics: Semantics = {
  vand_reg: bitwise((m, _, n, x) => m.binary("and", n, x)),
  vbic_reg: bitwise((m, _, n, x) => m.binary("and", n, not(m, x))),
  vorr_reg: bitwise((m, _, n, x) => m.binary("or", n, x)),
  vorn_reg: bitwise((m, _, n, x) => m.binary("or", n, not(m, x))),
  veor: bitwise((m, _, n, x) => m.binary("xor", n, x)),
  vbsl: bitwise((m, d, n, x) => choose(m, d, n, x)),
  vbit: bitwise((m, d, n, x) => choose(m, x, n, d)),
  vbif: bitwise((m, d, n, x) => choose(m, x, d, n)),
  vmov_reg_simd: bitwise((_, __, n) => n),
  vmvn_reg: bitwise((m, _, n) => not(m, n)),
  ...constants("vmov", (_, __, constant) => constant),
  ...constants("vmvn", (m, _, constant) => not(m, constant)),
  ...constants("vorr", (m, d, constant) => m.binary("or", d, constant)),
  ...constants("vbic", (m, d, constant) => m.binary("and", d, not(m, constant))),
  vmov_imm_ones: immediate(32, (_, __, constant) => constant),
  vmvn_imm_ones: immediate(32, (m, _, constant) => not(m, constant)),
  vmov_imm_i8: immediate(8, (_, __, constant) => constant),
  vmov_imm_i64: byteMask,
  vadd_int: addOrSubtract("add"),
  vsub_int: addOrSubtract("sub"),
  vmul_int: each((m, x, y) => m.binary("mul", x, y)),
  vmla_int: each((m, x, y, d) => m.binary("add", d, m.binary("mul", x, y))),
  vmls_int: each((m, x, y, d) => m.binary("sub", d, m.binary("mul", x, y))),
  vceq_reg_int: each((m, x, y) => mask(m, m.binary("eq", x, y))),
  vtst: each((m, x, y) => mask(m, m.binary("xor", m.unary("eqz", m.binary("and", x, y)), m.constant(1)))),
  vcgt_reg_int: each((m, x, y, _, insn) => mask(m, less(m, y, x, insn))),
  vcge_reg_int: each((m, x, y, _, insn) => mask(m, m.unary("eqz", less(m, x, y, insn)))),
  vmax_int: each((m, x, y, _, insn) => m.select(less(m, x, y, insn), y, x)),
  vmin_int: each((m, x, y, _, insn) => m.select(less(m, x, y, insn), x, y)),
  vabd_int: each(difference),
  // Where both have a one it counts whole; where one has, half.
  vhadd_int: each(halved((m, x, y, differs) => m.binary("add", m.binary("and", x, y), differs))),
  vrhadd_int: each(halved((m, x, y, differs) => m.binary("sub", m.binary("or", x, y), differs))),
  vhsub_int: each(halved((m, x, y, differs) => m.binary("sub", differs, m.binary("and", not(m, x), y)))),
  vaba: each((m, x, y, d, insn) => m.binary("add", d, difference(m, x, y, d, insn))),
  vpadd_int: pairwise((m, x, y) => m.binary("add", x, y)),
  vpmax_int: pairwise((m, x, y, _, insn) => m.select(less(m, x, y, insn), y, x)),
  vpmin_int: pairwise((m, x, y, _, insn) => m.select(less(m, x, y, insn), x, y)),
  vcgt_zero_int: withZero((m, x) => larger(m, x, m.constant(0))),
  vcge_zero_int: withZero((m, x) => m.binary("le", m.constant(0), x)),
  vceq_zero_int: withZero((m, x) => m.unary("eqz", x)),
  vcle_zero_int: withZero((m, x) => m.binary("le", x, m.constant(0))),
  vclt_zero_int: withZero((m, x) => m.binary("lt", x, m.constant(0))),
  vabs_simd_int: (m, insn) => {
    const bits = bitsOf(insn);
    const [d, x] = vectorsOf(insn);
    const values = elements(m, x!, bits, true).map((value) => {
      const sign = m.binary("sar", value, m.constant(31));
      return m.binary("sub", m.binary("xor", value, sign), sign);
    });
    write(m, d!, bits, values);
  },
  vneg_simd_int: each((m, x) => m.binary("sub", m.constant(0), x)),
  vclz: (m, insn) => {
    const bits = bitsOf(insn);
    const [d, x] = vectorsOf(insn);
    const extra = m.constant(32 - bits);
    write(
      m,
      d!,
      bits,
      elements(m, x!, bits, false).map((value) => m.binary("sub", m.unary("clz", value), extra)),
    );
  },
  vshr: shift("right"),
  vsra: shift("accumulate"),
  vshl_imm: shift("left"),
  vmovl_8: lengthen(8),
  vmovl_16: lengthen(16),
  vmovn: narrow,
  vaddl: long((m, x, y) => m.binary("add", x, y), false),
  vsubl: long((m, x, y) => m.binary("sub", x, y), false),
  vaddw: long((m, x, y) => m.binary("add", x, y), true),
  vsubw: long((m, x, y) => m.binary("sub", x, y), true),
  vmull: long((m, x, y) => m.binary("mul", x, y), false),
  vmlal: long((m, x, y, d) => m.binary("add", d, m.binary("mul", x, y)), false),
  vmlsl: long((m, x, y, d) => m.binary("sub", d, m.binary("mul", x, y)), false),
  ...named(["vdup_core8", "vdup_scalar8"], duplicate(8)),
  ...named(["vdup_core16", "vdup_scalar16"], duplicate(16)),
  ...named(["vdup_core32", "vdup_scalar32"], duplicate(32)),
  vext: extractBytes,
  vrev16: reverse(16),
  vrev32: reverse(32),
  vrev64: reverse(64),
  vswp: exchange((length) => [...indices(length).slice(length / 2), ...indices(length / 2)]),
  vtrn: exchange(transposed),
  vzip: exchange(interleaved),
  vuzp: exchange(separated),
  ...named(
    ["vld", "vst"].flatMap((stem) =>
      [
        ...[
          "1_0111",
          "1_1010",
          "1_0110",
          "1_0010",
          "2_1000",
          "2_1001",
          "2_0011",
          "3_0100",
          "3_0101",
          "4_0000",
          "4_0001",
        ],
        ...[1, 2, 3, 4].flatMap((n) => [8, 16, 32].map((bits) => `${n}_lane${bits}`)),
      ].map((name) => stem + name),
    ),
    structures,
  ),
  ...named(
    [...[1, 2, 3, 4].flatMap((n) => [8, 16, 32].map((bits) => `vld${n}_all${bits}`)), "vld4_all32_128"],
    structures,
  ),
};
