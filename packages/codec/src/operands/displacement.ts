import { Bits, type Pattern } from "../pattern.js";

/** How many fields a displacement has at most: `S:J1:J2:imm10:imm11`. */
const displacementFields = 5;

/**
 * The displacement of an address in the fields of a word, in numbers: each field comes to its place by a shift to the left, one to
 * the right, and one to the left, five bits each from the lowest up; the first's to the right brings the sign. There are always
 * five: a field may come twice.
 */
export interface Displacement {
  readonly shifts: readonly number[];
  /** Bits that are inverted where the displacement is not negative: I1 = NOT(J1 EOR S), I2 = NOT(J2 EOR S). */
  readonly flip: number;
  /** Whether it counts from the word-aligned PC. */
  readonly align: boolean;
}

/** The displacement of fields (`S:J1:J2:imm10:imm11`) that counts units of `scale` bytes, a power of two. One without a sign is a halfword's. */
export function displacementOf(
  pattern: Pattern,
  spec: string,
  scale: number,
  signed: boolean,
  align: boolean,
): Displacement {
  let place = new Bits(pattern, spec).width + Math.log2(scale);
  const shifts = spec.split(":").map((name) => {
    const { shift, width } = pattern.fields.get(name)!;
    place -= width;
    return (32 - shift - width) | ((32 - width) << 5) | (place << 10);
  });
  const flip = spec.startsWith("S:J1:J2:") ? new Bits(pattern, "J1:J2").mask : 0;
  // The upper half of a halfword is zeros.
  if (!signed) shifts.unshift(31 << 5);
  while (shifts.length < displacementFields) shifts.push(shifts.at(-1)!);
  return { shifts, flip, align };
}

/** The displacement of a word in bytes. */
export function displacement(word: number, { shifts, flip }: Displacement): number {
  return displacementBy(word, flip, shifts[0]!, shifts[1]!, shifts[2]!, shifts[3]!, shifts[4]!);
}

/** The same by the numbers alone. */
export function displacementBy(
  word: number,
  flip: number,
  first: number,
  second: number,
  third: number,
  fourth: number,
  fifth: number,
): number {
  const fields = word ^ (flip & ~((word << first) >> 31));
  return (
    (((fields << first) >> (first >> 5)) << (first >> 10)) |
    (((fields << second) >>> (second >> 5)) << (second >> 10)) |
    (((fields << third) >>> (third >> 5)) << (third >> 10)) |
    (((fields << fourth) >>> (fourth >> 5)) << (fourth >> 10)) |
    (((fields << fifth) >>> (fifth >> 5)) << (fifth >> 10))
  );
}
