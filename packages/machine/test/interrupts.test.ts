import { parse } from "@cmodx/codec";
import { cell, Machine, type MachineOptions, mode, profiles } from "@cmodx/machine/run";
import { expect, test } from "vitest";

const [distributor, cpuInterface] = [0x0800_0000, 0x0801_0000];

function put(machine: Machine, address: number, lines: readonly string[]): void {
  const words = lines.map((line, i) => {
    const parsed = parse(line, { isa: "a32", address: address + 4 * i });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    return parsed.insn.word;
  });
  machine.memory.write(address, new Uint8Array(Uint32Array.from(words).buffer));
}

/** r10 is the distributor, r11 the interface, r9 the counts; the handler adds to the count of the interrupt, and notes what it read. */
const handler = [
  "ldr r0, [r11, #0xc]",
  "and r1, r0, #0xf",
  "ldr r2, [r9, r1, lsl #2]",
  "add r2, r2, #1",
  "str r2, [r9, r1, lsl #2]",
  "str r0, [r9, #0x40]",
  "str r0, [r11, #0x10]",
  "subs pc, lr, #4",
];
const enable = ["mov r3, #1", "str r3, [r10]", "str r3, [r11]", "mov r3, #0xf0", "str r3, [r11, #4]", "cpsie i"];

function machineWith(programs: readonly (readonly string[])[], options: MachineOptions = {}): Machine {
  const machine = new Machine({
    cores: programs.length,
    memoryBytes: 2 ** 20,
    exceptions: "vectors",
    interruptController: { distributor, cpuInterface },
    ...options,
  });
  machine.memory.map(0, 0x10000, { read: true, write: true, execute: true });
  put(machine, 0x18, ["b 0x100"]);
  put(machine, 0x100, handler);
  programs.forEach((lines, i) => {
    const core = machine.cores[i]!;
    put(machine, 0x8000 + 0x400 * i, lines);
    machine.setMode(core, mode.svc);
    core.cells[cell.cpsr] = core.cells[cell.cpsr]! | 0x80;
    core.cells[15] = 0x8000 + 0x400 * i;
    [0xc000 + 0x100 * i, distributor, cpuInterface].forEach((value, n) => {
      core.cells[9 + n] = value;
    });
  });
  return machine;
}

const count = (machine: Machine, core: number, id: number): number =>
  machine.memory.load(0xc000 + 0x100 * core + 4 * id, 4);

const kinds: readonly MachineOptions[] = [
  { execution: "compiled" },
  { execution: "interpreted" },
  { execution: "reference" },
  { execution: "compiled", caches: profiles["cortex-a9-like"]! },
  { execution: "interpreted", caches: profiles["cortex-a9-like"]! },
];

/** Sends interrupt 3 to core 1 and waits until it has counted it, 200 times. */
const sender = [
  ...enable,
  "mov r4, #0",
  "ldr r5, [pc, #36]",
  "add r8, r9, #0x100",
  // The loop.
  "add r4, r4, #1",
  "str r5, [r10, #0xf00]",
  "ldr r6, [r8, #12]",
  "cmp r6, r4",
  "bne 0x802c",
  "cmp r4, #200",
  "bne 0x8024",
  "mov r7, #1",
  "b 0x8044",
  "andeq r0, r2, r3",
];

test.each(kinds)("with %j, every interrupt that one core sends to another is taken once", (options) => {
  const machine = machineWith([sender, [...enable, "add r12, r12, #1", "b 0x8418"]], options);
  machine.run({ schedule: { kind: "round-robin", quantum: 50 }, instructions: 200_000 });
  expect(machine.cores.map(({ stopped }) => stopped)).toEqual([undefined, undefined]);
  expect(machine.cores[0]!.cells[7]).toBe(1);
  expect(count(machine, 1, 3)).toBe(200);
  expect(machine.cores.map(({ interruptsSent, interruptsTaken }) => [interruptsSent, interruptsTaken])).toEqual([
    [200, 0],
    [0, 200],
  ]);
  // Interrupt 3 from core 0.
  expect(machine.memory.load(0xc140, 4)).toBe(3);
});

test.each(kinds)("with %j, a core interrupts itself where it stands, and not while it masks interrupts", (options) => {
  // To itself: interrupts 5 and 2, masked; then both are taken, the lower first.
  const lines = [
    ...enable,
    "cpsid i",
    "movw r4, #5",
    "movt r4, #0x200",
    "str r4, [r10, #0xf00]",
    "sub r4, r4, #3",
    "str r4, [r10, #0xf00]",
    "ldr r7, [r9, #20]",
    "cpsie i",
    "ldr r8, [r9, #20]",
    "ldr r6, [r9, #8]",
    "ldr r5, [r9, #0x40]",
    "b 0x8044",
  ];
  const machine = machineWith([lines], options);
  machine.run({ instructions: 60 });
  const { cells, stopped } = machine.cores[0]!;
  expect(stopped).toBeUndefined();
  expect([cells[7], cells[8], cells[6], cells[5]]).toEqual([0, 1, 1, 5]);
});

test("an interrupt wakes a core that waits for one; lost or late ones do when a fault says", () => {
  const waiting = [...enable, "wfi", "mov r7, #1", "b 0x8420"];
  const sending = ["movw r4, #1", "movt r4, #2", "str r4, [r10, #0xf00]", "b 0x800c"];
  const woken = (faults: MachineOptions["faults"]): number => {
    const machine = machineWith([sending, waiting], faults === undefined ? {} : { faults });
    machine.run({ schedule: { kind: "given", turns: [{ core: 1, instructions: 7 }] }, instructions: 7 });
    machine.run({ schedule: { kind: "round-robin", quantum: 4 }, instructions: 60 });
    return machine.cores[1]!.cells[7]!;
  };
  expect(woken(undefined)).toBe(1);
  expect(woken([{ kind: "interrupt", what: "drop" }])).toBe(0);
  expect(woken([{ kind: "interrupt", nth: 1, what: "drop" }])).toBe(1);
  expect(woken([{ kind: "interrupt", what: { delay: 3 } }])).toBe(1);
  expect(woken([{ kind: "interrupt", what: { delay: 1000 } }])).toBe(0);
});

test("what the controller does not have stops the core and says so", () => {
  const stop = (line: string): string => {
    const machine = machineWith([[line]]);
    return machine.run({ instructions: 10 }).reason;
  };
  expect(stop("str r0, [r10, #0x100]")).toContain("writing the interrupt controller's register at 0x8000100");
  expect(stop("ldr r0, [r11, #0x14]")).toContain("reading the interrupt controller's register at 0x8010014");
  expect(stop("ldrb r0, [r11]")).toContain("part of the interrupt controller's register");
});
