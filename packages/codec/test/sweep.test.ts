import { columns, decode, nextIt, noIt, rowAt, statuses, sweep } from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { randomWords as random } from "../../../test/random.js";

describe("the sweep", () => {
  it.each(["a32", "t32"] as const)("says of random %s code what decoding one by one says", (isa) => {
    const next = random(4);
    const code = Uint8Array.from({ length: 40_002 }, next);
    // Some IT blocks, which random code hardly has.
    for (let at = 0; at < code.length - 2; at += 50) code.set([0x04 + (next() % 16) * 16, 0xbf], at);
    const into = columns(code.length);
    const count = sweep(isa, code, into);
    let at = 0;
    let state = noIt;
    for (let i = 0; i < count; i++) {
      const insn = decode(isa, code, at, 0, { it: state })!;
      expect([into.offset[i], into.word[i], into.it[i], statuses[into.status[i]!], rowAt(into, i)?.id]).toEqual([
        at,
        insn.word,
        isa === "a32" ? 0 : state,
        insn.status,
        insn.encoding?.id,
      ]);
      state = nextIt(state, insn);
      at += insn.size;
    }
    expect(decode(isa, code, at)).toBeUndefined();
  });

  it("stops at the end of the columns and leaves half an instruction out", () => {
    expect(sweep("t32", Uint8Array.of(0, 0xbf, 0, 0xbf), columns(1))).toBe(1);
    expect(sweep("t32", Uint8Array.of(0, 0xbf, 0xaf, 0xf3, 0), columns(9))).toBe(1);
    expect(sweep("t32", Uint8Array.of(0, 0xbf, 0xaf, 0xf3), columns(9))).toBe(1);
    expect(sweep("t32", Uint8Array.of(0xbf), columns(9))).toBe(0);
  });

  it("has the last halfword, which nothing follows, as it has the others", () => {
    // nop.w, it eq, nop: where fewer than four bytes are left the end of the code is near.
    for (const more of [[], [0]]) {
      const into = columns(9);
      const code = Uint8Array.of(0xaf, 0xf3, 0, 0x80, 0x08, 0xbf, 0, 0xbf, ...more);
      expect(sweep("t32", code, into)).toBe(3);
      expect([...into.offset.subarray(0, 3)]).toEqual([0, 4, 6]);
      expect([0, 1, 2].map((i) => rowAt(into, i)?.id)).toEqual(["NOP_T2", "IT_T1", "NOP_T1"]);
      expect([...into.it.subarray(0, 3)]).toEqual([0, 0, 8]);
    }
  });
});
