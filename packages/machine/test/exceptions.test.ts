import { type Isa, itBlock, nextIt, parse } from "@cmodx/codec";
import { cell, Machine, mode, type RunCore } from "@cmodx/machine/run";
import { expect, test } from "vitest";

function put(machine: Machine, address: number, isa: Isa, lines: readonly string[]): void {
  const bytes: number[] = [];
  let it = 0;
  for (const line of lines) {
    const parsed = parse(line, { isa, address: address + bytes.length, it });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    const { word, size } = parsed.insn;
    it = itBlock(parsed.insn) !== 0 ? itBlock(parsed.insn) : nextIt(it, parsed.insn);
    const halves = isa === "t32" && size === 4 ? [word >>> 16, word & 0xffff] : [word & 0xffff, word >>> 16];
    for (const half of halves.slice(0, size / 2)) bytes.push(half & 0xff, half >>> 8);
  }
  machine.memory.write(address, new Uint8Array(bytes));
}

/** A machine with vectors at 0, a stack for each mode below 0x9000 + 0x100 n, and a core in user mode at 0x8000. */
function machineWith(code: Readonly<Record<number, readonly string[]>>, isa: Isa = "a32", cores = 1): Machine {
  const machine = new Machine({ cores, memoryBytes: 2 ** 20, exceptions: "vectors" });
  machine.memory.map(0, 0xa000, { read: true, write: true, execute: true });
  for (const [address, lines] of Object.entries(code))
    put(machine, Number(address), Number(address) < 0x8000 ? "a32" : isa, lines);
  for (const core of machine.cores) {
    Object.values(mode).forEach((number, i) => {
      if (number === mode.sys) return;
      machine.setMode(core, number);
      core.cells[13] = 0x9000 + 0x100 * i;
    });
    machine.setMode(core, mode.usr);
    core.cells[15] = 0x8000;
    core.cells[cell.thumb] = isa === "t32" ? 1 : 0;
  }
  return machine;
}

function ran(machine: Machine, instructions: number): RunCore {
  const core = machine.cores[0]!;
  machine.run({ instructions });
  expect(core.stopped).toBeUndefined();
  return core;
}

const modeOf = (core: RunCore): number => core.cells[cell.cpsr]! & 0x1f;

test("SVC and its return change mode, stack and link register, and keep the user's", () => {
  const machine = machineWith({
    8: ["b 0x40"],
    64: ["mov r4, sp", "mrs r5, spsr", "mov r6, lr", "movs pc, lr"],
    32768: ["mov lr, #7", "cmp lr, #7", "svc #5", "moveq r1, #2", "mov r2, sp"],
  });
  const { cells } = ran(machine, 11);
  expect([cells[4], cells[6], cells[1], cells[2], cells[14]]).toEqual([0x9300, 0x800c, 2, 0x9000, 7]);
  // Z and C were set, in user mode.
  expect(cells[5]! >>> 0).toBe(0x60000010);
  expect(modeOf(machine.cores[0]!)).toBe(mode.usr);
});

test("an UNDEFINED instruction goes to UND mode, BKPT to ABT mode, with the link registers the architecture gives", () => {
  const machine = machineWith({
    4: ["mov r4, lr", "movs pc, lr"],
    12: ["subs pc, lr, #0"],
    32768: ["udf #1", "mov r1, #1", "bkpt #3", "mov r2, #2"],
  });
  const core = ran(machine, 8);
  expect([core.cells[4], core.cells[1], core.cells[2]]).toEqual([0x8004, 1, 2]);
});

test.each([
  ["ldr r0, [r1]", 0x07],
  ["str r0, [r1]", 0x807],
])("a data abort of %s says where and why, and the instruction can be repeated", (line, status) => {
  const machine = machineWith({
    16: ["b 0x40"],
    64: ["mrc p15, #0, r4, c6, c0, #0", "mrc p15, #0, r5, c5, c0, #0", "subs pc, lr, #8"],
    32768: ["mov r1, #0x40000", line, "mov r2, #1"],
  });
  machine.setBreakpoint(0x48, (core) => {
    machine.memory.map(0x40000, 4096, { read: true, write: true });
    expect(core.cells[cell.spsr]! & 0x1f).toBe(mode.usr);
  });
  const { cells } = ran(machine, 8);
  expect([cells[4], cells[5], cells[2]]).toEqual([0x40000, status, 1]);
});

