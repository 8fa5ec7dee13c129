import { field, type Insn } from "@cmodx/codec";
import {
  extended,
  type Lane,
  lanes,
  type Source,
  saturating,
  setWords,
  type Vector,
  vectorsOf,
  wordsOf,
} from "./lanes.js";
import type { Semantic, Semantics } from "./semantics.js";

/** Of one instruction: bits of an element as the instruction names it, and whether elements are signed. */
interface Elements {
  readonly bits: number;
  readonly signed: boolean;
  /** The immediate, for shifts. */
  readonly by: bigint;
}

type LaneOf = (elements: Elements) => Lane;

/** The element's bits by the `size` field. */
const bySize = (insn: Insn): number => 8 << field(insn, "size")!;
/** The number that stands in the syntax. */
const byName = (insn: Insn): number => {
  const size = insn.operands.find((one) => one.kind === "name" && /^\d+$/.test(one.name));
  return size?.kind === "name" ? Number(size.name) : 64;
};

/** Are elements signed? By the operand `s` or `u`; where there is none, they are. */
function isSigned(insn: Insn): boolean {
  return !insn.operands.some((one) => one.kind === "name" && one.name === "u");
}

function elementsOf(insn: Insn, bits: number): Elements {
  const by = insn.operands.find((one) => one.kind === "imm");
  return { bits, signed: isSigned(insn), by: BigInt(by?.kind === "imm" ? by.value : 0) };
}

/** The elements of a register in order, or the one element that is named again and again. */
function source(vector: Vector, bits: number, signed: boolean): Source {
  const { lane } = vector;
  if (typeof lane === "number") return { vector: { ...vector, size: "d" }, bits, signed, at: () => lane };
  return { vector, bits, signed, at: (i) => i };
}

interface Lengths {
  /** Bits of an element as the instruction names it. */
  readonly named: (insn: Insn) => number;
  /** How long elements of the result and of the operands are, in those. */
  readonly d?: number;
  readonly n?: number;
  readonly m?: number;
}

/** Element by element. */
const by =
  ({ named, d: dLength = 1, n: nLength = 1, m: mLength = 1 }: Lengths, laneOf: LaneOf): Semantic =>
  (m, insn) => {
    const elements = elementsOf(insn, named(insn));
    const { bits, signed } = elements;
    const [d, n, other] = vectorsOf(insn);
    const x = source(n!, bits * nLength, signed);
    const y = other === undefined ? x : source(other, bits * mLength, signed);
    lanes(m, d!, bits * dLength, x, y, laneOf(elements));
  };

/** Neighbours of one operand, to elements twice as long. */
const pairs =
  (lane: Lane): Semantic =>
  (m, insn) => {
    const [bits, signed] = [bySize(insn), isSigned(insn)];
    const [d, n] = vectorsOf(insn);
    const half = (which: number): Source => ({ vector: n!, bits, signed, at: (i) => 2 * i + which });
    lanes(m, d!, 2 * bits, half(0), half(1), lane);
  };

const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

/** Half of the last bit that a shift to the right keeps. */
const half = (by: bigint): bigint => (by === 0n ? 0n : 1n << (by - 1n));

/** VSHL and its kin by a register: the lowest byte of the other element says how far to the left; to the right where it is negative. */
const shifted =
  (rounding: boolean, saturates: boolean): LaneOf =>
  ({ bits, signed }) => {
    const lane: Lane = (x, amount) => {
      const by = BigInt.asIntN(8, amount);
      return by >= 0n ? x << by : (x + (rounding ? half(-by) : 0n)) >> -by;
    };
    return saturates ? saturating(lane, bits, signed) : lane;
  };

/** To the right by the immediate. */
const right =
  (rounding: boolean): LaneOf =>
  ({ by }) =>
  (x) =>
    (x + (rounding ? half(by) : 0n)) >> by;

/** Polynomials over {0, 1}. */
const polynomial: Lane = (x, y) => {
  let product = 0n;
  for (let i = 0n; i < 8n; i++) if ((y >> i) & 1n) product ^= (x & 0xffn) << i;
  return product;
};

/** Twice the product, saturated. */
const doubled = (bits: number): Lane => saturating((x, y) => 2n * x * y, 2 * bits, true);

const high =
  (rounding: boolean): LaneOf =>
  ({ bits }) =>
    saturating((x, y) => (2n * x * y + (rounding ? half(BigInt(bits)) : 0n)) >> BigInt(bits), bits, true);

