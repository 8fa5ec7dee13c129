import { memorySource, openElf } from "@cmodx/elf";
import { applyEdits } from "@cmodx/patching";
import { keyEdits, labelsOf, type StaticKeysError } from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";
import { sampleBytes } from "../../elf/test/samples.js";

const open = (bytes: Uint8Array) => labelsOf(openElf(memorySource(bytes)), bytes);

describe.each(["sites-arm.elf", "sites-thumb2.elf", "sites-thumb2-be8.elf", "kernel-thumb2.elf"] as const)(
  "%s",
  (name) => {
    const original = sampleBytes(name);

    test("every key there and back again restores every byte", () => {
      const bytes = sampleBytes(name);
      const labels = open(bytes);
      expect(labels.keys.length).toBeGreaterThan(0);
      for (const key of labels.keys) {
        const there = keyEdits(labels, key, !key.initiallyTrue);
        expect(there.length).toBeGreaterThan(0);
        applyEdits(there, labels.memory);
        expect(bytes).not.toEqual(original);
        expect(keyEdits(labels, key, !key.initiallyTrue)).toEqual([]);
        applyEdits(keyEdits(labels, key, key.initiallyTrue), labels.memory);
        expect(bytes).toEqual(original);
      }
    });

    test("a site that is on branches to its entry's target, one that is off is a NOP", () => {
      const bytes = sampleBytes(name);
      const labels = open(bytes);
      for (const on of [true, false]) {
        for (const key of labels.keys) {
          for (const edit of keyEdits(labels, key, on)) {
            const { likely, target } = labels.entries.find(({ code }) => code === edit.address)!;
            const operand = edit.to.operands.find(({ kind }) => kind === "target");
            if (on === likely) expect(edit.to.mnemonic).toBe("nop");
            else expect(operand).toMatchObject({ address: target });
          }
          applyEdits(keyEdits(labels, key, on), labels.memory);
        }
      }
    });
  },
);

test("Linux's own ARM NOP is not the one that was there", () => {
  const bytes = sampleBytes("sites-arm.elf");
  const labels = open(bytes);
  const key = labels.keys.find(({ name }) => name === "trace_key")!;
  applyEdits(keyEdits(labels, key, true, "linux"), labels.memory);
  const off = keyEdits(labels, key, false, "linux");
  expect(new Set(off.map(({ to }) => to.word))).toEqual(new Set([0xe1a00000]));
});

test("a kernel for older cores, whose NOP is mov r0, r0, gets that back", () => {
  const bytes = sampleBytes("sites-arm.elf");
  const built = open(bytes);
  for (const { code } of built.entries) {
    if (built.memory.read(code, 4)?.[3] === 0xe3) built.memory.write(code, Uint8Array.of(0x00, 0x00, 0xa0, 0xe1));
  }
  const original = bytes.slice();
  const labels = open(bytes);
  for (const on of [true, false]) {
    for (const key of labels.keys) applyEdits(keyEdits(labels, key, key.initiallyTrue !== on), labels.memory);
  }
  expect(bytes).toEqual(original);
});

test("what is initially true is told from the key's own memory", () => {
  const { keys } = open(sampleBytes("sites-arm.elf"));
  expect(keys.map(({ name, initiallyTrue }) => `${name} ${initiallyTrue}`)).toEqual([
    "fast_key true",
    "slow_key false",
    "trace_key false",
  ]);
});

test("an image without a jump table says so", () => {
  const bytes = sampleBytes("sites-arm.elf");
  const image = openElf(memorySource(bytes));
  const bare = Object.create(image, {
    sectionsNamed: { value: () => [] },
    symbols: { value: { find: () => -1 } },
  }) as typeof image;
  try {
    labelsOf(bare, bytes);
    expect.unreachable();
  } catch (error) {
    expect((error as StaticKeysError).code).toBe("E_LAYOUT");
  }
});
