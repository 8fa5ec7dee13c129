/** A bit field of an encoding; signed fields are sign-extended when decoded. */
interface Field {
  readonly name: string;
  readonly low: number;
  readonly width: number;
  readonly signed: boolean;
}

/** One row: a name and the bits of an A64 instruction word, letters standing for fields. */
interface Encoding {
  readonly name: string;
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly Field[];
}

/** An A64 instruction as its name and fields. Fields the row has not are 0. */
export interface A64 {
  readonly name: string;
  readonly fields: Readonly<Record<string, number>>;
}

/**
 * The A64 instructions litmus tests use, as the Arm manual draws them: 0 and 1 fixed, `name:width` a field, `name:width:s` a signed
 * one. `w` is sf, the bit that chooses X registers.
 */
const rows: readonly (readonly [name: string, bits: string])[] = [
  ["UDF", "0000000000000000 imm:16"],
  ["NOP", "11010101000000110010000000011111"],
  ["ISB", "11010101000000110011 opt:4 11011111"],
  ["DSB", "11010101000000110011 opt:4 10011111"],
  ["DMB", "11010101000000110011 opt:4 10111111"],
  ["CLREX", "11010101000000110011 opt:4 01011111"],
  ["DC CVAU", "1101010100001011011110110 01 t:5"],
  ["DC CVAC", "1101010100001011011110100 01 t:5"],
  ["DC CIVAC", "1101010100001011011111100 01 t:5"],
  ["IC IVAU", "1101010100001011011101010 01 t:5"],
  ["IC IALLU", "11010101000010000111010100011111"],
  ["IC IALLUIS", "11010101000010000111000100011111"],
  ["MRS ELR", "110101010011100001000000001 t:5"],
  ["MSR ELR", "110101010001100001000000001 t:5"],
  ["ERET", "11010110100111110000001111100000"],
  ["SVC", "11010100000 imm:16 00001"],
  ["BRK", "11010100001 imm:16 00000"],
  ["B", "000101 offset:26:s"],
  ["BL", "100101 offset:26:s"],
  ["B.cond", "01010100 offset:19:s 0 cond:4"],
  ["CBZ", "w:1 0110100 offset:19:s t:5"],
  ["CBNZ", "w:1 0110101 offset:19:s t:5"],
  ["TBZ", "0 0110110 bit:5 offset:14:s t:5"],
  ["TBNZ", "0 0110111 bit:5 offset:14:s t:5"],
  ["BR", "1101011000011111000000 n:5 00000"],
  ["BLR", "1101011000111111000000 n:5 00000"],
  ["RET", "1101011001011111000000 n:5 00000"],
  ["ADR", "0 low:2 10000 high:19:s d:5"],
  ["MOVN", "w:1 00100101 hw:2 imm:16 d:5"],
  ["MOVZ", "w:1 10100101 hw:2 imm:16 d:5"],
  ["MOVK", "w:1 11100101 hw:2 imm:16 d:5"],
  ["ADD", "w:1 0010001 shift:2 imm:12 n:5 d:5"],
  ["ADDS", "w:1 0110001 shift:2 imm:12 n:5 d:5"],
  ["SUB", "w:1 1010001 shift:2 imm:12 n:5 d:5"],
  ["SUBS", "w:1 1110001 shift:2 imm:12 n:5 d:5"],
  ["ADD.r", "w:1 0001011000 m:5 000000 n:5 d:5"],
  ["ADDS.r", "w:1 0101011000 m:5 000000 n:5 d:5"],
  ["SUB.r", "w:1 1001011000 m:5 000000 n:5 d:5"],
  ["SUBS.r", "w:1 1101011000 m:5 000000 n:5 d:5"],
  ["ADD.x", "w:1 0001011001 m:5 110000 n:5 d:5"],
  ["AND.i", "w:1 00100100 N:1 immr:6 imms:6 n:5 d:5"],
  ["ORR.i", "w:1 01100100 N:1 immr:6 imms:6 n:5 d:5"],
  ["EOR.i", "w:1 10100100 N:1 immr:6 imms:6 n:5 d:5"],
  ["ANDS.i", "w:1 11100100 N:1 immr:6 imms:6 n:5 d:5"],
  ["BIC.r", "w:1 0001010001 m:5 000000 n:5 d:5"],
  ["ORN.r", "w:1 0101010001 m:5 000000 n:5 d:5"],
  ["EON.r", "w:1 1001010001 m:5 000000 n:5 d:5"],
  ["BICS.r", "w:1 1101010001 m:5 000000 n:5 d:5"],
  ["AND.r", "w:1 0001010000 m:5 000000 n:5 d:5"],
  ["ORR.r", "w:1 0101010000 m:5 000000 n:5 d:5"],
  ["EOR.r", "w:1 1001010000 m:5 000000 n:5 d:5"],
  ["ANDS.r", "w:1 1101010000 m:5 000000 n:5 d:5"],
  ["CSEL", "w:1 0011010100 m:5 cond:4 00 n:5 d:5"],
  ["CSINC", "w:1 0011010100 m:5 cond:4 01 n:5 d:5"],
  ["LDR", "1 w:1 11100101 imm:12 n:5 t:5"],
  ["STR", "1 w:1 11100100 imm:12 n:5 t:5"],
  ["LDRB", "0011100101 imm:12 n:5 t:5"],
  ["STRB", "0011100100 imm:12 n:5 t:5"],
  ["LDRH", "0111100101 imm:12 n:5 t:5"],
  ["STRH", "0111100100 imm:12 n:5 t:5"],
  ["LDR.r", "1 w:1 111000011 m:5 option:3 s:1 10 n:5 t:5"],
  ["STR.r", "1 w:1 111000001 m:5 option:3 s:1 10 n:5 t:5"],
  ["LDAR", "1 w:1 00100011011111111111 n:5 t:5"],
  ["LDAPR", "1 w:1 11100010111111110000 n:5 t:5"],
  ["STLR", "1 w:1 00100010011111111111 n:5 t:5"],
  ["LDXR", "1 w:1 00100001011111011111 n:5 t:5"],
  ["LDAXR", "1 w:1 00100001011111111111 n:5 t:5"],
  ["STXR", "1 w:1 001000000 s:5 011111 n:5 t:5"],
  ["STLXR", "1 w:1 001000000 s:5 111111 n:5 t:5"],
];

