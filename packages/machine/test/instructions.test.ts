import { type Isa, itBlock, nextIt, parse } from "@cmodx/codec";
import { a32, exploreSync, t32 } from "@cmodx/machine";
import { expect, test } from "vitest";

const base = 0x8000;

/** Runs instructions alone on one core, with labels `a:` in front; registers and flags after them. */
function run(isa: Isa, code: string, registers: Record<number, number> = {}): Record<string, number> {
  const lines = code.split("; ").map((line) => /^(?:(\w):)?\s*(.*)$/.exec(line)!);
  const symbols = new Map<string, number>();
  let bytes: number[] = [];
  for (const pass of [0, 1]) {
    let it = 0;
    bytes = [];
    for (const [, label, text] of lines) {
      const address = base + bytes.length;
      if (label !== undefined) symbols.set(label, address);
      const guessed = new Map([..."abcd"].map((name) => [name, address + 8]));
      const parsed = parse(text!, { isa, address, it, symbols: pass === 0 ? guessed : symbols });
      if (!parsed.ok) throw new Error(`${text}: ${parsed.issues[0]?.message}`);
      const { word, size } = parsed.insn;
      it = itBlock(parsed.insn) !== 0 ? itBlock(parsed.insn) : nextIt(it, parsed.insn);
      const halves = isa === "t32" && size === 4 ? [word >>> 16, word & 0xffff] : [word & 0xffff, word >>> 16];
      for (const half of halves.slice(0, size / 2)) bytes.push(half & 0xff, half >>> 8);
    }
  }
  const all = Array.from({ length: 15 }, (_, i) => i);
  const result = exploreSync({
    memory: [
      { address: base, bytes },
      { address: 0x1000, bytes: [1, 0, 0, 0, 2, 0, 0, 0x80] },
    ],
    isas: [a32, t32],
    cores: [
      {
        steps: [{ op: "execute", isa, address: base, until: [base + bytes.length] }],
        registers: { 13: 0x2000, ...registers },
        observe: all,
      },
    ],
  });
  expect(result.complete, JSON.stringify(result.cores[0]![0]?.log)).toBe(true);
  expect(result.outcomes.length).toBe(1);
  return Object.fromEntries(result.cores[0]![0]!.registers.map((value, i) => [`r${i}`, value]));
}

test.each([
  ["mov r0, #1; add r1, r0, #2; sub r2, r0, #5; rsb r3, r0, #10", { r1: 3, r2: -4, r3: 9 }],
  ["mvn r0, #0; adds r1, r0, #1; adc r2, r0, #5", { r1: 0, r2: 5 }],
  [
    "mov r0, #3; lsl r1, r0, #4; mov r2, #2; lsr r3, r1, r2; asr r4, r1, #1; ror r5, r0, #1",
    { r1: 48, r3: 12, r4: 24, r5: -2147483647 },
  ],
  [
    "mov r0, #6; mov r1, #3; and r2, r0, r1; orr r3, r0, r1; eor r4, r0, r1; bic r5, r0, r1",
    { r2: 2, r3: 7, r4: 5, r5: 4 },
  ],
  ["mov r0, #1; cmp r0, #1; moveq r1, #5; movne r1, #6; addeq r2, r0, r0, lsl #3", { r1: 5, r2: 9 }],
  ["mov r0, #1; cmp r0, #2; movlt r1, #1; movge r1, #2; movlo r2, #1; movhs r2, #2", { r1: 1, r2: 1 }],
  ["movw r0, #0x1234; movt r0, #0x5678", { r0: 0x56781234 }],
  [
    "mov r1, #0x1000; ldr r0, [r1]; ldr r2, [r1, #4]!; ldrsb r3, [r1, #3]; ldrh r4, [r1]",
    { r0: 1, r1: 0x1004, r2: -2147483646, r3: -128, r4: 2 },
  ],
  [
    "mov r1, #0x1000; ldrd r2, r3, [r1]; str r2, [r1], #8; ldm r1, {r4, r5}",
    { r1: 0x1008, r2: 1, r3: -2147483646, r4: 0 },
  ],
  ["mov r0, #7; mov r1, #8; push {r0, r1}; mov r0, #0; pop {r2, r3}; mov r4, sp", { r2: 7, r3: 8, r4: 0x2000 }],
  ["mov r0, #7; b a; mov r0, #1; a: add r1, r0, #1", { r0: 7, r1: 8 }],
  ["bl a; mov r1, #1; b b; a: mov r2, #2; bx lr; b: mov r3, #3", { r1: 1, r2: 2, r3: 3 }],
  ["mov r0, #3; a: add r1, r1, r0; subs r0, r0, #1; bne a", { r0: 0, r1: 6 }],
  ["add r0, pc, #0; sub r1, pc, #8", { r0: base + 8, r1: base + 4 }],
])("A32: %s", (code, expected) => {
  expect(run("a32", code)).toMatchObject(expected);
});

