import * as all from "@cmodx/codec";
import * as small from "@cmodx/codec/decode";
import * as printing from "@cmodx/codec/format";
import { describe, expect, it, vi } from "vitest";
import { randomWords as random } from "../../../test/random.js";

describe("the entries", () => {
  it("say the same of a word", () => {
    const next = random(12);
    const wrong: string[] = [];
    for (let i = 0; i < 40_000; i++) {
      const word = next();
      const it = i % 5 === 0 ? next() & 0xff : 0;
      const pairs = [
        [all.decodeA32(word), small.identifyA32(word)],
        [all.decodeT32(word >>> 16, word & 0xffff, 0, it), small.identifyT32(word >>> 16, word & 0xffff, it)],
      ] as const;
      for (const [full, found] of pairs) {
        const same =
          full.word === found.word &&
          full.size === found.size &&
          full.status === found.status &&
          full.encoding?.id === found.id &&
          JSON.stringify(full.reasons) === JSON.stringify(found.reasons) &&
          all.field(full, "cond") === found.field("cond");
        if (!same) wrong.push(`${full.isa} ${word.toString(16)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("say of the first words they meet, which they look up row by row, what they say later, by tests", async () => {
    const next = random(14);
    const rows = all.encodings.filter(({ size }) => size === 4);
    const wrong: string[] = [];
    for (let time = 0; time < 40; time++) {
      vi.resetModules();
      const fresh: typeof small = await import("@cmodx/codec/decode");
      for (let i = 0; i < 60; i++) {
        const { isa, pattern } = rows[next() % rows.length]!;
        // A word of a row, or one bit from it: neighbours are where rows shadow each other.
        const bit = i % 3 === 0 ? 1 << (next() & 31) : 0;
        const word = ((((next() & ~pattern.mask) | pattern.value) ^ bit) >>> 0) | 0;
        const say = (of: typeof small) =>
          isa === "a32" ? of.identifyA32(word) : of.identifyT32((word >>> 16) | 0xe800, word & 0xffff);
        const [a, b] = [say(fresh), say(small)];
        if (a.id !== b.id || a.status !== b.status) wrong.push(`${isa} ${b.word.toString(16)}: ${a.id}, ${b.id}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("sweep into the same columns", () => {
    const next = random(13);
    const code = Uint8Array.from({ length: 20_000 }, next);
    for (const isa of ["a32", "t32"] as const) {
      const [a, b] = [all.columns(10_000), small.columns(10_000)];
      const count = all.sweep(isa, code, a);
      expect(small.sweep(isa, code, b)).toBe(count);
      expect(b).toEqual(a);
      for (let i = 0; i < 200; i++) expect(small.idAt(b, i)).toBe(all.rowAt(a, i)?.id);
    }
  });

  it("take each other's instructions, which are built with a table of their own each", async () => {
    vi.resetModules();
    const other: typeof printing = await import("@cmodx/codec/format");
    expect(other.decodeA32).not.toBe(all.decodeA32);
    const next = random(15);
    const [ours, theirs] = [new Uint8Array(256), new Uint8Array(256)];
    const wrong: string[] = [];
    for (const { isa, size, pattern } of all.encodings) {
      const word = ((next() & ~pattern.mask) | pattern.value) >>> 0;
      const decoded = (by: typeof printing): all.Insn =>
        isa === "a32" ? by.decodeA32(word) : by.decodeT32(size === 4 ? word >>> 16 : word, word & 0xffff);
      const [own, foreign] = [decoded(all), decoded(other)];
      for (const profile of ["ual", "gnu", "llvm", "preUal"] as const)
        if (all.format(foreign, profile) !== all.format(own, profile)) wrong.push(`${own.encoding?.id} ${profile}`);
      const written = [all.formatInto(ours, 0, own), all.formatInto(theirs, 0, foreign)];
      if (written[0] !== written[1] || Buffer.compare(ours, theirs) !== 0) wrong.push(`${own.encoding?.id} bytes`);
      if (JSON.stringify(all.effects(foreign)) !== JSON.stringify(all.effects(own)))
        wrong.push(`${own.encoding?.id} effects`);
      const again = foreign.encoding && all.encode(foreign.encoding, all.fields(foreign));
      if (again?.word !== (own.encoding && own.word)) wrong.push(`${own.encoding?.id} encode`);
    }
    expect(wrong).toEqual([]);
  });

  it("are the same functions where they print", () => {
    expect(all).toMatchObject(printing);
  });
});
