import { bitCount } from "./clause.js";

/** How the bits of a mask become a number: `((word & mask) * multiplier) >>> shift`. */
export interface Spread {
  readonly multiplier: number;
  readonly shift: number;
}

/** So many bits or fewer may become a number that no other choice of them shares. */
const mostExact = 12;

/** What is close in its upper bits is spread by it. */
const golden = 0x9e3779b1 | 0;

const exact = new Map<number, Spread>();

/** How many bits a number needs so that no two words share one, or few do. */
export function fullWidth(mask: number): number {
  const bits = bitCount(mask);
  return bits > mostExact ? bits : 32 - exactSpread(mask).shift;
}

/** How the bits of a mask become a number of `width` bits; where that is their full width each choice of them has its own. */
export function spreadOf(mask: number, width: number): Spread {
  const bits = bitCount(mask);
  if (bits <= mostExact) {
    const spread = exactSpread(mask);
    if (width === 32 - spread.shift) return spread;
  }
  return { multiplier: golden, shift: 32 - width };
}

function exactSpread(mask: number): Spread {
  let spread = exact.get(mask);
  if (spread === undefined) {
    spread = find(mask);
    exact.set(mask, spread);
  }
  return spread;
}

function find(mask: number): Spread {
  const bits = bitCount(mask);
  // One place more than there are bits keeps apart what would meet.
  for (const gaps of [0, 1])
    for (const multiplier of multipliers(runsOf(mask), 32, gaps, 0))
      if (isExact(mask, multiplier, 32 - bits - gaps)) return { multiplier, shift: 32 - bits - gaps };
  return { multiplier: golden, shift: 31 - bits };
}

/** A run of neighbouring ones of a mask. */
interface Run {
  readonly from: number;
  readonly length: number;
}

function runsOf(mask: number): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < 32; from++) {
    let length = 0;
    while (from + length < 32 && (mask >>> (from + length)) & 1) length++;
    if (length > 0) runs.push({ from, length });
    from += length;
  }
  return runs;
}

/** The multipliers that move the runs, in any order, to places one below the other, the first below `top`. */
function* multipliers(runs: readonly Run[], top: number, gaps: number, moved: number): Generator<number> {
  if (runs.length === 0) yield moved;
  for (const run of runs)
    for (let gap = 0; gap <= gaps; gap++) {
      const to = top - gap - run.length;
      if (to < run.from) break;
      const others = runs.filter((other) => other !== run);
      yield* multipliers(others, to, gaps - gap, moved | (1 << (to - run.from)));
    }
}

/** Whether each choice of the mask's bits has a number of its own. */
function isExact(mask: number, multiplier: number, shift: number): boolean {
  const taken = new Uint8Array(2 ** (32 - shift));
  let bits = 0;
  do {
    const number = Math.imul(bits, multiplier) >>> shift;
    if (taken[number] === 1) return false;
    taken[number] = 1;
    bits = (bits - mask) & mask;
  } while (bits !== 0);
  return true;
}
