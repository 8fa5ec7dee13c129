import { assemble, decodeA32, decodeT32, effects, encodings, field, format, type Profile, parse } from "@cmodx/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomWords as random } from "../../../test/random.js";

const profiles: readonly Profile[] = ["ual", "gnu", "llvm", "preUal"];

describe("any input", () => {
  it("decodes every word, prints it, tells its effects, and reads back what is ok", () => {
    const next = random(Number(process.env["FC_SEED"] ?? 7));
    for (let i = 0; i < 20_000; i++) {
      const word = next();
      for (const insn of [
        decodeA32(word, i * 4),
        decodeT32(word >>> 16, word & 0xffff, i * 4, i % 9 === 0 ? next() & 0xff : 0),
      ]) {
        expect(["ok", "undefined", "unpredictable", "unallocated"]).toContain(insn.status);
        expect(insn.reasons.length > 0).toBe(insn.status !== "ok");
        effects(insn);
        if (insn.status === "unpredictable" || insn.it !== 0) continue;
        for (const profile of profiles) {
          const back = parse(format(insn, profile), { isa: insn.isa, address: insn.address });
          expect(back.ok && back.insn.word, `${insn.word.toString(16)} ${format(insn, profile)}`).toBe(insn.word);
        }
      }
    }
  });

  it("gives each word of an encoding back from its fields", () => {
    const next = random(3);
    for (const { pattern, isa, size } of encodings) {
      const word = ((next() & ~pattern.mask) | pattern.value) >>> 0;
      const insn = isa === "a32" ? decodeA32(word) : decodeT32(size === 4 ? word >>> 16 : word & 0xffff, word & 0xffff);
      const row = insn.encoding;
      if (row === undefined) continue;
      let back = row.pattern.value | (insn.word & row.pattern.shouldMask);
      for (const { name, shift } of row.pattern.fields.values()) back |= field(insn, name)! << shift;
      expect(back >>> 0).toBe(insn.word);
    }
  });

  it("assembles any text to bytes or to issues with a place", () => {
    const piece = fc.constantFrom(
      "add",
      "r0",
      ",",
      " ",
      "#",
      "-",
      "0x1",
      "[",
      "]",
      "{",
      "}",
      "ldr",
      ".w",
      ":",
      "l",
      "b",
      "eq",
      "=",
      ".word",
      "!",
      "^",
      "d0",
      "\n",
      ";",
      "q1",
      ".f32",
      "lsl",
      "vmov",
      "it",
      "'",
      "\u{1f600}",
      "\0",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 24 }),
        fc.constantFrom("a32" as const, "t32" as const),
        (pieces, isa) => {
          const made = assemble(pieces.join(""), { isa });
          if (made.ok) return made.code.length >= 0;
          return made.issues.every(
            ({ line, column, length, message }) => line > 0 && column > 0 && length > 0 && message !== "",
          );
        },
      ),
      { numRuns: 3000 },
    );
  });
});
