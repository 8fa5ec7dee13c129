import { parse } from "@cmodx/codec";
import { type CacheOptions, cell, Machine, type MaintenanceFault, mode, profiles } from "@cmodx/machine/run";
import { expect, test } from "vitest";

const geometry: CacheOptions = { ...profiles["cortex-a9-like"]!, prefetchBytes: 0 };

function words(lines: readonly string[], address: number): number[] {
  return lines.map((line, i) => {
    const parsed = parse(line, { isa: "a32", address: address + 4 * i });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    return parsed.insn.word;
  });
}

const put = (machine: Machine, address: number, lines: readonly string[]): void =>
  machine.memory.write(address, new Uint8Array(Uint32Array.from(words(lines, address)).buffer));

const [site, start] = [0x9000, 0x8000];
const sequence = {
  clean: "mcr p15, #0, r1, c7, c11, #1",
  dsb: "dsb sy",
  invalidate: "mcr p15, #0, r1, c7, c5, #1",
  isb: "isb sy",
};

/** Calls the site, changes it from `mov r0, #1` to `mov r0, #2`, does what is said, and calls it again: what r0 is then. */
function patched(steps: readonly string[], options: CacheOptions, faults: readonly MaintenanceFault[] = []): number {
  const machine = new Machine({ memoryBytes: 2 ** 20, caches: options, faults });
  machine.memory.map(start, 0x2000, { read: true, write: true, execute: true });
  put(machine, site, ["mov r0, #1", "bx lr"]);
  put(machine, start, ["bl 0x9000", "str r2, [r1]", ...steps, "bl 0x9000", "mov r9, #1"]);
  const core = machine.cores[0]!;
  machine.setMode(core, mode.svc);
  core.cells[15] = start;
  core.cells[1] = site;
  core.cells[2] = words(["mov r0, #2"], site)[0]! | 0;
  machine.run({ instructions: 8 + steps.length - 1 });
  expect(core.stopped).toBeUndefined();
  expect(core.cells[9]).toBe(0);
  return core.cells[0]!;
}

const { clean, dsb, invalidate, isb } = sequence;

test.each([
  [[], 1],
  [[clean, dsb, invalidate, dsb, isb], 2],
  [[dsb, invalidate, dsb, isb], 1],
  [[clean, dsb, dsb, isb], 1],
  [[isb], 1],
])("after %j the site leaves %i", (steps, value) => {
  expect(patched(steps, geometry)).toBe(value);
});

test.each([
  [{ kind: "invalidate", what: "drop" }],
  [{ kind: "clean", what: "drop" }],
  [{ kind: "invalidate", nth: 0, what: { delay: 100 } }],
] as const)("a fault %j in the whole sequence leaves the old instruction", (fault) => {
  expect(patched([clean, dsb, invalidate, dsb, isb], geometry, [fault])).toBe(1);
  expect(patched([clean, dsb, invalidate, dsb, isb], geometry, [{ ...fault, nth: 7 }])).toBe(2);
});

test("what was fetched ahead is executed unless an ISB forgets it", () => {
  const ahead = (steps: readonly string[]): number => {
    const machine = new Machine({ memoryBytes: 2 ** 20, caches: { ...geometry, prefetchBytes: 64 } });
    machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
    const lines = ["str r2, [r1]", clean, dsb, invalidate, dsb, ...steps];
    put(machine, start, [...lines, "mov r0, #1", "mov r9, #1"]);
    const core = machine.cores[0]!;
    machine.setMode(core, mode.svc);
    core.cells[15] = start;
    core.cells[1] = start + 4 * lines.length;
    core.cells[2] = words(["mov r0, #2"], 0)[0]! | 0;
    machine.run({ instructions: lines.length + 1 });
    return core.cells[0]!;
  };
  expect(ahead([])).toBe(1);
  expect(ahead([isb])).toBe(2);
});

/** Two cores: each stores 1 to its location and loads the other's. How often both read 0, over seeds. */
function bothReadOld(barrier: readonly string[]): number {
  let times = 0;
  for (let seed = 0; seed < 50; seed++) {
    const machine = new Machine({ cores: 2, memoryBytes: 2 ** 20, caches: geometry, seed });
    machine.memory.map(start, 0x2000, { read: true, write: true, execute: true });
    put(
      machine,
      start,
      ["str r2, [r0]", ...barrier, "ldr r3, [r1]", "b 0x8010"].map((line, i) =>
        line === "b 0x8010" ? `b 0x${(start + 4 * i).toString(16)}` : line,
      ),
    );
    for (const [i, { cells }] of machine.cores.entries()) {
      cells[15] = start;
      cells[0] = 0x9000 + 64 * i;
      cells[1] = 0x9040 - 64 * i;
      cells[2] = 1;
      cells[3] = 7;
    }
    machine.run({ seed, schedule: { kind: "random", quantum: 2 }, instructions: 40 });
    const [one, other] = machine.cores.map(({ cells }) => cells[3]);
    if (one === 0 && other === 0) times++;
  }
  return times;
}

test("stores wait in buffers, and a DMB makes them visible", () => {
  expect(bothReadOld([])).toBeGreaterThan(0);
  expect(bothReadOld(["dmb sy"])).toBe(0);
});

test("hits, misses, maintenance and barriers are counted", () => {
  const machine = new Machine({ memoryBytes: 2 ** 20, caches: geometry });
  machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
  put(machine, start, ["mov r1, #0x8000", "ldr r0, [r1]", "ldr r0, [r1, #4]", clean, "dsb sy", "isb sy"]);
  machine.setMode(machine.cores[0]!, mode.svc);
  machine.cores[0]!.cells[15] = start;
  machine.run({ instructions: 6 });
  expect(machine.caches!.counters[0]).toMatchObject({
    instructionMisses: 1,
    dataHits: 1,
    dataMisses: 1,
    maintenance: 1,
    barriers: 2,
  });
  expect(machine.cores[0]!.cells[cell.cpsr]! & 0x1f).toBe(mode.svc);
});

test("with caches, exclusives still count right", () => {
  for (let seed = 0; seed < 10; seed++) {
    const machine = new Machine({ cores: 2, memoryBytes: 2 ** 20, caches: geometry, seed });
    machine.memory.map(start, 0x2000, { read: true, write: true, execute: true });
    put(machine, start, [
      "ldrex r0, [r1]",
      "add r0, r0, #1",
      "strex r2, r0, [r1]",
      "cmp r2, #0",
      "bne 0x8000",
      "subs r3, r3, #1",
      "bne 0x8000",
      "b 0x801c",
    ]);
    for (const { cells } of machine.cores) {
      cells[15] = start;
      cells[1] = 0x9000;
      cells[3] = 30;
    }
    machine.run({ seed, schedule: { kind: "random", quantum: 4 }, instructions: 3000 });
    expect(machine.memory.load(0x9000, 4)).toBe(60);
  }
});
