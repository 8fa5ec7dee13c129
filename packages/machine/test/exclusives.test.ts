import { Machine, profiles, type RunCore } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const [start, counter] = [0x8000, 0x20000];

/** Adds 1 to a counter r3 times, by exclusives with a loop between them, in which other cores run. */
const increments = [
  "ldrex r1, [r0]",
  "mov r5, #20",
  "subs r5, r5, #1",
  "bne 0x8008",
  "add r1, r1, #1",
  "strex r2, r1, [r0]",
  "cmp r2, #0",
  "bne 0x8000",
  "subs r3, r3, #1",
  "bne 0x8000",
  "wfi",
];

/** As `increments`, by LDREXB and STREXB, and with a store of each core's own to the page. */
const bytes = increments.map((line) =>
  line.startsWith("mov") ? "str r3, [r6]" : line.replace(/^(ldrex|strex) /, "$1b ").replace("bne 0x8008", "nop"),
);

/** As `increments`, of two words at once: both count. */
const pairs = increments.map((line) =>
  line
    .replace("ldrex r1", "ldrexd r8, r9")
    .replace("add r1, r1, #1", "adds r8, r8, #1")
    .replace("mov r5, #20", "add r9, r9, #3")
    .replace("subs r5, r5, #1", "mov r5, #20")
    .replace("bne 0x8008", "nop")
    .replace("strex r2, r1", "strexd r2, r8, r9"),
);

interface Shape {
  readonly execution: "compiled" | "interpreted" | "reference";
  readonly cached?: boolean;
  readonly lines?: readonly string[];
}

function machineWith({ execution, cached = false, lines = increments }: Shape, rounds: number, cores = 3): Machine {
  const machine = new Machine({
    cores,
    execution,
    memoryBytes: 2 ** 20,
    ...(cached ? { caches: profiles["cortex-a9-like"]! } : {}),
  });
  machine.memory.map(start, 0x1000, { read: true, execute: true });
  machine.memory.map(counter, 0x1000, { read: true, write: true });
  machine.memory.write(start, assembled("a32", lines, start));
  for (const { cells, index } of machine.cores) {
    cells[0] = counter;
    cells[3] = rounds;
    cells[6] = counter + 0x40 + 64 * index;
    cells[15] = start;
  }
  return machine;
}

test.each<[string, Shape]>([
  ["compiled", { execution: "compiled" }],
  ["interpreted", { execution: "interpreted" }],
  ["compiled, with caches", { execution: "compiled", cached: true }],
  ["compiled, bytes", { execution: "compiled", lines: bytes }],
  ["compiled, two words", { execution: "compiled", lines: pairs }],
  ["interpreted, two words", { execution: "interpreted", lines: pairs }],
])("%s: no core's addition by exclusives is lost to another's", (_, shape) => {
  const rounds = shape.lines === bytes ? 70 : 2000;
  const machine = machineWith(shape, rounds);
  const report = machine.run({ instructions: 5_000_000, schedule: { kind: "round-robin", quantum: 1187 } });
  expect(report.end).toBe("waiting");
  expect(machine.memory.load(counter, shape.lines === bytes ? 1 : 4)).toBe(3 * rounds);
  if (shape.lines === pairs) expect(machine.memory.load(counter + 4, 4)).toBe(9 * rounds);
  expect(machine.monitors).toBe(0);
  expect(machine.compiledFunctions).toBeGreaterThan(0);
});

test("exclusives are compiled, whatever other cores' monitors are", () => {
  const machine = machineWith({ execution: "compiled" }, 50_000);
  let interpreted = 0;
  for (const core of machine.cores) {
    const { loadExclusive } = core;
    core.loadExclusive = function (this: RunCore, ...given): void {
      interpreted++;
      loadExclusive.apply(this, given);
    };
  }
  // The first core's monitor stays open while it waits for ever.
  machine.cores[0]!.waiting = true;
  machine.cores[0]!.loadExclusive(counter + 0x800, 4, 64);
  machine.run({ instructions: 2_000_000, schedule: { kind: "round-robin", quantum: 50_000 } });
  expect(machine.memory.load(counter, 4)).toBeGreaterThan(10_000);
  expect(machine.monitors).toBeGreaterThan(0);
  expect(interpreted).toBeLessThan(200);
});

const alias = 0x40000;

test.each([
  ["compiled", "by its own address", counter, counter],
  ["compiled", "through an alias", counter, alias],
  ["compiled", "which was opened through an alias", alias, counter],
  ["reference", "through an alias", counter, alias],
  ["reference", "which was opened through an alias", alias, counter],
] as const)(
  "%s, a plain store of another core's closes a monitor %s, one beside it does not",
  (execution, _, opened, stored) => {
    for (const [offset, status] of [
      [0, 1],
      [4, 0],
    ] as const) {
      // The first store only goes there: the last ones of a run are the interpreter's.
      const lines = ["str r1, [r0]", "mov r0, r7", "b 0x8000"];
      const machine = machineWith({ execution, lines }, 0, 2);
      machine.memory.alias(alias, counter, 0x1000, { read: true, write: true });
      const [one, other] = machine.cores;
      one!.waiting = true;
      other!.cells[7] = counter + 8;
      other!.cells[0] = counter + 8;
      const schedule = { kind: "round-robin", quantum: 5000 } as const;
      machine.run({ instructions: 20_000, schedule });
      one!.loadExclusive(opened, 4, 64);
      other!.cells[0] = stored + offset;
      other!.cells[15] = start;
      machine.run({ instructions: 20_000, schedule });
      expect(one!.storeExclusive(opened, 7, 4, 0)).toBe(status);
    }
  },
);

test("an exclusive store that is not allowed faults where it is, its monitor first", () => {
  const lines = ["ldrex r1, [r0]", "strex r2, r1, [r0]", "b 0x8000"];
  const reports = (["compiled", "reference"] as const).map((execution) => {
    const machine = machineWith({ execution, lines }, 0, 1);
    machine.run({ instructions: 6000 });
    machine.memory.protect(counter, 0x1000, { read: true });
    return machine.run({ instructions: 6000 });
  });
  expect(reports[0]).toEqual(reports[1]);
  expect(reports[0]).toMatchObject({ end: "fault", pc: start + 4, address: counter });
});