test("a jump to where nothing may be executed is a prefetch abort", () => {
  const machine = machineWith({
    12: ["mrc p15, #0, r4, c6, c0, #2", "mov r5, lr"],
    32768: ["mov r1, #0x40000", "bx r1"],
  });
  const { cells } = ran(machine, 5);
  expect([cells[4], cells[5]]).toEqual([0x40000, 0x40004]);
});

test("an interrupt waits until the mask lets it in, and returns to where it was", () => {
  const machine = machineWith({ 24: ["add r5, r5, #1", "subs pc, lr, #4"], 32768: ["add r0, r0, #1", "b 0x8000"] });
  const core = machine.cores[0]!;
  core.cells[cell.cpsr]! |= 0x80;
  machine.interrupt(core);
  machine.run({ instructions: 100 });
  expect(core.cells[5]).toBe(0);
  core.cells[cell.cpsr]! &= ~0x80;
  machine.run({ instructions: 100 });
  expect(core.cells[5]).toBe(1);
  expect(modeOf(core)).toBe(mode.usr);
  // Of the second hundred, one is the entry and two are the handler's.
  expect(core.cells[0]).toBe(50 + 48 + (core.cells[15] === 0x8000 ? 0 : 1));
});

test("SRS and RFE, and LDM with a caret, put the state away and bring it back", () => {
  const machine = machineWith({
    4: ["b 0x30"],
    48: ["srsdb sp!, #0x13", "b 0x40"],
    64: ["cps #0x13", "mov r4, sp", "rfeia sp!"],
    8: ["b 0x60"],
    96: ["push {r0, lr}", "stm sp, {sp, lr} ^", "ldr r6, [sp]", "ldm sp!, {r0, pc} ^"],
    32768: ["udf #1", "mov r1, #1", "svc #0", "mov r2, #2"],
  });
  const core = ran(machine, 14);
  // The user's SP was stored where R0 was saved, and so R0 is that now.
  expect([core.cells[4], core.cells[1]]).toEqual([0x9300 - 8, 1]);
  expect(core.cells[6]).toBe(0x9000);
});

test("Thumb: SVC inside an IT block comes back inside it; the vectors may be moved", () => {
  const machine = machineWith(
    { 28672: [], 32768: ["cmp r0, r0", "itt eq", "svceq #0", "moveq r1, #3", "mov r2, #4"] },
    "t32",
  );
  put(machine, 0x2008, "a32", ["mov r7, #1", "movs pc, lr"]);
  machine.cores[0]!.cells[cell.vbar] = 0x2000;
  const { cells } = ran(machine, 7);
  expect([cells[1], cells[2], cells[7], cells[cell.thumb], cells[cell.it]]).toEqual([3, 4, 1, 1, 0]);
});

test("user mode may not maintain caches or change its mode", () => {
  const machine = machineWith({
    4: ["mov r4, #9", "movs pc, lr"],
    32768: ["mcr p15, #0, r0, c7, c5, #1", "cps #0x13", "mov r1, #1"],
  });
  const core = ran(machine, 6);
  expect([core.cells[4], core.cells[1], modeOf(core)]).toEqual([9, 1, mode.usr]);
});

test("WFE waits for another core's SEV", () => {
  const machine = machineWith(
    {
      32768: [
        "cmp r9, #0",
        "wfeeq",
        "moveq r1, #1",
        "beq 0x800c",
        "add r0, r0, #1",
        "cmp r0, #50",
        "bne 0x8010",
        "sev",
        "b 0x8020",
      ],
    },
    "a32",
    2,
  );
  machine.cores[1]!.cells[9] = 1;
  machine.run({ schedule: { kind: "round-robin", quantum: 10 }, instructions: 100 });
  expect(machine.cores[0]!.waiting).toBe(true);
  machine.run({ schedule: { kind: "round-robin", quantum: 10 }, instructions: 400 });
  expect(machine.cores[0]!.cells[1]).toBe(1);
});

