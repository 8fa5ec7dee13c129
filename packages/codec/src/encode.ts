import { CodecError } from "./codec-error.js";
import { decodeA32, decodeT32 } from "./decode.js";
import type { Encoding, Isa } from "./encoding.js";
import type { Insn } from "./insn.js";
import { encodings } from "./table/index.js";

let byId: Map<string, Encoding> | undefined;

/**
 * The row with this id in this instruction set: `encoding("t32", "B_T4")`; undefined when there is none.
 *
 * @param isa - the instruction set
 * @param id - the manual's instruction and encoding
 * @returns the row
 * @example
 * ```ts
 * encoding("a32", "B_A1")?.diagram; // "cond 1010 imm24"
 * ```
 */
export function encoding(isa: Isa, id: string): Encoding | undefined {
  byId ??= new Map(encodings.map((row) => [`${row.isa} ${row.id}`, row]));
  return byId.get(`${isa} ${id}`);
}

/**
 * Puts an instruction together from the fields of its encoding diagram.
 *
 * @param row - a row of the table
 * @param fields - every field by name, unsigned; and `shouldBe`, the should-be bits in their places, which are as the diagram says when it is left out
 * @param address - where it is to lie
 * @returns the instruction
 * @throws {CodecError} `E_FIELD` when a field is missing, unknown, or too large; `E_ENCODING` when these fields are another row's
 * @example
 * ```ts
 * encode(encoding("a32", "B_A1")!, { cond: 14, imm24: 0xfffffe }).word; // 0xeafffffe
 * ```
 */
export function encode(row: Encoding, fields: Readonly<Record<string, number>>, address = 0): Insn {
  const { pattern, isa, size } = row;
  for (const name in fields) if (name !== "shouldBe" && !pattern.fields.has(name)) throw unknownField(row, name);
  const shouldBe = fields["shouldBe"] ?? pattern.shouldValue;
  if ((shouldBe & pattern.shouldMask) >>> 0 !== shouldBe) throw badField(row, "shouldBe", shouldBe, pattern.shouldMask);
  let word = pattern.value + shouldBe;
  for (const { name, shift, width } of pattern.fields.values()) {
    const value = fields[name];
    const most = 2 ** width - 1;
    if (value === undefined || !Number.isInteger(value) || value < 0 || value > most)
      throw badField(row, name, value, most);
    word += value * 2 ** shift;
  }
  const insn =
    isa === "a32" ? decodeA32(word, address) : decodeT32(size === 4 ? word >>> 16 : word, word & 0xffff, address);
  // The row may be that of another entry of the package: each has a table of its own.
  if (insn.encoding?.index !== row.index)
    throw new CodecError({
      code: "E_ENCODING",
      what: `these fields of ${row.id} are ${insn.encoding?.id ?? "no instruction"}`,
      remedy: `see its condition "${row.spec.only ?? row.diagram}"`,
      facts: { word },
    });
  return insn;
}

function unknownField({ id, pattern }: Encoding, name: string): CodecError {
  return new CodecError({
    code: "E_FIELD",
    what: `${id} has no field ${name}`,
    remedy: `use ${[...pattern.fields.keys()].join(" ")}`,
    facts: { name },
  });
}

function badField({ id }: Encoding, name: string, value: number | undefined, most: number): CodecError {
  return new CodecError({
    code: "E_FIELD",
    what: `field ${name} of ${id} is ${value}`,
    remedy: name === "shouldBe" ? `give bits of 0x${most.toString(16)}` : `give a number from 0 to ${most}`,
    facts: { name, value, most },
  });
}
