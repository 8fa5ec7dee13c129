import { ElfError, memorySource, openElf } from "@cmodx/elf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { exercise, sampleBytes, sampleNames } from "./samples.js";

const numRuns = Number(process.env["FC_RUNS"] ?? 1500);
const files = sampleNames.map((name) => sampleBytes(name));

/** Either everything can be read, or one ElfError says where the file is wrong. Anything else is a bug. */
function survives(bytes: Uint8Array): boolean {
  try {
    const { entries } = exercise(openElf(memorySource(bytes)));
    return entries <= bytes.length * 8;
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    return (
      /^E_ELF_/.test(error.code) &&
      error.field.length > 0 &&
      Number.isInteger(error.offset) &&
      !error.message.includes("\n")
    );
  }
}

const file = fc.constantFrom(...files);
const nasty = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 0xff, 0xffff, 0x1000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff),
  fc.nat(5000),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

test("no byte, wherever it is changed, crashes or hangs the reader", () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 });
  const property = fc.property(file, edits, (original, changes) => {
    const bytes = original.slice();
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return survives(bytes);
  });
  fc.assert(property, { seed: 20121210, numRuns });
});

test("no word of a header, section, symbol or relocation does either", () => {
  const edits = fc.array(fc.tuple(fc.nat(), nasty), { minLength: 1, maxLength: 4 });
  const property = fc.property(file, edits, (original, changes) => {
    const bytes = original.slice();
    const view = new DataView(bytes.buffer);
    for (const [at, value] of changes) view.setUint32((at % (bytes.length >> 2)) * 4, value, bytes[5] === 1);
    return survives(bytes);
  });
  fc.assert(property, { seed: 3, numRuns });
});

test("headers of sections get the nastiest values, one field at a time, all of them", () => {
  let tried = 0;
  for (const original of files) {
    const view = new DataView(original.buffer);
    const little = original[5] === 1;
    const start = view.getUint32(32, little);
    for (let at = start; at + 4 <= original.length; at += 4) {
      for (const value of [0, 1, 0x1000_0000, 0xffff_ffff]) {
        const bytes = original.slice();
        new DataView(bytes.buffer).setUint32(at, value, little);
        expect(survives(bytes)).toBe(true);
        tried++;
      }
    }
  }
  expect(tried).toBeGreaterThan(3000);
});

test("two files glued, overlapped or shuffled are no danger", () => {
  const property = fc.property(file, file, fc.nat(), fc.nat(), fc.nat(), (a, b, from, to, length) => {
    const bytes = a.slice();
    const piece = b.subarray(from % b.length).subarray(0, length % 512);
    bytes.set(piece.subarray(0, bytes.length - (to % bytes.length)), to % bytes.length);
    return survives(bytes);
  });
  fc.assert(property, { seed: 7, numRuns });
});
