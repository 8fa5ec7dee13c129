import { decodeA32, decodeT32 } from "@cmodx/codec";
import { type Architecture, check, editOf, type PatchingError } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const a32 = (from: string, to: string, address = 0x8000) => editOf({ isa: "a32", address, from, to });
const t32 = (from: string, to: string, address = 0x8000) => editOf({ isa: "t32", address, from, to });

describe("condition and target", () => {
  test.each([
    ["a32", "beq 0x8100", "bne 0x8200", "condition-and-target"],
    ["a32", "beq 0x8100", "b 0x8200", "condition-and-target"],
    ["a32", "bleq 0x8100", "bl 0x8200", "condition-and-target"],
    ["a32", "beq 0x8100", "bne 0x8100", "a32-listed"],
    ["a32", "beq 0x8100", "beq 0x8200", "a32-listed"],
    ["a32", "b 0x8100", "b 0x8200", "a32-listed"],
    ["a32", "beq 0x8100", "nop", "a32-listed"],
    ["t32", "beq.n 0x8010", "b.n 0x8020", "condition-and-target"],
    ["t32", "beq.n 0x8010", "bne.n 0x8020", "condition-and-target"],
    ["t32", "beq.n 0x8010", "b.n 0x8010", "t16-listed"],
    ["t32", "beq.n 0x8010", "beq.n 0x8020", "t16-listed"],
  ] as const)("%s %s to %s: %s", (isa, from, to, rule) => {
    expect(check(editOf({ isa, address: 0x8000, from, to })).rule.id).toBe(rule);
  });
});

describe("edits that leave no instruction", () => {
  test("A32 is at multiples of four bytes, T32 of two", () => {
    const insn = decodeA32(0xe320f000, 0x8002);
    expect(check({ isa: "a32", address: 0x8002, from: insn, to: insn })).toMatchObject({
      verdict: "invalid",
      rule: { id: "misaligned" },
      protocols: [],
    });
    const nop = decodeT32(0xbf00, 0, 0x8001);
    expect(check({ isa: "t32", address: 0x8001, from: nop, to: nop }).rule.id).toBe("misaligned");
  });

  test("an unallocated word is not an instruction", () => {
    const edit = { isa: "a32", address: 0, from: decodeA32(0xe320f000, 0), to: decodeA32(0xf8000000, 0) } as const;
    expect(edit.to.status).toBe("unallocated");
    expect(check(edit)).toMatchObject({ verdict: "invalid", rule: { id: "not-an-instruction" } });
  });

  test("UDF is an instruction, if an UNDEFINED one", () => {
    expect(check(a32("nop", "udf #24")).verdict).toBe("synchronise");
  });
});

test("bytes that stay as they are need no list", () => {
  expect(check(a32("ldr r0, [r1]", "ldr r0, [r1]"))).toMatchObject({
    verdict: "concurrent",
    rule: { id: "unchanged" },
  });
});

test("what an edit straddles is told, and A32 straddles nothing", () => {
  expect(check(t32("nop.w", "b.w 0x9000", 0x8ffe)).straddles).toEqual(["word", "line32", "line64", "page"]);
  expect(check(t32("nop.w", "b.w 0x9000", 0x801e)).straddles).toEqual(["word", "line32"]);
  expect(check(t32("nop.w", "b.w 0x9000", 0x8000)).straddles).toEqual([]);
  expect(check(a32("nop", "b 0x9000", 0x8ffc)).straddles).toEqual([]);
});

describe("a refusal comes with the nearest edit that is allowed", () => {
  test.each([
    ["the ARM jump label that the kernel switches off", a32("b 0x9000", "mov r0, r0"), "b 0x9000 -> nop"],
    ["the kernel's kprobe", a32("nop", "udf #24"), "nop -> bkpt #0"],
    ["a Thumb jump label in reach of 16 bits", t32("nop.w", "b.w 0x8100"), "nop -> b.n 0x8100"],
    [
      "a Thumb jump label out of reach",
      t32("nop.w", "b.w 0x9000"),
      "nop -> b.n <island>, where the island holds b.w 0x9000",
    ],
    ["a call switched off by NOP", t32("bl 0x9000", "nop"), "bl 0x9000 -> b.n 0x8004"],
    ["a call switched on from NOP", t32("nop", "bl 0x9000"), "b.n 0x8004 -> bl 0x9000"],
  ])("%s", (_, edit, text) => {
    expect(check(edit).nearest?.text).toBe(text);
  });

  test("and a listed edit comes with none", () => {
    expect(check(a32("nop", "b 0x9000")).nearest).toBeUndefined();
  });
});

describe("protocols", () => {
  test("a listed edit needs no stopped core, an unlisted one does", () => {
    const cheapest = (edit: Parameters<typeof check>[0]) => check(edit).protocols[0]?.name;
    expect(cheapest(a32("nop", "b 0x9000"))).toBe("sync-cores");
    expect(cheapest(a32("nop", "udf #24"))).toBe("stop-machine");
  });

  test("sound ones come first", () => {
    const sound = check(a32("nop", "b 0x9000")).protocols.map((protocol) => protocol.sound);
    expect(sound).toEqual(sound.toSorted((a, b) => Number(b) - Number(a)));
  });

  test("their cost grows with the cores", () => {
    const ipis = (cores: number) => check(a32("nop", "b 0x9000"), { cores }).protocols[0]?.cost.ipis;
    expect([ipis(1), ipis(2), ipis(8)]).toEqual([0, 1, 7]);
  });
});

test("a caller's mistake is an error with a code", () => {
  const edit = a32("nop", "b 0x9000");
  const code = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return (error as PatchingError).code;
    }
    return undefined;
  };
  expect(code(() => check(edit, { architecture: "armv9" as Architecture }))).toBe("E_ARCHITECTURE");
  expect(code(() => check({ ...edit, isa: "t32" }))).toBe("E_ISA");
  expect(code(() => editOf({ isa: "a32", address: 0, from: "nop", to: "frobnicate r0" }))).toBe("E_TEXT");
});
