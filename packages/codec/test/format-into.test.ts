import {
  columns,
  decode,
  decodeA32,
  decodeT32,
  encodings,
  format,
  formatColumnsInto,
  formatEntryInto,
  formatInto,
  type Profile,
  sweep,
} from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { randomWords as random } from "../../../test/random.js";

const profiles: readonly Profile[] = ["ual", "gnu", "llvm", "preUal"];
const buffer = new Uint8Array(4096);
const written = (end: number): string => new TextDecoder().decode(buffer.subarray(0, end));

/** Words of every row, with fields of zeros, of ones, and random ones, as code; IT instructions come up among them. */
function code(isa: "a32" | "t32"): Uint8Array {
  const next = random(9);
  const rows = encodings.filter((row) => row.isa === isa);
  const halves: number[] = [];
  for (let i = 0; i < 12 * rows.length; i++) {
    const { pattern, size } = rows[i % rows.length]!;
    const fields = i < rows.length ? 0 : i < 2 * rows.length ? -1 : next();
    const word = ((fields & ~pattern.mask) | pattern.value) >>> 0;
    if (isa === "a32") halves.push(word & 0xffff, word >>> 16);
    else if (size === 4) halves.push(word >>> 16, word & 0xffff);
    else halves.push(word & 0xffff);
    if (isa === "t32" && i % 9 === 0) halves.push(0xbf00 | (next() & 0xff));
  }
  return Uint8Array.from(halves.flatMap((half) => [half & 0xff, half >> 8]));
}

describe("text as bytes", () => {
  it.each(["a32", "t32"] as const)("is the text of format, for every row of %s in every profile, twice over", (isa) => {
    const bytes = code(isa);
    const into = columns(bytes.length / 2);
    const count = sweep(isa, bytes, into);
    const wrong: string[] = [];
    // Twice: the second time what is remembered is used.
    for (const profile of [...profiles, ...profiles])
      for (let i = 0; i < count; i++) {
        const insn = decode(isa, bytes, into.offset[i], 0x8000 + into.offset[i]!, { it: into.it[i]! })!;
        const text = format(insn, profile);
        const found = [
          written(formatInto(buffer, 0, insn, profile)),
          written(formatEntryInto(buffer, 0, isa, into, i, 0x8000, profile)),
        ];
        if (found[0] !== text || found[1] !== text) wrong.push(`${profile} ${text}: ${found.join(" | ")}`);
      }
    expect(wrong).toEqual([]);
  });

  it.each(["a32", "t32"] as const)("prints columns of %s line by line, buffer by buffer", (isa) => {
    const bytes = code(isa);
    const into = columns(bytes.length / 2);
    const count = sweep(isa, bytes, into);
    const small = new Uint8Array(6000);
    for (const profile of [...profiles, ...profiles]) {
      let text = "";
      for (let i = 0; i < count; ) {
        const { entries, end } = formatColumnsInto(small, isa, into, i, count, 0x8000, profile);
        expect(entries).toBeGreaterThan(0);
        text += new TextDecoder().decode(small.subarray(0, end));
        i += entries;
      }
      const lines = Array.from({ length: count }, (_, i) =>
        format(decode(isa, bytes, into.offset[i], 0x8000 + into.offset[i]!, { it: into.it[i]! })!, profile),
      );
      expect(text).toBe(`${lines.join("\n")}\n`);
    }
    expect(formatColumnsInto(new Uint8Array(100), isa, into, 0, count)).toEqual({ entries: 0, end: 0 });
  });

  it("prints more different lines than it remembers", () => {
    const next = random(10);
    const rows = encodings.filter(({ isa, size }) => isa === "t32" && size === 4);
    const bytes = new Uint8Array(4 * 200_000);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; at += 4) {
      const { pattern } = rows[next() % rows.length]!;
      const word = (next() & ~(pattern.mask | pattern.shouldMask)) | pattern.value | pattern.shouldValue;
      view.setUint16(at, word >>> 16, true);
      view.setUint16(at + 2, word & 0xffff, true);
    }
    const into = columns(bytes.length / 4);
    const count = sweep("t32", bytes, into);
    const part = new Uint8Array(1 << 16);
    let wrong = 0;
    for (let i = 0; i < count; ) {
      const { entries, end } = formatColumnsInto(part, "t32", into, i, count);
      const lines = new TextDecoder().decode(part.subarray(0, end)).split("\n");
      for (let k = 0; k < entries; k++) {
        const word = into.word[i + k]!;
        const insn = decodeT32(word >>> 16, word & 0xffff, into.offset[i + k]);
        if (lines[k] !== format(insn)) wrong++;
      }
      i += entries;
    }
    expect(wrong).toBe(0);
  });

  it("takes any range of entries, and columns that no sweep filled", () => {
    const into = columns(2);
    sweep("a32", new Uint8Array([0x01, 0x00, 0xa0, 0xe3, 0x02, 0x00, 0xa0, 0xe3]), into);
    const lines = "mov r0, #1\nmov r0, #2\n";
    for (const [first, last, text] of [
      [-5, 9, lines],
      [0.5, 2, lines],
      [Number.NaN, 2, lines],
      [1, Number.POSITIVE_INFINITY, "mov r0, #2\n"],
      [2, 9, ""],
      [7, 3, ""],
      [0, Number.NaN, ""],
    ] as const)
      expect(written(formatColumnsInto(buffer, "a32", into, first, last).end)).toBe(text);
    into.row[0] = 65535;
    into.it[1] = 255;
    expect(written(formatColumnsInto(buffer, "a32", into, 0, 2).end)).toBe(".inst 0xe3a00001\nmov r0, #2\n");
  });

  it("appends, and writes nothing where there may be too little room", () => {
    const end = formatInto(buffer, 3, decodeA32(0xe3a00001));
    expect(end).toBe(3 + "mov r0, #1".length);
    const small = new Uint8Array(100);
    expect(formatInto(small, 0, decodeA32(0xe3a00001))).toBe(-1);
    expect(small.every((byte) => byte === 0)).toBe(true);
  });
});