/** The upper half of a sum, of elements as the instruction names them: those of the operands. */
const upper =
  (subtract: boolean, rounding: boolean): LaneOf =>
  ({ bits }) =>
  (x, y) =>
    ((subtract ? x - y : x + y) + (rounding ? half(BigInt(bits)) : 0n)) >> BigInt(bits);

/** VSRI, VSLI: bits that are shifted in are those that were there. */
const inserting =
  (toLeft: boolean): LaneOf =>
  ({ bits, by }) =>
  (x, _, old) => {
    const all = (1n << BigInt(bits)) - 1n;
    const [value, mask] = toLeft ? [x << by, all << by] : [extended(x, bits, false) >> by, all >> by];
    return (value & mask) | (old & ~mask);
  };

/** Narrows what a shift to the right made of elements twice as long as the result's. */
const narrowed =
  (rounding: boolean, signed: (elements: Elements) => boolean): LaneOf =>
  (elements) =>
    saturating(right(rounding)(elements), elements.bits / 2, signed(elements));

const leadingSigns: LaneOf =
  ({ bits }) =>
  (x) => {
    const bare = x < 0n ? ~x : x;
    return BigInt(bits - 1) - BigInt(bare === 0n ? 0 : bare.toString(2).length);
  };

const ones: Lane = (x) => BigInt([...extended(x, 8, false).toString(2)].filter((bit) => bit === "1").length);

/** VTBL, VTBX: bytes from a table of registers; beyond it zero, or what was there. */
const table: Semantic = (m, insn) => {
  const [d, index] = vectorsOf(insn);
  const list = insn.operands.find((operand) => operand.kind === "vlist");
  if (list?.kind !== "vlist") return;
  const rows = Array.from({ length: 2 * list.count }, (_, i) => 2 * list.first + i);
  const keeps = insn.mnemonic === "vtbx";
  const results = wordsOf(d!).map((word, w) =>
    m.compute(
      ([old, which, ...bytes]) => {
        let made = 0;
        for (let bit = 0; bit < 32; bit += 8) {
          const at = (which! >>> bit) & 0xff;
          const found = at < 4 * bytes.length ? bytes[at >> 2]! >>> (8 * (at & 3)) : keeps ? old! >>> bit : 0;
          made |= (found & 0xff) << bit;
        }
        return made;
      },
      [m.word(word), m.word(wordsOf(index!)[w]!), ...rows.map((row) => m.word(row))],
    ),
  );
  setWords(m, wordsOf(d!), results);
};

const same: Lengths = { named: bySize };
const sameByName: Lengths = { named: byName };
const bytes: Lengths = { named: () => 8 };
const toLong: Lengths = { named: bySize, d: 2 };
const toLongByName: Lengths = { named: byName, d: 2 };
/** Of VADDHN the field says how long the result's elements are, of VSHRN the name how long the operand's. */
const toNarrow: Lengths = { named: bySize, n: 2, m: 2 };
const toNarrowByName: Lengths = { named: byName, d: 0.5 };

const sum: Lane = (x, y) => x + y;
const product: Lane = (x, y) => x * y;

/** What a scalar is multiplied with, and what that is for: by the length of its elements. */
function scalars(bits: 16 | 32): Semantics {
  const [one, two]: readonly [Lengths, Lengths] = [{ named: () => bits }, { named: () => bits, d: 2 }];
  const long: Semantics = {
    vmull: by(two, () => product),
    vmlal: by(two, () => (x, y, old) => old + x * y),
    vmlsl: by(two, () => (x, y, old) => old - x * y),
    ...doubling(two),
    vqdmulh: by(one, high(false)),
    vqrdmulh: by(one, high(true)),
  };
  return {
    [`vmul_scalar_i${bits}`]: by(one, () => product),
    [`vmla_scalar_i${bits}`]: by(one, () => (x, y, old) => old + x * y),
    [`vmls_scalar_i${bits}`]: by(one, () => (x, y, old) => old - x * y),
    ...Object.fromEntries(Object.entries(long).map(([name, semantic]) => [`${name}_scalar_${bits}`, semantic])),
  };
}

function doubling(lengths: Lengths): Semantics {
  return {
    vqdmull: by(lengths, ({ bits }) => doubled(bits)),
    vqdmlal: by(lengths, ({ bits }) =>
      saturating((x, y, old, fpscr) => old + doubled(bits)(x, y, old, fpscr), 2 * bits, true),
    ),
    vqdmlsl: by(lengths, ({ bits }) =>
      saturating((x, y, old, fpscr) => old - doubled(bits)(x, y, old, fpscr), 2 * bits, true),
    ),
  };
}

