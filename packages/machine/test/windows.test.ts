// Compiled code expects accesses where they were before; where they are elsewhere, or no longer allowed there, it must do as the pseudocode does.
import { cell, Machine, profiles } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const [code, near, far, other] = [0x8000, 0x20000, 0x400000, 0x600000];

/** A loop that copies words: r0 to r1, steps in r2 and r3, as often as r4 says. */
const copy = ["ldr r5, [r0]", "str r5, [r1]", "add r6, r6, r5", "add r0, r0, r2", "add r1, r1, r3", "subs r4, r4, #1"];

function made(execution: "compiled" | "reference", lines: readonly string[], cached = false): Machine {
  const machine = new Machine({
    execution,
    memoryBytes: 2 ** 24,
    ...(cached ? { caches: profiles["cortex-a9-like"]! } : {}),
  });
  machine.memory.map(code, 0x1000, { read: true, execute: true });
  for (const at of [near, far, other]) {
    machine.memory.map(at, 0x3000, { read: true, write: true });
    machine.memory.write(
      at,
      Uint8Array.from({ length: 0x3000 }, (_, i) => (i * 7 + at) >>> (i & 3)),
    );
  }
  machine.memory.write(code, assembled("a32", [...lines, `bne 0x${code.toString(16)}`, "svc #0"], code));
  machine.supervisorCall = (core) => {
    core.stopped = { kind: "exit", reason: "done" };
  };
  return machine;
}

type Registers = Readonly<Record<number, number>>;

function run(machine: Machine, registers: Registers): unknown {
  const core = machine.cores[0]!;
  core.cells[15] = code;
  core.cells[cell.z] = 0;
  core.stopped = undefined;
  for (const [n, value] of Object.entries(registers)) core.cells[Number(n)] = value;
  const { end, reason, address } = machine.run({ instructions: 20_000 });
  const memory = [near, far, other].map((at) =>
    machine.memory.isMapped(at) ? Buffer.from(machine.memory.read(at, 0x1000)).toString("latin1") : at,
  );
  // Compiled code leaves flags that nothing reads unknown where a fault ends the run.
  const cells = end === "fault" || end === "unimplemented" ? 16 : 20;
  return { end, reason, address, registers: Array.from(core.cells.subarray(0, cells)), memory };
}

const rounds = { 2: 4, 3: 4, 4: 500 };
const cases: Readonly<Record<string, readonly (Registers | ((machine: Machine) => void))[]>> = {
  "moves on": [
    { 0: near, 1: far, ...rounds },
    { 0: far, 1: other, ...rounds },
    { 0: other, 1: near, ...rounds },
    { 0: near, 1: far, ...rounds },
  ],
  "goes to and fro": [
    { 0: near, 1: far, 2: far - near + 4, 3: -0x400, 4: 3 },
    { 0: near, 1: near + 0x800, ...rounds },
  ],
  "leaves the last page": [
    { 0: near, 1: far, ...rounds },
    { 0: near + 0x2f00, 1: far, ...rounds },
  ],
  "leaves it with half a word": [
    { 0: near, 1: far, ...rounds },
    { 0: near + 0x2f02, 1: far + 1, ...rounds },
  ],
  "comes before the first page": [
    { 0: near, 1: far, ...rounds },
    { 0: near + 0x40, 1: far + 0x40, 2: -4, 3: -4, 4: 99 },
  ],
  "is not aligned": [{ 0: near + 1, 1: far + 3, 2: 5, 3: 7, 4: 400 }],
  "is behind the end of all addresses": [
    { 0: near, 1: far, ...rounds },
    { 0: -2, 1: far, ...rounds },
  ],
  "meets pages that may no longer be written": [
    { 0: near, 1: far, ...rounds },
    (machine) => void machine.memory.protect(far + 0x1000, 0x1000, { read: true }),
    { 0: near, 1: far + 0xe00, ...rounds },
    { 0: far, 1: near, ...rounds },
  ],
  "meets pages that are gone": [
    { 0: near, 1: far, ...rounds },
    (machine) => machine.memory.unmap(near, 0x3000),
    { 0: near, 1: far, ...rounds },
  ],
  "meets pages that lie elsewhere now": [
    { 0: near, 1: far, ...rounds },
    (machine) => void machine.memory.alias(far, other, 0x1000, { read: true, write: true }),
    { 0: near, 1: far, ...rounds },
    { 0: far, 1: near, ...rounds },
  ],
  "has more pages": [
    { 0: near, 1: far, ...rounds },
    (machine) => void machine.memory.map(near + 0x3000, 0x2000, { read: true, write: true }),
    { 0: near + 0x2f00, 1: far, ...rounds },
    { 0: near + 0x2f00, 1: near + 0x3800, ...rounds },
  ],
};

