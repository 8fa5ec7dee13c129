import { type Isa, parse } from "@cmodx/codec";
import { Machine, type RunReport } from "@cmodx/machine/run";
import { expect, test } from "vitest";

const base = 0x8000;

/** A machine with code at an address, and data that can be read and written at 0x20000. */
function machineWith(isa: Isa, lines: readonly string[]): Machine {
  const machine = new Machine({ memoryBytes: 2 ** 20 });
  const bytes: number[] = [];
  for (const line of lines) {
    const parsed = parse(line, { isa, address: base + bytes.length });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    const { word, size } = parsed.insn;
    const halves = isa === "t32" && size === 4 ? [word >>> 16, word & 0xffff] : [word & 0xffff, word >>> 16];
    for (const half of halves.slice(0, size / 2)) bytes.push(half & 0xff, half >>> 8);
  }
  machine.memory.map(base, 0x1000, { read: true, execute: true });
  machine.memory.map(0x20000, 0x1000, { read: true, write: true });
  machine.memory.write(base, new Uint8Array(bytes));
  const { cells } = machine.cores[0]!;
  cells[15] = base;
  if (isa === "t32") cells[23] = 1;
  return machine;
}

function ended(isa: Isa, ...lines: string[]): RunReport {
  return machineWith(isa, lines).run({ instructions: 1000 });
}

test.each([
  [["mov r1, #0x70000", "ldr r0, [r1]"], "fault", base + 4, "load from 0x70000: nothing is mapped there", 0x70000],
  [["mov r1, #0x8000", "str r0, [r1, #8]"], "fault", base + 4, "store to 0x8008: the page does not allow it", 0x8008],
  [["mov r1, #0x20000", "ldrd r2, r3, [r1, #2]"], "fault", base + 4, "load from 0x20002: it is not aligned", 0x20002],
  [
    ["mov r1, #0x20000", "bx r1"],
    "fault",
    0x20000,
    "instruction fetch from 0x20000: the page does not allow it",
    0x20000,
  ],
  [["mov r1, #2", "bx r1"], "unpredictable", base + 4, "branch to A32 code that is not aligned", undefined],
  [["svc #3"], "exception", base, "SVC with no handler", undefined],
  [["udf #7"], "exception", base, "UNDEFINED instruction with no handler", undefined],
  [["hlt #0"], "unimplemented", base, "instruction hlt #0", undefined],
  [["b 0x8000"], "budget", base, "the budget was used up", undefined],
] as const)("%j stops with a report", (lines, end, pc, cause, address) => {
  const report = ended("a32", ...lines);
  expect(report).toMatchObject({ end, pc, core: 0 });
  expect(report.reason).toContain(`core 0 at 0x${pc.toString(16)}`);
  expect(report.reason).toContain(cause);
  expect(report.address).toBe(address);
});

test("a store through an alias is seen at the page's own address, which cannot be written", () => {
  const machine = machineWith("a32", [
    "mov r1, #0x40000",
    "mov r0, #5",
    "str r0, [r1, #0x40]",
    "mov r2, #0x8000",
    "ldr r3, [r2, #0x40]",
  ]);
  machine.memory.alias(0x40000, base, 0x1000, { read: true, write: true });
  machine.run({ instructions: 5 });
  expect(machine.cores[0]!.cells[3]).toBe(5);
  expect(machine.memory.load(base + 0x40, 4)).toBe(5);
});

test("an access over the end of a page needs both pages, and stores nothing without", () => {
  const machine = machineWith("a32", ["mov r1, #0x20000", "add r1, r1, #0xff0", "mvn r0, #0", "str r0, [r1, #14]"]);
  expect(machine.run({ instructions: 10 })).toMatchObject({ end: "fault", address: 0x21000 });
  expect(machine.memory.load(0x20ffc, 4)).toBe(0);
});

test("two cores count up with exclusives, whatever the schedule", () => {
  const code = [
    "mov r1, #0x20000",
    "ldrex r0, [r1]",
    "add r0, r0, #1",
    "strex r2, r0, [r1]",
    "cmp r2, #0",
    "bne 0x8004",
    "subs r3, r3, #1",
    "bne 0x8004",
    "udf #1",
  ];
  const other = (seed: number): Machine => {
    const machine = new Machine({ cores: 2, memoryBytes: 2 ** 20 });
    const source = machineWith("a32", code);
    machine.memory.map(base, 0x1000, { read: true, execute: true });
    machine.memory.map(0x20000, 0x1000, { read: true, write: true });
    machine.memory.write(base, source.memory.read(base, 0x100));
    for (const { cells } of machine.cores) {
      cells[15] = base;
      cells[3] = 50;
    }
    machine.setBreakpoint(base + 32, (core) => {
      core.waiting = true;
    });
    expect(machine.run({ seed, schedule: { kind: "random", quantum: 3 }, instructions: 100_000 }).end).toBe("waiting");
    return machine;
  };
  for (let seed = 0; seed < 20; seed++) expect(other(seed).memory.load(0x20000, 4)).toBe(100);
});

test("a program may have more constants than the interpreter keeps", () => {
  const machine = new Machine({ memoryBytes: 2 ** 20, execution: "reference" });
  const count = 12_000;
  machine.memory.map(0, 8 * count, { read: true, execute: true });
  // movw r0, #i; add r1, r1, r0
  const code = Array.from({ length: count }, (_, i) => [0xe3000000 | ((i & 0xf000) << 4) | (i & 0xfff), 0xe0811000]);
  machine.memory.write(0, new Uint8Array(Uint32Array.from(code.flat(), (word) => word >>> 0).buffer));
  expect(machine.run({ instructions: 2 * count }).end).toBe("budget");
  expect(machine.cores[0]!.cells[1]).toBe((count * (count - 1)) / 2);
});

test("recursion is as deep as the guest's stack, compiled too", () => {
  const machine = machineWith("a32", ["push {lr}", "add r1, r1, #1", "subs r0, r0, #1", "blne 0x8000", "pop {pc}"]);
  machine.memory.map(0x40000, 0x80000, { read: true, write: true });
  const { cells } = machine.cores[0]!;
  [cells[0], cells[13], cells[14]] = [100_000, 0xc0000, 0x20000];
  // The last return goes to where nothing may be executed.
  expect(machine.run({ instructions: 10_000_000 })).toMatchObject({
    end: "fault",
    pc: 0x20000,
    instructions: 500_000 - 1 + 1,
  });
  expect([cells[1], cells[13]]).toEqual([100_000, 0xc0000]);
  expect(machine.compiledFunctions).toBeGreaterThan(0);
});

test("a jump through a table of distances stays in the function it is in", () => {
  // Behind TBB the distances, in halfwords: to the additions of 1, 2 and 3.
  const machine = machineWith("t32", ["movs r1, #0", "and r2, r1, #1", "tbb [pc, r2]"]);
  const cases = ["adds r0, #1", "b 0x8012", "adds r0, #2", "adds r1, #1", "b 0x8002"];
  const halves = cases.map((line, i) => {
    const parsed = parse(line, { isa: "t32", address: base + 12 + 2 * i });
    if (!parsed.ok) throw new Error(line);
    return parsed.insn.word;
  });
  machine.memory.write(base + 10, new Uint8Array([1, 3, ...new Uint8Array(Uint16Array.from(halves).buffer)]));
  machine.run({ instructions: 7000 });
  // One function, entered at the loop: were a case not found in it, it would become one of its own.
  expect(machine.compiledFunctions).toBe(1);
});
