import { bytesOf, decodeA32, decodeT32, type Encoding, encodings, type Insn, type Isa } from "@cmodx/codec";
import { decide, MachineProbes, Probe } from "@cmodx/kprobes";
import { Machine } from "@cmodx/machine/run";

// Every row that can be probed, through the breakpoint and through the detour, in every state of the flags: what comes out is what comes
// out of the instruction by itself.

/** Where the instruction is, and SP. */
export const code = 0x8000;
const data = 0x20000;
export const stack = 0x30000;
const trampoline = 0x40000;
export const page = 0x1000;

/** ITSTATE for one instruction on EQ, NE, … or outside of a block. */
const blocks = [0, ...Array.from({ length: 14 }, (_, cond) => (cond << 4) | 8)];

interface State {
  readonly cells: number[];
  readonly status: number;
  readonly data: string;
  readonly stack: string;
  readonly stopped: string | undefined;
}

/** A machine with one instruction, and probes. */
export class World {
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

/** Loads by SP from below it, where a detour has saved registers: no program may ask what is there. */
function readsBelowStack({ operands, encoding }: Insn): boolean {
  if (/^LDMD[AB]/.test(encoding?.id ?? "")) return operands[0]?.kind === "reg" && operands[0].reg === 13;
  return operands.some((operand) => operand.kind === "mem" && operand.base === 13);
}

/** May load from about where it stands: it would see the breakpoint. */
function readsItself({ operands }: Insn): boolean {
  return operands.some(
    (operand) => operand.kind === "mem" && operand.base === 15 && (operand.offset.magnitude ?? 0) < 32,
  );
}

/** What was compared, and the first difference. */
export interface RowsCompared {
  readonly rows: number;
  readonly probed: number;
  readonly optimised: number;
  readonly hits: number;
  readonly difference: { readonly where: string; readonly expected: State; readonly actual: State } | undefined;
}

/** Compares instructions of every row of an instruction set in all sixteen states of the flags, and in IT blocks. */
export function compareRows(isa: Isa, trials: number, next: (below: number) => number): RowsCompared {
  const world = new World(isa);
  const rows = new Set<string>();
  let [probed, optimised] = [0, 0];
  const result = (difference?: RowsCompared["difference"]): RowsCompared => {
    return { rows: rows.size, probed, optimised, hits: world.hits, difference };
  };
  for (const row of encodings) {
    for (let trial = 0; row.isa === isa && trial < trials; trial++) {
      const insn = draw(row, next);
      if (insn.encoding !== row || readsItself(insn) || decide(insn, "strict").action === "reject") continue;
      rows.add(row.id);
      const bytes = Uint8Array.from({ length: page }, () => next(256));
      const registers = Array.from({ length: 15 }, (_, n) => (n === 13 ? stack : drawRegister(next)));
      for (let flags = 0; flags < 16; flags++) {
        const it = isa === "t32" && next(2) === 0 ? blocks[next(blocks.length)]! : 0;
        const status = (0x10 | (flags << 28) | (next(16) << 16) | ((it & 0xfc) << 8) | ((it & 3) << 25)) >>> 0;
        const run = (): State => {
          world.set(registers, status, bytes);
          return world.go();
        };
        world.write(insn);
        const plain = run();
        // What does not fit the block, or is not modelled, is no program's.
        if (plain.stopped === "unpredictable" || plain.stopped === "unimplemented") continue;
        const probe = new Probe({ symbol: "site", pre: () => void world.hits++ });
        const { kprobes } = world.probes;
        const where = `${row.id} ${insn.word.toString(16)}, flags ${flags}, ITSTATE ${it}`;
        if (!kprobes.register(probe).ok) throw new Error(`${where}: refused`);
        const trapped = run();
        if (!same(plain, trapped)) return result({ where, expected: plain, actual: trapped });
        probed++;
        kprobes.advance(5);
        // A fault in a detour is one at the detour, in Linux too.
        const exact = it === 0 && plain.stopped === undefined && !readsBelowStack(insn);
        if (kprobes.siteOf(probe)!.optimized && exact) {
          const detoured = run();
          if (!same(plain, detoured))
            return result({ where: `${where}, by its detour`, expected: plain, actual: detoured });
          optimised++;
        }
        kprobes.unregister(probe);
        kprobes.advance(10);
      }
    }
  }
  return result();
}

/** Often a pointer to the data, seldom anything. */
function drawRegister(next: (below: number) => number): number {
  if (next(2) === 0) return data + 0x400 + 8 * next(128);
  return next(4) === 0 ? next(2 ** 32) | 0 : 4 * next(64);
}

const same = (one: State, other: State): boolean => JSON.stringify(one) === JSON.stringify(other);