test("an exception whose vector cannot be executed stops the core", () => {
  const machine = machineWith({ 32768: ["svc #1"] });
  machine.cores[0]!.cells[cell.vbar] = 0x80000;
  expect(machine.run({ instructions: 10 })).toMatchObject({ end: "exception", pc: 0x8000 });
});

test("RFE returns from System mode, whose status is in memory; what needs its SPSR stops", () => {
  const code = { 4: ["cps #0x1f", "mov r5, #1", "rfeia r6"], 32768: ["udf #1", "mov r1, #1"], 36864: [] };
  const machine = machineWith(code);
  put(machine, 0x8100, "a32", ["mov r2, #7"]);
  machine.memory.store(0x9000, 0x8100, 4);
  machine.memory.store(0x9004, 0x10, 4);
  machine.cores[0]!.cells[6] = 0x9000;
  const core = ran(machine, 5);
  expect([core.cells[5], core.cells[2], modeOf(core)]).toEqual([1, 7, mode.usr]);
  for (const line of ["mrs r0, spsr", "msr spsr_f, r0", "movs pc, lr", "srsdb sp!, #0x13"]) {
    const other = machineWith({ 4: ["cps #0x1f", line], 32768: ["udf #1"] });
    expect(other.run({ instructions: 10 }), line).toMatchObject({ end: "unpredictable", pc: 8 });
  }
});

test("VBAR has no lower five bits", () => {
  const machine = machineWith({
    4: ["mcr p15, #0, r6, c12, c0, #0", "mrc p15, #0, r7, c12, c0, #0", "svc #0"],
    32768: ["udf #1"],
  });
  put(machine, 0x8208, "a32", ["mov r4, #5"]);
  machine.cores[0]!.cells[6] = 0x821f;
  const core = ran(machine, 6);
  expect([core.cells[4], core.cells[7]]).toEqual([5, 0x8200]);
});

test("what there is of floating point is told to PL1 only, and stays enabled", () => {
  const lines = [
    "vmrs r1, fpsid",
    "vmrs r2, mvfr0",
    "vmrs r3, mvfr1",
    "vmrs r4, fpexc",
    "vmsr fpexc, r4",
    "vmsr fpsid, r4",
  ];
  const machine = machineWith({ 32768: [...lines, "vmrs r5, fpsid", "mov r6, #0", "vmsr fpexc, r6"] });
  const core = machine.cores[0]!;
  machine.setMode(core, mode.svc);
  const { reason } = machine.run({ instructions: 20 });
  expect(core.cells.slice(1, 6)).toEqual(Int32Array.of(0x41023000, 0x10110222, 0x11111111, 0x40000000, 0x41023000));
  expect(reason).toBe("core 0 at 0x8020 (vmsr fpexc, r6): floating point that is not enabled");
  const user = machineWith({ 4: ["mov r7, lr", "b 0x8"], 32768: lines });
  user.run({ instructions: 2 });
  expect([modeOf(user.cores[0]!), user.cores[0]!.cells[7]]).toEqual([mode.und, 0x8004]);
});

test.each(["mrc p7, #0, r1, c0, c0, #0", "cdp p6, #1, c2, c3, c4, #5", "ldc p5, c1, [r0]", "hvc #3", "smc #4"])(
  "%s is UNDEFINED at every level: there is nobody to accept it",
  (line) => {
    for (const level of [mode.usr, mode.svc]) {
      if (level === mode.usr && line.startsWith("smc")) continue;
      const machine = machineWith({ 32768: [line] });
      machine.setMode(machine.cores[0]!, level);
      machine.run({ instructions: 1 });
      expect(modeOf(machine.cores[0]!)).toBe(mode.und);
    }
  },
);

