import { memorySource, openElf } from "@cmodx/elf";
import { callEdits, callNop, callsOf, type FtraceError, selectRecords, stateOf } from "@cmodx/ftrace";
import { applyEdits, insnIn } from "@cmodx/patching";
import { parsePattern } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { sampleBytes } from "../../elf/test/samples.js";

const open = (bytes: Uint8Array) => callsOf(openElf(memorySource(bytes)), bytes);

describe.each(["sites-arm.elf", "sites-thumb2.elf", "sites-thumb2-be8.elf", "kernel-thumb2.elf"] as const)(
  "%s",
  (name) => {
    test("every call off and back as it was built restores every byte", () => {
      const [bytes, original] = [sampleBytes(name), sampleBytes(name)];
      const calls = open(bytes);
      const off = callEdits(calls, calls.records, "off");
      expect(off).toHaveLength(calls.records.length);
      applyEdits(off, calls.memory);
      for (const { isa, ip } of calls.records) {
        expect(insnIn(calls.memory, isa, ip).word).toBe(callNop(isa, ip).word);
      }
      expect(callEdits(calls, calls.records, "off")).toEqual([]);
      applyEdits(callEdits(calls, calls.records, "built"), calls.memory);
      expect(bytes).toEqual(original);
    });

    test("on calls the tracer", () => {
      const calls = open(sampleBytes(name));
      applyEdits(callEdits(calls, calls.records, "on"), calls.memory);
      for (const { isa, ip, init } of calls.records) {
        const operand = insnIn(calls.memory, isa, ip).operands.find(({ kind }) => kind === "target");
        expect(operand).toMatchObject({ address: init ? calls.tracer.init : calls.tracer.text });
      }
    });
  },
);

test("records are chosen by the kernel's patterns, and by their number from 1", () => {
  const calls = open(sampleBytes("sites-arm.elf"));
  const names = (word: string) => selectRecords(calls, parsePattern(word)).map(({ name }) => name);
  expect(names("mix")).toEqual(["mix"]);
  expect(names("1")).toEqual([calls.records[0]!.name]);
  expect(names("*")).toHaveLength(calls.records.length);
  expect(names("nobody")).toEqual([]);
});

test("something else at a call site is refused, whatever is wished", () => {
  const bytes = sampleBytes("sites-arm.elf");
  const calls = open(bytes);
  calls.memory.write(calls.records[0]!.ip, Uint8Array.of(0, 0, 0xa0, 0xe1));
  for (const wish of ["on", "off", "built"] as const) {
    try {
      callEdits(calls, calls.records, wish);
      expect.unreachable();
    } catch (error) {
      expect((error as FtraceError).code).toBe("E_CALL_SITE");
    }
  }
});

test("a call is a call, and old kernels' NOPs are NOPs", () => {
  const calls = open(sampleBytes("sites-arm.elf"));
  const state = (word: readonly number[]) => {
    calls.memory.write(calls.records[0]!.ip, Uint8Array.from(word));
    return stateOf(insnIn(calls.memory, "a32", calls.records[0]!.ip));
  };
  expect(state([0x04, 0xd0, 0x8d, 0xe2])).toBe("nop");
  expect(state([0x00, 0x40, 0xbd, 0xe8])).toBe("nop");
  expect(state([0x00, 0x00, 0x00, 0xeb])).toBe("call");
  expect(state([0x00, 0x00, 0x00, 0xfa])).toBe("call"); // blx, where the program's mcount is Thumb
  expect(state([0x00, 0x00, 0x00, 0x0b])).toBe("other");
});
