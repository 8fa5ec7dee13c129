import { encodings, format, parse } from "@cmodx/codec";
import { type Compat, type Decision, decide, differences } from "@cmodx/kprobes";
import { describe, expect, test } from "vitest";
import { randomWords } from "../../../test/random.js";
import { decodeWord, hex } from "./words.js";

const answer = (isa: "a32" | "t32", text: string, compat: Compat = "linux"): Decision => {
  const parsed = parse(text, { isa });
  if (!parsed.ok) throw new Error(`${text}: ${parsed.issues[0]?.message}`);
  return decide(parsed.insn, compat);
};

test.each([
  [
    "a32",
    "push {r4, r5, r6, r7, lr}",
    "emulate",
    "it is executed from a slot, with its registers replaced",
    20,
    "3c102be90ef0a0e1",
  ],
  ["a32", "mov r12, sp", "simulate", "it is simulated: function prologues begin with it", 0, ""],
  ["a32", "moveq r12, sp", "simulate", "it is simulated: function prologues begin with it", 0, ""],
  ["a32", "ldm r0, {r1, r13}", "simulate", "it is simulated: no slot has its registers", 0, ""],
  [
    "a32",
    "ldrex r0, [r3]",
    "reject",
    "it belongs to a sequence of exclusive accesses, which a trap would clear",
    null,
    "",
  ],
  [
    "a32",
    "mrc p15, #0, r3, c13, c0, #3",
    "reject",
    "it accesses registers that are not the kernel's to touch",
    null,
    "",
  ],
  ["a32", "subs pc, lr, #4", "reject", "the flag-setting form with Rd = PC returns from an exception", null, ""],
  [
    "a32",
    "mul r0, r1, r2",
    "emulate",
    "it is executed from a slot, with its registers replaced",
    0,
    "930102e00ef0a0e1",
  ],
  [
    "a32",
    "str r0, [sp, #-64]!",
    "emulate",
    "it is executed from a slot, with its registers replaced",
    64,
    "400022e50ef0a0e1",
  ],
  ["a32", "str r0, [sp, #-68]!", "reject", "it stores 68 bytes below SP, where the trap leaves 64 bytes free", 68, ""],
  [
    "a32",
    "str r0, [sp], #-68",
    "emulate",
    "it is executed from a slot, with its registers replaced",
    0,
    "440002e40ef0a0e1",
  ],
  [
    "a32",
    "str r0, [r1, sp]",
    "reject",
    "it stores at an address that a register makes of SP, so how far below is unknown",
    null,
    "",
  ],
  ["a32", "movw r0, #1", "emulate", "it is executed from a slot, with its registers replaced", 0, "010000e30ef0a0e1"],
  ["t32", "bx pc", "simulate", "it branches: its target is read from a register", 0, ""],
  [
    "t32",
    "add r8, r9",
    "emulate",
    "it is executed from a slot, on r1 and r0 in place of its registers",
    0,
    "014470477047",
  ],
  ["t32", "tbb [sp, r0]", "reject", "its Rn is SP", null, ""],
  ["t32", "sdiv r0, r1, r2", "reject", "it has no entry in the kernel's table", null, ""],
] as const)("%s %s: %s, %s", (isa, text, action, reason, stack, slot) => {
  const decision = answer(isa, text);
  expect(decision).toMatchObject({ action, reason, stack });
  expect(hex(decision.slot)).toBe(slot);
});

describe("strict", () => {
  test("divides, waits at barriers, and loads with acquire", () => {
    expect(answer("t32", "sdiv r4, r5, r6", "strict")).toMatchObject({ action: "emulate" });
    expect(hex(answer("t32", "sdiv r4, r5, r6", "strict").slot)).toBe("92fbf3f17047");
    expect(answer("a32", "udiv r4, r5, r6", "strict").action).toBe("emulate");
    expect(answer("a32", "dmb ish", "strict").action).toBe("emulate");
    expect(answer("t32", "lda r0, [r1]", "strict").action).toBe("emulate");
  });

  test("rejects what the architecture does not define, and says which rule", () => {
    const insn = decodeWord("a32", 0xe0510192);
    expect(decide(insn, "strict").reason).toBe("no instruction has this encoding");
    expect(decide(decodeWord("a32", 0xe4900004), "strict")).toMatchObject({
      action: "reject",
      reason: "it is UNPREDICTABLE: (P == 0 || W == 1) && Rn == Rt",
    });
    expect(decide(decodeWord("a32", 0xe4900004), "linux").action).toBe("emulate");
  });

  test("reads a load relative to the PC whatever its offset", () => {
    expect(answer("t32", "ldr.w r0, [pc, #-0x801]", "strict").action).toBe("simulate");
    expect(answer("t32", "ldr.w r0, [pc, #-0x801]").action).toBe("reject");
  });

  test("pushes and pops one register by a store and a load", () => {
    const slots = (text: string) =>
      (["linux", "strict"] as const).map((compat) => hex(answer("t32", text, compat).slot));
    expect(slots("push {r5}")).toEqual(["29e920007047", "49f8045d7047"]);
    expect(slots("push {lr}")).toEqual(["29e900017047", "49f8048d7047"]);
    expect(slots("pop {pc}")).toEqual(["b9e800017047", "59f8048b7047"]);
    expect(slots("pop {r0, r1}")).toEqual(["b9e803007047", "b9e803007047"]);
    expect(decodeWord("t32", 0xe9290020).status).toBe("unpredictable");
    expect(decodeWord("t32", 0xf8495d04)).toMatchObject({ status: "ok", mnemonic: "str" });
  });

  test("does not lose r7", () => {
    expect(answer("t32", "push {r4, lr}").reason).toMatch(/crashes: its handler loads r7/);
    expect(answer("t32", "push {r4, lr}", "strict").reason).not.toMatch(/crash/);
  });
});

test("every difference is on the list", () => {
  const listed = differences();
  const next = randomWords(20);
  const unlisted: string[] = [];
  const seen = new Set<number>();
  for (let i = 0; i < 200_000; i++) {
    const isa = i % 2 === 0 ? "a32" : "t32";
    let word = next();
    if (i % 3 === 0) {
      const { pattern } = encodings[next() % encodings.length]!;
      word = ((word & ~pattern.mask) | pattern.value) >>> 0;
    }
    if (isa === "t32" && i % 4 === 1) word &= 0xffff;
    if (isa === "t32" && (word < 0x10000 ? word >= 0xe800 : word < 0xe8000000)) continue;
    const insn = decodeWord(isa, word);
    const [linux, strict] = [decide(insn, "linux"), decide(insn, "strict")];
    if (linux.action === strict.action && linux.reason === strict.reason) continue;
    const found = listed.findIndex(({ isa: set, size, words }) => {
      if (set !== isa || size !== insn.size) return false;
      if (typeof words !== "string") return (word & words.mask) >>> 0 === words.value;
      const id = insn.encoding?.id ?? "";
      return words.split(" ").some((row) => (row.endsWith("*") ? id.startsWith(row.slice(0, -1)) : row === id));
    });
    if (found >= 0) seen.add(found);
    else if (insn.status === "ok") unlisted.push(`${format(insn)}: ${linux.reason} | ${strict.reason}`);
    else expect(strict.action).toBe("reject");
  }
  expect(unlisted).toEqual([]);
  expect(listed.filter((_, i) => !seen.has(i))).toEqual([]);
});
