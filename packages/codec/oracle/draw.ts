import { decodeA32, decodeT32, encodings, type Insn } from "@cmodx/codec";

export { randomWords as random } from "../../../test/random.js";

import type { Probe } from "./tools.js";

export function decodeProbe({ isa, size, word }: Probe, address = 0): Insn {
  if (isa === "a32") return decodeA32(word, address);
  return size === 2 ? decodeT32(word, 0, address) : decodeT32(word >>> 16, word & 0xffff, address);
}

/** Every 16-bit Thumb encoding. */
export function allT16(): Probe[] {
  return Array.from({ length: 0xe800 }, (_, word) => ({ isa: "t32", size: 2, word }));
}

/**
 * `count` words of A32 or of 32-bit Thumb, in equal parts: uniform; one of each opcode group in turn (A32 bits 27:20 x 7:4, T32
 * hw1 bits 12:4 x hw2 bits 15:12) with a register field now and then all ones or SP; and one bit from a valid word.
 */
export function drawWords(isa: "a32" | "t32", count: number, next: () => number): Probe[] {
  const probes: Probe[] = [];
  const take = (word: number): Probe => ({ isa, size: 4, word: word >>> 0 });
  const firstWide = (word: number): number => (isa === "t32" ? (word | 0xe8000000) >>> 0 : word);
  const valid = (word: number): number => {
    for (let candidate = word; ; candidate = firstWide(next())) {
      const probe = take(candidate);
      if ((isa === "a32" || probe.word >>> 27 >= 0x1d) && decodeProbe(probe).status === "ok") return candidate;
    }
  };
  for (let i = 0; probes.length < count; i++) {
    let word = firstWide(next());
    if (i % 3 === 1) word = isa === "a32" ? groupA32(word, i, next) : groupT32(word, i, next);
    else if (i % 3 === 2) word = (valid(word) ^ (1 << (next() % 32))) >>> 0;
    if (isa === "a32" || word >>> 27 >= 0x1d) probes.push(take(word));
  }
  return probes;
}

const telling = [0, 13, 14, 15];

function saturate(word: number, fields: readonly number[], next: () => number): number {
  if (next() % 3 !== 0) return word;
  const shift = fields[next() % fields.length]!;
  return (word & ~(15 << shift)) | (telling[next() % 4]! << shift);
}

function groupA32(word: number, i: number, next: () => number): number {
  const group = Math.floor(i / 3) % 4096;
  const condition = next() % 5;
  const top = condition < 2 ? word & 0xf0000000 : condition < 4 ? 0xe0000000 : 0xf0000000;
  return saturate((word & 0x000fff0f) | top | ((group >> 4) << 20) | ((group & 15) << 4), [0, 8, 12, 16], next);
}

function groupT32(word: number, i: number, next: () => number): number {
  const group = Math.floor(i / 3) % 6144;
  return saturate(
    ((0xe800 + ((group >> 4) << 4)) << 16) | (word & 0x000f0fff) | ((group & 15) << 12),
    [0, 8, 12, 16],
    next,
  );
}

/** Words of every encoding: fixed and should-be bits as in the diagram, the fields random. */
export function drawInstances(isa: "a32" | "t32", perEncoding: number, next: () => number): Probe[] {
  const rows = encodings.filter((encoding) => encoding.isa === isa && encoding.size === 4);
  return rows.flatMap(({ pattern, hasCond }) =>
    Array.from({ length: perEncoding }, (): Probe => {
      const fixed = pattern.mask | pattern.shouldMask;
      let word = (next() & ~fixed) | pattern.value | pattern.shouldValue;
      if (isa === "a32" && hasCond && word >>> 28 === 15) word = (word & 0x0fffffff) | 0xe0000000;
      return { isa, size: 4, word: word >>> 0 };
    }),
  );
}
