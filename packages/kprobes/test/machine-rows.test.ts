import { bytesOf, decodeA32, decodeT32, type Encoding, encodings, type Insn, type Isa } from "@cmodx/codec";
import { decide, MachineProbes, Probe } from "@cmodx/kprobes";
import { Machine } from "@cmodx/machine/run";
import { describe, expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

// Every row that can be probed, through the breakpoint and through the detour, in every state of the flags: what comes out is what comes
// out of the instruction by itself.

const code = 0x8000;
const data = 0x20000;
const stack = 0x30000;
const trampoline = 0x40000;
const page = 0x1000;

/** ITSTATE for one instruction on EQ, NE, … or outside of a block. */
const blocks = [0, ...Array.from({ length: 14 }, (_, cond) => (cond << 4) | 8)];

interface State {
  readonly cells: number[];
  readonly status: number;
  readonly data: string;
  readonly stack: string;
  readonly stopped: string | undefined;
}

class World {
  readonly machine = new Machine({ memoryBytes: 2 ** 20, execution: "interpreted" });
  readonly core = this.machine.cores[0]!;
  readonly probes: MachineProbes;
  hits = 0;
  readonly isa: Isa;

  constructor(isa: Isa) {
    this.isa = isa;
    const { memory } = this.machine;
    memory.map(code - page, 3 * page, { read: true, execute: true });
    memory.map(data, page, { read: true, write: true });
    memory.map(stack - page, 2 * page, { read: true, write: true });
    const program = { isa, functions: [{ name: "site", start: code, size: 8 }], trampoline };
    const { machine } = this;
    this.probes = new MachineProbes({
      machine,
      program,
      comm: "row",
      compat: "strict",
      optimise: true,
      hit: () => undefined,
    });
  }

  /** Registers and memory before the instruction. */
  set(registers: readonly number[], status: number, bytes: Uint8Array): void {
    const { core, machine } = this;
    core.cells.set(registers);
    core.cells[15] = code;
    core.status = status | (this.isa === "t32" ? 0x20 : 0);
    core.stopped = undefined;
    core.waiting = false;
    core.waitsFor = undefined;
    core.clearExclusive();
    machine.memory.write(data, bytes);
    machine.memory.write(stack - page, bytes);
    machine.memory.write(stack, bytes);
  }

  /** Executes the instruction, with whatever stands for it. */
  go(): State {
    const { core, machine } = this;
    const inDetour = (pc: number) => pc >= trampoline && pc < trampoline + 4 * page;
    let left = 100;
    do {
      machine.run({ instructions: 1 });
      // Nobody else is there to end it.
      core.waiting = false;
    } while (inDetour(core.cells[15]! >>> 0) && core.stopped === undefined && --left > 0);
    const { memory } = machine;
    return {
      cells: [...core.cells.subarray(0, 16)],
      status: core.status,
      data: Buffer.from(memory.read(data, page)).toString("hex"),
      // What lies below SP is the detour's, but for what the instruction stores there.
      stack: Buffer.from(memory.read(stack, 256)).toString("hex"),
      stopped: core.stopped?.kind,
    };
  }

  write(insn: Insn): void {
    this.machine.memory.write(code, bytesOf(insn));
    this.machine.codeChanged();
  }
}

/** Words of a row that a program may contain: each field at random. */
function draw({ isa, size, pattern, hasCond }: Encoding, next: (below: number) => number): Insn {
  const fixed = pattern.mask | pattern.shouldMask;
  let word = ((next(2 ** 32) & ~fixed) | pattern.value | pattern.shouldValue) >>> 0;
  if (hasCond && isa === "a32" && word >>> 28 === 15) word = (word & 0x0fffffff) | 0xe0000000;
  return isa === "a32"
    ? decodeA32(word >>> 0, code)
    : size === 2
      ? decodeT32(word & 0xffff, 0, code)
      : decodeT32(word >>> 16, word & 0xffff, code);
}

/** Loads from below SP, where a detour has saved registers: no program may ask what is there. */
function readsBelowStack(insn: Insn): boolean {
  return insn.operands.some((operand) => JSON.stringify(operand).includes('"base":13') && operand.kind === "mem");
}

describe.each(["a32", "t32"] as const)("%s", (isa) => {
  const rows = encodings.filter((row) => row.isa === isa);
  const world = new World(isa);
  const next = randomBelow(isa === "a32" ? 11 : 12);
  let [probed, optimised] = [0, 0];
  const seen = new Set<string>();

  test.each(Array.from({ length: Math.ceil(rows.length / 40) }, (_, i) => [i]))("rows, part %i", (part) => {
    for (const row of rows.slice(40 * part, 40 * part + 40)) {
      for (let trial = 0; trial < 3; trial++) {
        const insn = draw(row, next);
        if (insn.encoding !== row || decide(insn, "strict").action === "reject") continue;
        seen.add(row.id);
        const bytes = Uint8Array.from({ length: page }, () => next(256));
        const registers = Array.from({ length: 15 }, (_, n) =>
          n === 13
            ? stack
            : next(2) === 0
              ? data + 0x400 + 8 * next(128)
              : next(4) === 0
                ? next(2 ** 32) | 0
                : 4 * next(64),
        );
        for (let flags = 0; flags < 16; flags++) {
          const it = isa === "t32" && next(2) === 0 ? blocks[next(blocks.length)]! : 0;
          const status = (0x10 | (flags << 28) | (next(16) << 16) | ((it & 0xfc) << 8) | ((it & 3) << 25)) >>> 0;
          world.write(insn);
          world.set(registers, status, bytes);
          const plain = world.go();
          // What does not fit the block, or is not modelled, is no program's.
          if (plain.stopped === "unpredictable" || plain.stopped === "unimplemented") continue;
          const probe = new Probe({ symbol: "site", pre: () => void world.hits++ });
          const outcome = world.probes.kprobes.register(probe);
          expect([row.id, outcome.ok]).toEqual([row.id, true]);
          world.set(registers, status, bytes);
          expect([row.id, insn.word.toString(16), flags, it, world.go()]).toEqual([
            row.id,
            insn.word.toString(16),
            flags,
            it,
            plain,
          ]);
          probed++;
          world.probes.kprobes.advance(5);
          const site = world.probes.kprobes.siteOf(probe)!;
          // A fault in a detour is one at the detour, in Linux too.
          if (site.optimized && it === 0 && plain.stopped === undefined && !readsBelowStack(insn)) {
            optimised++;
            world.set(registers, status, bytes);
            expect(["detour", row.id, insn.word.toString(16), flags, world.go()]).toEqual([
              "detour",
              row.id,
              insn.word.toString(16),
              flags,
              plain,
            ]);
          }
          world.probes.kprobes.unregister(probe);
          world.probes.kprobes.advance(10);
        }
      }
    }
  });

  test("most rows were among them", () => {
    expect(seen.size).toBeGreaterThan(230);
    expect(probed).toBeGreaterThan(9000);
    expect(optimised).toBeGreaterThan(3000);
    expect(world.hits).toBeGreaterThan(probed / 2);
  });
});

test("a byte stored below SP, at an odd place", () => {
  const world = new World("a32");
  world.write(decodeA32(0xe54d0001, code)); // strb r0, [sp, #-1]
  const probe = new Probe({ symbol: "site" });
  expect(world.probes.kprobes.register(probe).ok).toBe(true);
  world.probes.kprobes.advance(5);
  expect(world.probes.kprobes.siteOf(probe)?.optimized).toBe(true);
  world.set([0xab, ...Array<number>(12).fill(0), stack, 0], 0x10, new Uint8Array(page));
  expect(world.go().stopped).toBeUndefined();
  expect(world.machine.memory.read(stack - 1, 1)[0]).toBe(0xab);
});
