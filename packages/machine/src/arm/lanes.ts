import type { Insn, Operand } from "@cmodx/codec";
import { type Fpscr, fpscrBits } from "../pseudocode/floating-point.js";
import type { Apply, Operations } from "../pseudocode/operations.js";

export type Vector = Extract<Operand, { kind: "vreg" }>;

export function vectorsOf(insn: Insn): Vector[] {
  return insn.operands.filter((operand): operand is Vector => operand.kind === "vreg");
}

/** The words of a D or Q register, lowest first. */
export function wordsOf({ size, reg }: Vector): number[] {
  const first = size === "q" ? 4 * reg : 2 * reg;
  return Array.from({ length: size === "q" ? 4 : 2 }, (_, i) => first + i);
}

/** Writes words of registers: their values are all made before, as the registers may be operands too. */
export function setWords<V>(m: Operations<V>, words: readonly number[], values: readonly V[]): void {
  words.forEach((word, i) => {
    m.setWord(word, values[i]!);
  });
}

/** An element of a result from elements: integers of any length, of the result as many bits as it has are kept. The FPSCR is told of saturation. */
export type Lane = (x: bigint, y: bigint, old: bigint, fpscr: Fpscr) => bigint;

/** Elements that a lane works on: of which register, how long, and which goes with the result's element `i`. */
export interface Source {
  readonly vector: Vector;
  readonly bits: number;
  readonly signed: boolean;
  readonly at: (i: number) => number;
}

/** Writes a register element by element: `x`, `y`, and the old element, which is of the result's length and signed as `x` is. */
export function lanes<V>(m: Operations<V>, d: Vector, bits: number, x: Source, y: Source, lane: Lane): void {
  const old: Source = { vector: d, bits, signed: x.signed, at: (i) => i };
  const results = wordsOf(d).map((_, w) => {
    const args = new Map<number, number>();
    const wide = bits === 64;
    const made = Array.from({ length: wide ? 1 : 32 / bits }, (_, i) => {
      const element = wide ? w >> 1 : (w * 32) / bits + i;
      return [x, y, old].map((source) => reader(source, element, args));
    });
    const apply: Apply = (words, fpscr) => {
      let word = 0n;
      made.forEach(([first, second, third], i) => {
        const value = lane(first!(words), second!(words), third!(words), fpscr);
        word |= wide ? value >> BigInt(32 * (w & 1)) : BigInt.asUintN(bits, value) << BigInt(i * bits);
      });
      return Number(BigInt.asIntN(32, word));
    };
    return m.compute(
      apply,
      [...args.keys()].map((word) => m.word(word)),
    );
  });
  setWords(m, wordsOf(d), results);
}

/** Reads an element from the words that are given; notes which words, and their places. */
function reader(
  { vector, bits, signed, at }: Source,
  element: number,
  args: Map<number, number>,
): (words: readonly number[]) => bigint {
  const place = (word: number): number => {
    const known = args.get(word) ?? args.size;
    args.set(word, known);
    return known;
  };
  const bit = at(element) * bits;
  const words = wordsOf(vector);
  const low = place(words[bit >> 5]!);
  if (bits === 64) {
    const high = place(words[(bit >> 5) + 1]!);
    return (given) => extended((BigInt(given[high]!) << 32n) | BigInt(given[low]! >>> 0), 64, signed);
  }
  return (given) => extended(BigInt(given[low]! >>> (bit & 31)), bits, signed);
}

export function extended(value: bigint, bits: number, signed: boolean): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** SatQ of what a lane gives: FPSCR.QC says that something was saturated. */
export function saturating(lane: Lane, bits: number, signed: boolean): Lane {
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const least = signed ? -most - 1n : 0n;
  return (x, y, old, fpscr) => {
    const value = lane(x, y, old, fpscr);
    if (value >= least && value <= most) return value;
    fpscr.raise(fpscrBits.QC);
    return value > most ? most : least;
  };
}
