import { field, type Insn } from "@cmodx/codec";
import {
  halfOfSingle,
  multiplyAdd32,
  multiplyAdd64,
  reciprocalEstimateFixed,
  rootEstimateFixed,
  singleOfHalf,
  standard,
} from "../pseudocode/float-bits.js";
import { setWords, type Vector, vectorsOf, wordsOf } from "./lanes.js";
import type { Semantic, Semantics } from "./semantics.js";

/** A word of a result from the words of the operands that go with it, and the word that was there. */
type Word = (x: number, y: number, old: number) => number;

/** Word by word; where the second operand is an element of a register, with that each time. */
const each =
  (wordOf: (insn: Insn) => Word): Semantic =>
  (m, insn) => {
    const apply = wordOf(insn);
    const [d, n, other = n] = vectorsOf(insn);
    const second = (i: number): number =>
      typeof other!.lane === "number" ? 2 * other!.reg + other!.lane : wordsOf(other!)[i]!;
    const values = wordsOf(d!).map((word, i) =>
      m.compute(([x, y, old]) => apply(x!, y!, old!), [m.word(wordsOf(n!)[i]!), m.word(second(i)), m.word(word)]),
    );
    setWords(m, wordsOf(d!), values);
  };

const plain = (apply: Word): Semantic => each(() => apply);

/** Neighbours of both operands, those of the first make the lower half. */
const pairwise =
  (apply: (x: number, y: number) => number): Semantic =>
  (m, insn) => {
    const [d, n, other] = vectorsOf(insn);
    const values = [n!, other!].map((vector) =>
      m.compute(
        ([x, y]) => apply(x!, y!),
        wordsOf(vector).map((word) => m.word(word)),
      ),
    );
    setWords(m, wordsOf(d!), values);
  };

/** Four halves of a D register and the four words of a Q register. */
const toHalves: Semantic = (m, insn) => {
  const [d, x] = vectorsOf(insn);
  const words = wordsOf(x!);
  const values = [0, 2].map((i) =>
    m.compute(
      ([low, high]) => standard.toHalf(low!) | (standard.toHalf(high!) << 16),
      [m.word(words[i]!), m.word(words[i + 1]!)],
    ),
  );
  setWords(m, wordsOf(d!), values);
};

const ofHalves: Semantic = (m, insn) => {
  const [d, x] = vectorsOf(insn);
  const values = wordsOf(d!).map((_, i) =>
    m.compute(([word]) => standard.ofHalf((word! >>> (16 * (i & 1))) & 0xffff), [m.word(wordsOf(x!)[i >> 1]!)]),
  );
  setWords(m, wordsOf(d!), values);
};

/** VCVTB, VCVTT: the lower or upper half of a single precision register. */
const half =
  (top: boolean, toHalf: boolean): Semantic =>
  (m, insn) => {
    const [d, x] = vectorsOf(insn);
    const at = top ? 16 : 0;
    const value = toHalf
      ? m.compute(
          ([from, old]) => (old! & ~(0xffff << at)) | (halfOfSingle(from!) << at),
          [m.word(x!.reg), m.word(d!.reg)],
        )
      : m.compute(([from]) => singleOfHalf((from! >>> at) & 0xffff), [m.word(x!.reg)]);
    m.setWord(d!.reg, value);
  };

const negated = 0x80000000;

/** VFMA and its kin: the product is not rounded before the sum is. */
const fused32 =
  (product: number, addend: number): Semantic =>
  (m, insn) => {
    const [d, n, other] = vectorsOf(insn);
    const value = m.compute(
      ([old, x, y]) => multiplyAdd32(old! ^ addend, x! ^ product, y!),
      [d!, n!, other!].map(({ reg }) => m.word(reg)),
    );
    m.setWord(d!.reg, value);
  };

const fused64 =
  (product: number, addend: number): Semantic =>
  (m, insn) => {
    const operands = vectorsOf(insn).flatMap((vector: Vector) => wordsOf(vector).map((word) => m.word(word)));
    const values = [0, 1].map((which) =>
      m.compute(
        ([a, b, c, d, e, f]) => multiplyAdd64([a!, b! ^ addend], [c!, d! ^ product], [e!, f!])[which]!,
        operands,
      ),
    );
    setWords(m, wordsOf(vectorsOf(insn)[0]!), values);
  };

const fused = (name: string, product: number, addend: number): Semantics => ({
  [`${name}_f32`]: fused32(product, addend),
  [`${name}_f64`]: fused64(product, addend),
});