/** Shifts by an immediate, of elements of 64 bits: those that are shorter are made of words. */
export const longShifts: Semantics = {
  vshr: by(sameByName, right(false)),
  vsra: by(sameByName, (elements) => (x, y, old, fpscr) => old + right(false)(elements)(x, y, old, fpscr)),
  vshl_imm: by(
    sameByName,
    ({ by: amount }) =>
      (x) =>
        x << amount,
  ),
};

/** Those whose results have 64 bits. */
export const longResults: Semantics = {
  vaddl: by(toLong, () => sum),
  vsubl: by(toLong, () => (x, y) => x - y),
  vaddw: by({ ...toLong, n: 2 }, () => sum),
  vsubw: by({ ...toLong, n: 2 }, () => (x, y) => x - y),
  vmull: by(toLong, () => product),
  vmlal: by(toLong, () => (x, y, old) => old + x * y),
  vmlsl: by(toLong, () => (x, y, old) => old - x * y),
};

/** Advanced SIMD on integers that saturates, rounds, doubles, narrows or looks up, by the name of the row. */
export const laneSemantics: Semantics = {
  vqadd: by(same, ({ bits, signed }) => saturating((x, y) => x + y, bits, signed)),
  vqsub: by(same, ({ bits, signed }) => saturating((x, y) => x - y, bits, signed)),
  vshl_reg: by(same, shifted(false, false)),
  vqshl_reg: by(same, shifted(false, true)),
  vrshl_reg: by(same, shifted(true, false)),
  vqrshl_reg: by(same, shifted(true, true)),
  vmul_poly: by(bytes, () => polynomial),
  vmull_poly: by({ ...bytes, d: 2 }, () => polynomial),
  vqdmulh: by(same, high(false)),
  vqrdmulh: by(same, high(true)),
  vabdl: by(toLong, () => (x, y) => magnitude(x - y)),
  vabal: by(toLong, () => (x, y, old) => old + magnitude(x - y)),
  ...doubling(toLong),
  vaddhn: by(toNarrow, upper(false, false)),
  vraddhn: by(toNarrow, upper(false, true)),
  vsubhn: by(toNarrow, upper(true, false)),
  vrsubhn: by(toNarrow, upper(true, true)),
  ...scalars(16),
  ...scalars(32),
  vrshr: by(sameByName, right(true)),
  vrsra: by(sameByName, (elements) => (x, y, old, fpscr) => old + right(true)(elements)(x, y, old, fpscr)),
  vsri: by(sameByName, inserting(false)),
  vsli: by(sameByName, inserting(true)),
  vqshl_imm: by(sameByName, ({ bits, signed, by: amount }) => saturating((x) => x << amount, bits, signed)),
  vqshlu_imm: by(sameByName, ({ bits, by: amount }) => saturating((x) => x << amount, bits, false)),
  vshrn: by(toNarrowByName, right(false)),
  vrshrn: by(toNarrowByName, right(true)),
  vqshrn: by(
    toNarrowByName,
    narrowed(false, ({ signed }) => signed),
  ),
  vqrshrn: by(
    toNarrowByName,
    narrowed(true, ({ signed }) => signed),
  ),
  vqshrun: by(
    toNarrowByName,
    narrowed(false, () => false),
  ),
  vqrshrun: by(
    toNarrowByName,
    narrowed(true, () => false),
  ),
  vqmovn: by(
    toNarrowByName,
    narrowed(false, ({ signed }) => signed),
  ),
  vqmovun: by(
    toNarrowByName,
    narrowed(false, () => false),
  ),
  vshll_imm: by(
    toLongByName,
    ({ by: amount }) =>
      (x) =>
        x << amount,
  ),
  vshll_max: by(
    toLong,
    ({ bits }) =>
      (x) =>
        x << BigInt(bits),
  ),
  vmovl_32: by({ named: () => 32, d: 2 }, () => (x) => x),
  vpaddl: pairs(sum),
  vpadal: pairs((x, y, old) => old + x + y),
  vcls: by(same, leadingSigns),
  vcnt: by(bytes, () => ones),
  vqabs: by(same, ({ bits }) => saturating((x) => magnitude(x), bits, true)),
  vqneg: by(same, ({ bits }) => saturating((x) => -x, bits, true)),
  vtbl: table,
  vtbx: table,
};