for (const cached of [false, true])
  test.each(Object.entries(cases))(`a loop whose memory %s${cached ? ", with caches" : ""}`, (_, steps) => {
    const [compiled, reference] = [made("compiled", copy, cached), made("reference", copy, cached)];
    for (const step of steps) {
      if (typeof step === "function") for (const machine of [compiled, reference]) step(machine);
      else expect(run(compiled, step)).toEqual(run(reference, step));
    }
    expect(compiled.compilations).toBeGreaterThan(0);
  });

test("elements at an address that is not as aligned as the instruction says are alignment faults, in compiled code as by the pseudocode", () => {
  const lines = [
    "vld1.32 {d0}, [r0:64]",
    "vst1.32 {d0}, [r1:64]",
    "add r0, r0, r2",
    "add r1, r1, r3",
    "subs r4, r4, #1",
  ];
  const [compiled, reference] = [made("compiled", lines), made("reference", lines)];
  const steps: readonly Registers[] = [
    { 0: near, 1: far, 2: 8, 3: 8, 4: 300 },
    { 0: near + 4, 1: far, 2: 8, 3: 8, 4: 300 },
    { 0: near, 1: far + 12, 2: 8, 3: 8, 4: 300 },
  ];
  const ends = steps.map((registers) => {
    const [one, other] = [compiled, reference].map((machine) => run(machine, registers));
    expect(one).toEqual(other);
    return (one as { readonly end: string }).end;
  });
  expect(ends).toEqual(["exit", "fault", "fault"]);
  expect(compiled.compilations).toBe(1);
});

test("code whose memory is elsewhere for good is compiled again, and then for memory anywhere", () => {
  const machine = made("compiled", ["ldr r5, [r0]", "add r6, r6, r5", "add r0, r0, r2", "subs r4, r4, #1"]);
  run(machine, { 0: near, ...rounds });
  const before = machine.compilations;
  for (const at of [far, other, near, far]) {
    run(machine, { 0: at, ...rounds });
    expect(machine.compilations).toBe(before + 1);
  }
});

test("a heap that grows has no code compiled again", () => {
  const heap = 0x800000;
  const machine = made("compiled", copy);
  let size = 0;
  const grow = (pages: number): void => {
    machine.memory.map(heap + size, pages * 0x1000, { read: true, write: true, grows: true });
    size += pages * 0x1000;
  };
  grow(2);
  run(machine, { 0: heap, 1: heap + 0x800, ...rounds });
  const before = machine.compilations;
  expect(before).toBeGreaterThan(0);
  for (let i = 0; i < 5; i++) {
    grow(3);
    run(machine, { 0: heap + size - 0x1000, 1: heap + size - 0x800, ...rounds });
    expect(machine.compilations).toBe(before);
  }
});

test.each([
  ["words that must be aligned", ["ldm r0, {r5, r7, r8}", "stm r1, {r7, r8}"]],
  ["two words", ["ldrd r6, r7, [r0, #4]", "strd r6, r7, [r1]"]],
  ["halves", ["ldrh r5, [r0]", "strh r5, [r1, #2]"]],
  ["bytes", ["ldrsb r5, [r0, #-1]", "strb r5, [r1]"]],
])("%s at each place of a page's end, where it comes after many others", (_, lines) => {
  const body = [...lines, "add r6, r6, r5", "add r0, r0, r2", "add r1, r1, r3", "subs r4, r4, #1"];
  for (let at = -16; at <= 4; at++) {
    const [compiled, reference] = [made("compiled", body), made("reference", body)];
    for (const registers of [
      { 0: near + 4, 1: far + 4, ...rounds },
      { 0: near + 0x3000 + at, 1: far, ...rounds, 4: 1 },
      { 0: near, 1: far + 0x3000 + at, ...rounds, 4: 1 },
      { 0: near + 4 + (at & 3), 1: far + 4, ...rounds, 4: 1 },
    ])
      expect(run(compiled, registers)).toEqual(run(reference, registers));
    expect(compiled.compilations).toBeGreaterThan(0);
  }
});

test("accesses that wander for ever are looked at in the end: nothing is compiled again for them", () => {
  const machine = made("compiled", ["ldr r5, [r0]", "eor r0, r0, r2", "subs r4, r4, #1"]);
  const wander = (): number => {
    run(machine, { 0: near, 2: near ^ far, 4: 3000 });
    return machine.compilations;
  };
  const first = wander();
  expect(first).toBeLessThan(6);
  expect([wander(), wander()]).toEqual([first, first]);
});
