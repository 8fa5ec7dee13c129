import {
  assemble,
  CodecError,
  columns,
  decode,
  decodeA32,
  decodeT32,
  effects,
  encode,
  encodeBranch,
  encoding,
  encodings,
  field,
  format,
  formatColumnsInto,
  formatEntryInto,
  formatInto,
  formatTokens,
  type Profile,
  parse,
  sweep,
} from "@cmodx/codec";
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

  it("takes any number and any name for an option as data", () => {
    const numbers = [Number.NaN, -1, -(2 ** 31), 2 ** 53, 1e308, Number.POSITIVE_INFINITY, 0.5, -0, 0xffffffff];
    const names = ["", "\ud800", "constructor", "__proto__", "toString", "x".repeat(1e5)] as never[];
    const call = decodeT32(0xf000, 0xf800);
    const into = columns(2);
    sweep("a32", new Uint8Array(8), into);
    for (const n of numbers) {
      const text = "x: b x\n adr r0, x\n ldr r1, =y\n .word y, y + 1, . - 1\n .align 3\n .space y & 7\n mov r0, #y";
      for (const isa of ["a32", "t32"] as const) {
        expect(assemble(text, { isa, address: n, it: n, symbols: { y: n } }).ok).toBeTypeOf("boolean");
        expect(parse("b 0x100", { isa, address: n, it: n }).ok).toBeTypeOf("boolean");
        expect(encodeBranch({ isa, kind: "b", width: n as never }, n, 0).ok).toBeTypeOf("boolean");
        expect(encodeBranch({ isa, kind: "bl" }, 0, n).ok).toBeTypeOf("boolean");
        expect(format(decode(isa, new Uint8Array(8), n, n, { it: n }) ?? call)).toBeTypeOf("string");
        expect(sweep(isa, new Uint8Array(8), columns(Math.min(n, 8)), n)).toBeLessThanOrEqual(4);
        expect(formatEntryInto(new Uint8Array(300), n, isa, into, n, n)).toBeTypeOf("number");
      }
      expect(formatInto(new Uint8Array(300), n, call)).toBe(
        n === 0.5 || n === 0 ? formatInto(new Uint8Array(300), 0, call) : -1,
      );
      expect(formatColumnsInto(new Uint8Array(300), "a32", into, n, n, n).end).toBeTypeOf("number");
    }
    expect([columns(-1).row.length, columns(Number.NaN).row.length, columns(1e308).row.length]).toEqual([
      0,
      0,
      2 ** 26,
    ]);
    for (const name of names) {
      expect(format(call, name)).toBe(format(call));
      expect(formatTokens(call, name)).toEqual(formatTokens(call));
      expect(encodeBranch({ isa: "a32", kind: name }, 0, 0)).toMatchObject({ ok: false, reason: "form" });
      expect(encodeBranch({ isa: "a32", kind: "b", cond: name }, 0, 0)).toMatchObject({ ok: false, reason: "form" });
      expect(() => encode(encoding("a32", "B_A1")!, { cond: 14, imm24: 0, [name]: 1 })).toThrow(CodecError);
      expect(field(call, name)).toBeUndefined();
      expect(assemble(`${name} r0`, { isa: "t32" }).ok).toBe(false);
    }
  });
});
