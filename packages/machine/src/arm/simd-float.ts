import { field, type Insn } from "@cmodx/codec";
import {
  reciprocalEstimate,
  reciprocalEstimateFixed,
  rootEstimate,
  rootEstimateFixed,
} from "../pseudocode/estimate.js";
import {
  arithmetic32,
  compare32,
  extreme32,
  halfOfSingle,
  multiplyAdd32,
  multiplyAdd64,
  ofFixed,
  reciprocalStep,
  rootStep,
  singleOfHalf,
  toFixed,
} from "../pseudocode/float-words.js";
import type { Fpscr } from "../pseudocode/floating-point.js";
import { setWords, type Vector, vectorsOf, wordsOf } from "./lanes.js";
import type { Semantic, Semantics } from "./semantics.js";

/** A word of a result from the words of the operands that go with it, and the word that was there; the FPSCR is the standard one. */
type Word = (x: number, y: number, old: number, fpscr: Fpscr) => number;

/** Word by word; where the second operand is an element of a register, with that each time. */
const each =
  (wordOf: (insn: Insn) => Word): Semantic =>
  (m, insn) => {
    const apply = wordOf(insn);
    const [d, n, other = n] = vectorsOf(insn);
    const second = (i: number): number =>
      typeof other!.lane === "number" ? 2 * other!.reg + other!.lane : wordsOf(other!)[i]!;
    const values = wordsOf(d!).map((word, i) =>
      m.compute(
        ([x, y, old], fpscr) => apply(x!, y!, old!, fpscr.standard),
        [m.word(wordsOf(n!)[i]!), m.word(second(i)), m.word(word)],
      ),
    );
    setWords(m, wordsOf(d!), values);
  };

const plain = (apply: Word): Semantic => each(() => apply);

/** Of two operands. */
type Pair = (x: number, y: number, fpscr: Fpscr) => number;

const of2 = (apply: Pair): Semantic => plain((x, y, _, fpscr) => apply(x, y, fpscr));
const withZero = (apply: Pair): Semantic => plain((x, _, __, fpscr) => apply(x, 0, fpscr));

/** Neighbours of both operands, those of the first make the lower half. */
const pairwise =
  (apply: Pair): Semantic =>
  (m, insn) => {
    const [d, n, other] = vectorsOf(insn);
    const values = [n!, other!].map((vector) =>
      m.compute(
        ([x, y], fpscr) => apply(x!, y!, fpscr.standard),
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
      ([low, high], fpscr) => halfOfSingle(low!, fpscr.standard) | (halfOfSingle(high!, fpscr.standard) << 16),
      [m.word(words[i]!), m.word(words[i + 1]!)],
    ),
  );
  setWords(m, wordsOf(d!), values);
};

const ofHalves: Semantic = (m, insn) => {
  const [d, x] = vectorsOf(insn);
  const values = wordsOf(d!).map((_, i) =>
    m.compute(
      ([word], fpscr) => singleOfHalf(word! >>> (16 * (i & 1)), fpscr.standard),
      [m.word(wordsOf(x!)[i >> 1]!)],
    ),
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
          ([from, old], fpscr) => (old! & ~(0xffff << at)) | (halfOfSingle(from!, fpscr) << at),
          [m.word(x!.reg), m.word(d!.reg)],
        )
      : m.compute(([from], fpscr) => singleOfHalf(from! >>> at, fpscr), [m.word(x!.reg)]);
    m.setWord(d!.reg, value);
  };

const sign = 0x80000000;