/** VFPExpandImm, in every word. */
const immediate: Semantic = (m, insn) => {
  const imm8 = (field(insn, "i")! << 7) | (field(insn, "imm3")! << 4) | field(insn, "imm4")!;
  const b = (imm8 >> 6) & 1;
  const value = ((imm8 >> 7) << 31) | ((b ^ 1) << 30) | ((b ? 31 : 0) << 25) | ((imm8 & 63) << 19);
  for (const word of wordsOf(vectorsOf(insn)[0]!)) m.setWord(word, m.constant(value));
};

/** Between integers, or fixed-point numbers, and single precision: `op` or `U` say which and whether they are signed. */
const convertIntegers = each((insn) => {
  const op = field(insn, "op")!;
  const signed = (op & 1) === 0;
  return op < 2 ? (x) => standard.ofFixed(x, 0, signed) : (x) => standard.toFixed(x, 0, signed);
});

const convertFixed = (toFixed: boolean): Semantic =>
  each((insn) => {
    const [fraction, signed] = [64 - (0x20 | field(insn, "imm5")!), field(insn, "U") === 0];
    return toFixed ? (x) => standard.toFixed(x, fraction, signed) : (x) => standard.ofFixed(x, fraction, signed);
  });

const accumulated: Word = (x, y, old) => standard.add(old, standard.mul(x, y));
const reduced: Word = (x, y, old) => standard.sub(old, standard.mul(x, y));
const ofAbsolutes =
  (compare: (x: number, y: number) => number): Word =>
  (x, y) =>
    compare(standard.abs(x), standard.abs(y));

/** Fused and half precision arithmetic, and Advanced SIMD on single precision numbers, by the name of the row. */
export const simdFloatSemantics: Semantics = {
  ...fused("vfma", 0, 0),
  ...fused("vfms", negated, 0),
  ...fused("vfnms", 0, negated),
  ...fused("vfnma", negated, negated),
  vcvtb_f32_f16: half(false, false),
  vcvtt_f32_f16: half(true, false),
  vcvtb_f16_f32: half(false, true),
  vcvtt_f16_f32: half(true, true),
  vcvt_f16_f32: toHalves,
  vcvt_f32_f16: ofHalves,
  vadd_simd_f32: plain(standard.add),
  vsub_simd_f32: plain(standard.sub),
  vmul_simd_f32: plain(standard.mul),
  vmla_simd_f32: plain(accumulated),
  vmls_simd_f32: plain(reduced),
  vfma_simd_f32: plain((x, y, old) => standard.multiplyAdd(old, x, y)),
  vfms_simd_f32: plain((x, y, old) => standard.multiplyAdd(old, standard.negate(x), y)),
  vmul_scalar_f32: plain(standard.mul),
  vmla_scalar_f32: plain(accumulated),
  vmls_scalar_f32: plain(reduced),
  vabd_simd_f32: plain((x, y) => standard.abs(standard.sub(x, y))),
  vabs_simd_f32: plain(standard.abs),
  vneg_simd_f32: plain(standard.negate),
  vmax_simd_f32: plain(standard.larger),
  vmin_simd_f32: plain(standard.smaller),
  vceq_reg_simd_f32: plain(standard.equal),
  vcge_reg_simd_f32: plain(standard.atLeast),
  vcgt_reg_simd_f32: plain(standard.above),
  vacge_simd_f32: plain(ofAbsolutes(standard.atLeast)),
  vacgt_simd_f32: plain(ofAbsolutes(standard.above)),
  vceq_zero_f32: plain((x) => standard.equal(x, 0)),
  vcge_zero_f32: plain((x) => standard.atLeast(x, 0)),
  vcgt_zero_f32: plain((x) => standard.above(x, 0)),
  vcle_zero_f32: plain((x) => standard.atLeast(0, x)),
  vclt_zero_f32: plain((x) => standard.above(0, x)),
  vrecps_simd_f32: plain(standard.reciprocalStep),
  vrsqrts_simd_f32: plain(standard.rootStep),
  vrecpe: each((insn) => (field(insn, "F") === 1 ? standard.reciprocalEstimate : reciprocalEstimateFixed)),
  vrsqrte: each((insn) => (field(insn, "F") === 1 ? standard.rootEstimate : rootEstimateFixed)),
  vpadd_f32: pairwise(standard.add),
  vpmax_f32: pairwise(standard.larger),
  vpmin_f32: pairwise(standard.smaller),
  vmov_imm_simd_f32: immediate,
  vcvt_simd_int: convertIntegers,
  vcvt_fixed_f32_simd: convertFixed(true),
  vcvt_f32_fixed_simd: convertFixed(false),
};
