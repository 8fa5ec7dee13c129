import { decodeA32, decodeT32, format, type Insn } from "@cmodx/codec";
import { describe, expect, it } from "vitest";

const say = (insn: Insn): string =>
  `${insn.status}: ${insn.reasons.map(({ kind, clause }) => `${kind} ${clause}`).join("; ")}`;

describe("statuses", () => {
  it.each([
    [0xe0810312, "ok: "],
    [0xe081031f, "unpredictable: unpredictable Rm == 15"],
    [0xe1b0f00e, "ok: "],
    [0x01200070, "unpredictable: unpredictable cond != 14"],
    [0xe12fff1e, "ok: "],
    [0xe12fff3f, "unpredictable: unpredictable Rm == 15"],
    [0xe5911001, "ok: "],
    [0xe5b11001, "unpredictable: unpredictable (P == 0 || W == 1) && Rn == Rt"],
    [0xe7f000f0, "undefined: undefined 1"],
    [0xe8bd2001, "unpredictable: unpredictable (registers >> 13 & 1) == 1"],
    [0xf3ffffff, "unallocated: unallocated no instruction has this encoding"],
  ])("A32 %i is %s", (word, text) => {
    expect(say(decodeA32(word))).toBe(text);
  });

  it("tells should-be bits from clauses", () => {
    expect(decodeA32(0xe12f0f1e).reasons).toEqual([
      { kind: "should-be", clause: expect.stringContaining("(1)(1)(1)(1)") },
    ]);
    expect(decodeT32(0x4701, 0).reasons.map(({ kind }) => kind)).toEqual(["should-be"]);
  });

  it("asks where in an IT block an instruction stands", () => {
    expect(decodeT32(0xe7fe, 0, 0, 0x08).status).toBe("ok");
    expect(decodeT32(0xe7fe, 0, 0, 0x04).status).toBe("unpredictable");
    expect(decodeT32(0xd0fe, 0, 0, 0x08).reasons).toEqual([{ kind: "unpredictable", clause: "InITBlock()" }]);
    expect(decodeT32(0xb662, 0, 0, 0x08).status).toBe("unpredictable");
  });

  it("takes a list of one register for LDM and STM, and of more for POP and PUSH", () => {
    expect(format(decodeA32(0xe8bd0001))).toBe("ldm sp!, {r0}");
    expect(format(decodeA32(0xe8bd0003))).toBe("pop {r0, r1}");
    expect(format(decodeA32(0xe92d0001))).toBe("stmdb sp!, {r0}");
    expect(format(decodeA32(0xe92d0003))).toBe("push {r0, r1}");
  });
});