/** VFMA and its kin: the product is not rounded before the sum is. */
const fused32 =
  (product: number, addend: number): Semantic =>
  (m, insn) => {
    const [d, n, other] = vectorsOf(insn);
    const value = m.compute(
      ([old, x, y], fpscr) => multiplyAdd32(old! ^ addend, x! ^ product, y!, fpscr),
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
        ([a, b, c, d, e, f], fpscr) => multiplyAdd64([a!, b! ^ addend], [c!, d! ^ product], [e!, f!], fpscr)[which]!,
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
const converted = (toInteger: boolean, fraction: number, isSigned: boolean): Word => {
  const point = { bits: 32, fraction, isSigned };
  return toInteger
    ? (x, _, __, fpscr) => toFixed(32, [x, 0], point, false, fpscr)[0]
    : (x, _, __, fpscr) => ofFixed(32, x, point, false, fpscr)[0];
};

const convertIntegers = each((insn) => {
  const op = field(insn, "op")!;
  return converted(op >= 2, 0, (op & 1) === 0);
});

const convertFixed = (toFixed: boolean): Semantic =>
  each((insn) => converted(toFixed, 64 - (0x20 | field(insn, "imm5")!), field(insn, "U") === 0));

const arithmetic =
  (name: "fadd" | "fsub" | "fmul"): Pair =>
  (x, y, fpscr) =>
    arithmetic32(name, x, y, fpscr);

const accumulating =
  (name: "fadd" | "fsub"): Word =>
  (x, y, old, fpscr) =>
    arithmetic32(name, old, arithmetic32("fmul", x, y, fpscr), fpscr);

const abs = (x: number): number => x & 0x7fffffff;

/** All ones where it holds. An order that has no answer for NaNs is an invalid operation for quiet ones too. */
const atLeast: Pair = (x, y, fpscr) => ((compare32(x, y, true, fpscr) ?? -1) >= 0 ? -1 : 0);
const above: Pair = (x, y, fpscr) => ((compare32(x, y, true, fpscr) ?? -1) > 0 ? -1 : 0);
const equal: Pair = (x, y, fpscr) => (compare32(x, y, false, fpscr) === 0 ? -1 : 0);
const larger: Pair = (x, y, fpscr) => extreme32(x, y, true, fpscr);
const smaller: Pair = (x, y, fpscr) => extreme32(x, y, false, fpscr);

const swapped =
  (apply: Pair): Pair =>
  (x, y, fpscr) =>
    apply(y, x, fpscr);
const ofAbsolutes =
  (apply: Pair): Pair =>
  (x, y, fpscr) =>
    apply(abs(x), abs(y), fpscr);

/** An estimate of a number, or of a fixed-point number, which has no exceptions. */
const estimate = (ofFloat: (x: number, fpscr: Fpscr) => number, ofFixedPoint: (x: number) => number): Semantic =>
  each((insn) => (field(insn, "F") === 1 ? (x, _, __, fpscr) => ofFloat(x, fpscr) : ofFixedPoint));

/** Fused and half precision arithmetic, and Advanced SIMD on single precision numbers, by the name of the row. */
export const simdFloatSemantics: Semantics = {
  ...fused("vfma", 0, 0),
  ...fused("vfms", sign, 0),
  ...fused("vfnms", 0, sign),
  ...fused("vfnma", sign, sign),
  vcvtb_f32_f16: half(false, false),
  vcvtt_f32_f16: half(true, false),
  vcvtb_f16_f32: half(false, true),
  vcvtt_f16_f32: half(true, true),
  vcvt_f16_f32: toHalves,
  vcvt_f32_f16: ofHalves,
  vadd_simd_f32: of2(arithmetic("fadd")),
  vsub_simd_f32: of2(arithmetic("fsub")),
  vmul_simd_f32: of2(arithmetic("fmul")),
  vmla_simd_f32: plain(accumulating("fadd")),
  vmls_simd_f32: plain(accumulating("fsub")),
  vfma_simd_f32: plain((x, y, old, fpscr) => multiplyAdd32(old, x, y, fpscr)),
  vfms_simd_f32: plain((x, y, old, fpscr) => multiplyAdd32(old, x ^ sign, y, fpscr)),
  vmul_scalar_f32: of2(arithmetic("fmul")),
  vmla_scalar_f32: plain(accumulating("fadd")),
  vmls_scalar_f32: plain(accumulating("fsub")),
  vabd_simd_f32: of2((x, y, fpscr) => abs(arithmetic32("fsub", x, y, fpscr))),
  vabs_simd_f32: plain(abs),
  vneg_simd_f32: plain((x) => x ^ sign),
  vmax_simd_f32: of2(larger),
  vmin_simd_f32: of2(smaller),
  vceq_reg_simd_f32: of2(equal),
  vcge_reg_simd_f32: of2(atLeast),
  vcgt_reg_simd_f32: of2(above),
  vacge_simd_f32: of2(ofAbsolutes(atLeast)),
  vacgt_simd_f32: of2(ofAbsolutes(above)),
  vceq_zero_f32: withZero(equal),
  vcge_zero_f32: withZero(atLeast),
  vcgt_zero_f32: withZero(above),
  vcle_zero_f32: withZero(swapped(atLeast)),
  vclt_zero_f32: withZero(swapped(above)),
  vrecps_simd_f32: of2(reciprocalStep),
  vrsqrts_simd_f32: of2(rootStep),
  vrecpe: estimate(reciprocalEstimate, reciprocalEstimateFixed),
  vrsqrte: estimate(rootEstimate, rootEstimateFixed),
  vpadd_f32: pairwise(arithmetic("fadd")),
  vpmax_f32: pairwise(larger),
  vpmin_f32: pairwise(smaller),
  vmov_imm_simd_f32: immediate,
  vcvt_simd_int: convertIntegers,
  vcvt_fixed_f32_simd: convertFixed(true),
  vcvt_f32_fixed_simd: convertFixed(false),
};