test.each([
  ["movs r0, #1; adds r1, r0, #2; subs r2, r0, #5", { r1: 3, r2: -4 }],
  ["movs r0, #3; lsls r1, r0, #4; asrs r2, r1, #1; rsbs r3, r0, #0", { r1: 48, r2: 24, r3: -3 }],
  ["movs r0, #6; movs r1, #3; ands r0, r1; mvns r2, r1", { r0: 2, r2: -4 }],
  ["movs r0, #1; cmp r0, #1; ite eq; moveq r1, #5; movne r1, #6; movs r2, #9", { r1: 5, r2: 9 }],
  ["movs r0, #0; cbz r0, a; movs r1, #1; a: cbnz r0, b; movs r2, #2; b: nop", { r1: 0, r2: 2 }],
  ["movs r0, #7; push {r0, lr}; add sp, #4; sub sp, #4; pop {r1, r2}; mov r3, sp", { r1: 7, r3: 0x2000 }],
  ["bl a; movs r1, #1; b b; a: movs r2, #2; bx lr; b: movs r3, #3", { r1: 1, r2: 2, r3: 3 }],
  [
    "movw r1, #0x1000; ldr r0, [r1]; strb r0, [r1, #7]; ldr.w r2, [r1, #4]; ldrsb.w r3, [r1, #7]",
    { r0: 1, r2: 0x01000002, r3: 1 },
  ],
  ["mov r8, r0; add.w r9, r8, #0xff00ff; orn r10, r8, r9", { r9: 0xff00ff, r10: ~0xff00ff }],
  ["nop.w; b.w a; movs r0, #1; a: movs r1, #2", { r0: 0, r1: 2 }],
])("Thumb: %s", (code, expected) => {
  expect(run("t32", code)).toMatchObject(expected);
});

test("an interworking branch changes the instruction set", () => {
  const thumb = 0x9000;
  const result = exploreSync({
    memory: [
      { address: base, bytes: [0x30, 0xff, 0x2f, 0xe1] }, // blx r0
      { address: thumb, bytes: [0x05, 0x21, 0x70, 0x47] }, // movs r1, #5; bx lr
    ],
    isas: [a32, t32],
    cores: [
      {
        steps: [{ op: "execute", isa: "a32", address: base, until: [base + 4] }],
        registers: { 0: thumb | 1 },
        observe: [1, 14],
      },
    ],
  });
  expect(result.cores[0]).toEqual([{ log: [], registers: [5, base + 4] }]);
});

test("what is not modelled is said, never skipped", () => {
  const result = exploreSync({
    memory: [{ address: base, bytes: [0x81, 0x0a, 0x30, 0xee] }], // vadd.f32 s0, s1, s2
    isas: [a32],
    cores: [{ steps: [{ op: "execute", isa: "a32", address: base, until: [base + 4] }] }],
  });
  expect(result.complete).toBe(false);
  expect(result.limit).toMatchObject({ limit: "unmodelled" });
});
