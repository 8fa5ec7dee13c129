import type { InstructionSet, Meaning } from "@cmodx/machine";
import { type Assembled, type Dialect, type Labels, OutsideDialect } from "../dialect.js";
import { assembleA64, type Draft, parseRegister } from "./assembler.js";
import { decodeA64, encodeA64 } from "./encodings.js";
import { meaningOf } from "./meaning.js";

const meanings = new Map<number, Meaning>();

/** A64, as far as herd's instruction-fetch tests use it. */
const a64: InstructionSet = {
  name: "a64",
  fetchBytes: 4,
  linkRegister: 30,
  decode(_address, first) {
    let meaning = meanings.get(first);
    if (meaning === undefined) {
      const decoded = decodeA64(first);
      meaning =
        decoded === undefined
          ? {
              size: 4,
              text: `word 0x${first.toString(16)}`,
              execute: (m) => m.unmodelled(`A64 word 0x${first.toString(16)}`),
            }
          : meaningOf(decoded);
      if (meanings.size < 10_000) meanings.set(first, meaning);
    }
    return meaning;
  },
};

/** The AArch64 subset of herd's instruction-fetch tests. Lines are a word, as herd takes each location for a line of its own. */
export const aarch64: Dialect = {
  arches: ["aarch64"],
  isa: a64,
  knobs: { lineBytes: 4 },
  free: Array.from({ length: 29 }, (_, i) => 28 - i),
  register(name) {
    try {
      return parseRegister(name, () => {
        throw new OutsideDialect(name);
      }).number;
    } catch {
      return undefined;
    }
  },
  assemble(text, symbolic): Assembled {
    const draft = assembleA64(text, symbolic);
    return { size: 4, encode: (address, labels) => encode(draft, text, address, labels) };
  },
  constant: (register, value) => [`MOVZ W${register},#${value & 0xffff}`, `MOVK W${register},#${value >>> 16},LSL #16`],
  instruction: (text) =>
    encode(
      assembleA64(text, () => 0),
      text,
      0,
      noLabels,
    ),
};

const noLabels: Labels = {
  known: () => false,
  address: (name) => {
    throw new OutsideDialect(`label ${name} in an instruction value`);
  },
};

function encode(draft: Draft, text: string, address: number, labels: Labels): number {
  const { a64: instruction, target } = draft;
  let fields = instruction.fields;
  if (target !== undefined) {
    const distance = "label" in target ? labels.address(target.label) - address : target.distance;
    fields =
      instruction.name === "ADR"
        ? { ...fields, low: distance & 3, high: distance >> 2 }
        : { ...fields, offset: distance / 4 };
  }
  const word = encodeA64({ name: instruction.name, fields });
  if (word === undefined) throw new OutsideDialect(`branch distance in "${text}"`);
  return word;
}