test.each([
  ["mrc p14, #0, r1, c0, c0, #0", "MRC from a coprocessor"],
  ["mrrc p15, #0, r1, r2, c2", "mrrc of coprocessor 15"],
  ["vmrs r1, fpinst", "reading fpinst"],
])("%s stops the core, which says what is not modelled", (line, reason) => {
  const machine = machineWith({ 32768: [line] });
  machine.setMode(machine.cores[0]!, mode.svc);
  expect(machine.run({ instructions: 1 })).toMatchObject({ end: "unimplemented" });
  expect(machine.cores[0]!.stopped!.reason).toContain(reason);
});

test.each([
  ["mrs r1, lr_svc", mode.svc, "mrs of that banked register in that mode"],
  ["msr spsr_irq, r1", mode.irq, "msr of that banked register in that mode"],
  ["mrs r1, sp_usr", mode.sys, "mrs of that banked register in System mode"],
  ["mrs r1, r8_usr", mode.svc, "mrs of that banked register in that mode"],
  ["mrs r1, sp_abt", mode.usr, "mrs of that banked register in User mode"],
  ["msr sp_mon, r1", mode.svc, "an extension that there is not"],
  ["mrs r1, elr_hyp", mode.svc, "an extension that there is not"],
  ["stmia r0, {r1, sp}^", mode.sys, "stm of User mode's registers in System mode"],
  ["ldmia r0, {r1, sp}^", mode.usr, "ldm of User mode's registers in User mode"],
  ["srsdb sp!, #19", mode.sys, "SRS in System mode"],
])("%s in mode %i is UNPREDICTABLE, and stops the core", (line, level, reason) => {
  const machine = machineWith({ 32768: [line] });
  machine.setMode(machine.cores[0]!, level);
  machine.cores[0]!.cells[0] = 0x9000;
  expect(machine.run({ instructions: 1 })).toMatchObject({ end: "unpredictable" });
  expect(machine.cores[0]!.stopped!.reason).toContain(reason);
});

test("registers of FIQ mode, which nothing else has, are read and written from outside", () => {
  const machine = machineWith({
    32768: ["msr r8_fiq, r1", "mov r8, #5", "mrs r2, r8_fiq", "msr spsr_fiq, r1", "mrs r3, spsr_fiq"],
  });
  machine.setMode(machine.cores[0]!, mode.svc);
  machine.cores[0]!.cells[1] = 0x60000110;
  const { cells } = ran(machine, 5);
  expect([cells[2], cells[8], cells[3]]).toEqual([0x60000110, 5, 0x60000110]);
});

test.each([
  [1 << 0, "address translation by page tables"],
  [1 << 1, "alignment faults of all accesses"],
  [1 << 25, "big-endian data"],
])("what bit %i of SCTLR asks for is not modelled, and said so", (bit, reason) => {
  const machine = machineWith({ 32768: ["mcr p15, #0, r1, c1, c0, #0"] });
  machine.setMode(machine.cores[0]!, mode.svc);
  machine.cores[0]!.cells[1] = bit;
  expect(machine.run({ instructions: 1 })).toMatchObject({ end: "unimplemented" });
  expect(machine.cores[0]!.stopped!.reason).toContain(reason);
});

test.each([
  [0x60000210, "unimplemented", "big-endian data"],
  [0x61000010, "unimplemented", "Jazelle or ThumbEE code"],
  [0x60000410, "unpredictable", "into an IT block of A32 code"],
  [0x62000010, "unpredictable", "into an IT block of A32 code"],
])("no exception returns with a status of 0x%x", (status, end, reason) => {
  const machine = machineWith({ 32768: ["movs pc, lr"] });
  const core = machine.cores[0]!;
  machine.setMode(core, mode.svc);
  core.cells[cell.spsr] = status;
  expect(machine.run({ instructions: 1 })).toMatchObject({ end });
  expect(core.stopped!.reason).toContain(reason);
});