const encodings: readonly Encoding[] = rows.map(([name, bits]) => {
  const fields: Field[] = [];
  let [mask, value, at] = [0, 0, 32];
  for (const part of bits.split(" ")) {
    const [field, width, signed] = part.split(":");
    if (width === undefined) {
      for (const bit of part) {
        at--;
        mask |= 1 << at;
        value |= Number(bit) << at;
      }
      continue;
    }
    at -= Number(width);
    fields.push({ name: field!, low: at, width: Number(width), signed: signed === "s" });
  }
  if (at !== 0) throw new Error(`the encoding of ${name} has ${32 - at} bits`);
  return { name, mask, value, fields };
});

const byName = new Map(encodings.map((encoding) => [encoding.name, encoding]));

/** Does the table have a row of this name? */
export function isA64(name: string): boolean {
  return byName.has(name);
}

/** The instruction word, unsigned; undefined when a field does not fit. */
export function encodeA64({ name, fields }: A64): number | undefined {
  const encoding = byName.get(name)!;
  let word = encoding.value;
  for (const { name: field, low, width, signed } of encoding.fields) {
    const value = fields[field] ?? 0;
    const [least, most] = signed ? [-(2 ** (width - 1)), 2 ** (width - 1) - 1] : [0, 2 ** width - 1];
    if (!Number.isInteger(value) || value < least || value > most) return undefined;
    word |= (value & (2 ** width - 1)) << low;
  }
  return word >>> 0;
}

/** The instruction a word encodes, undefined when it is none of the table's. */
export function decodeA64(word: number): A64 | undefined {
  for (const { name, mask, value, fields } of encodings) {
    if ((word & mask) !== value) continue;
    const found: Record<string, number> = {};
    for (const { name: field, low, width, signed } of fields) {
      const bits = (word >>> low) & (2 ** width - 1);
      found[field] = signed && bits >= 2 ** (width - 1) ? bits - 2 ** width : bits;
    }
    return { name, fields: found };
  }
  return undefined;
}
