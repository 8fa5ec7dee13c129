import { readFileSync } from "node:fs";
import { parse } from "@cmodx/codec";
import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { type CacheOptions, cell, Machine, mode, profiles } from "@cmodx/machine/run";
import { expect, test } from "vitest";

/** Small enough that lines have to leave all the time; the prefetch is the interpreter's alone. */
const tiny: CacheOptions = {
  lineBytes: 32,
  instruction: { sets: 4, ways: 2 },
  data: { sets: 4, ways: 2 },
  storeBuffer: 4,
  prefetchBytes: 0,
};
const shapes: Readonly<Record<string, CacheOptions>> = {
  tiny,
  "tiny without a store buffer": { ...tiny, storeBuffer: 0 },
  "a larger one": { ...profiles["cortex-a15-like"]!, prefetchBytes: 0 },
};

const flags = [cell.n, cell.z, cell.c, cell.v, cell.q, cell.ge, cell.it, cell.thumb, cell.fpscr, cell.fpscrFlags];

/** What there is to see of a machine's cores, its caches included. */
function stateOf({ cores, caches }: Machine): unknown {
  return cores.map(({ cells, instructions, index }) => ({
    registers: [...cells.subarray(0, 16)],
    flags: flags.map((at) => cells[at]!),
    words: [...cells.subarray(cell.words, cell.words + 64)],
    instructions,
    counters: { ...caches!.counters[index] },
  }));
}

function started(name: string, execution: "compiled" | "interpreted", caches: CacheOptions): Machine {
  const file = readFileSync(new URL(`../../../samples/programs/${name}.elf`, import.meta.url));
  const machine = new Machine({ execution, memoryBytes: 2 ** 25, caches });
  const linux = LinuxUser.start(machine, programOf(openElf(memorySource(file))), { args: [name, "1"] });
  if (linux === "no room") throw new Error(linux);
  return machine;
}

const programs = ["alu", "copy", "sort", "hash", "states"].flatMap((name) => [`${name}-arm`, `${name}-thumb`]);

test.each(programs.flatMap((name) => Object.keys(shapes).map((shape) => [name, shape] as const)))(
  "%s with %s: compiled and interpreted agree on state, hits, misses and stalls",
  (name, shape) => {
    const [compiled, interpreted] = [
      started(name, "compiled", shapes[shape]!),
      started(name, "interpreted", shapes[shape]!),
    ];
    let most = 0;
    for (let i = 0; i < 4; i++) {
      const instructions = i % 2 === 0 ? 9_001 : 7_003;
      const [one, other] = [compiled.run({ instructions }), interpreted.run({ instructions })];
      most = Math.max(most, compiled.compiledFunctions);
      expect(one).toEqual(other);
      expect(stateOf(compiled)).toEqual(stateOf(interpreted));
      if (one.end !== "budget") break;
    }
    expect(most).toBeGreaterThan(0);
    expect(interpreted.compiledFunctions).toBe(0);
  },
);

const start = 0x8000;
const data = 0xa000;

function words(lines: readonly string[], address: number): Uint8Array {
  const all = lines.map((line, i) => {
    const parsed = parse(line, { isa: "a32", address: address + 4 * i });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    return parsed.insn.word;
  });
  return new Uint8Array(Uint32Array.from(all).buffer);
}

const maintenance: Readonly<Record<string, readonly string[]>> = {
  all: ["mcr p15, #0, r1, c7, c11, #1", "dsb sy", "mcr p15, #0, r1, c7, c5, #1", "dsb sy", "isb sy"],
  "no clean": ["mcr p15, #0, r1, c7, c5, #1", "isb sy"],
  "no invalidate": ["mcr p15, #0, r1, c7, c11, #1", "dsb sy", "isb sy"],
  none: [],
};

/** One core changes what a function of both adds, again and again; all of them call it. */
function patching(execution: "compiled" | "interpreted", steps: readonly string[], caches: CacheOptions): Machine {
  const machine = new Machine({ cores: 2, execution, memoryBytes: 2 ** 20, caches, seed: 5 });
  machine.memory.map(start, 0x4000, { read: true, write: true, execute: true });
  machine.memory.write(0x9000, words(["add r0, r0, #1", "str r0, [r6], #4", "bic r6, r6, #0x100", "bx lr"], 0x9000));
  const patcher = ["eor r2, r2, #3", "str r2, [r1]", ...steps, "mov r8, #40", "bl 0x9000", "subs r8, r8, #1"];
  const bne = `bne 0x${(start + 4 * (patcher.length - 2)).toString(16)}`;
  machine.memory.write(start, words([...patcher, bne, `b 0x${start.toString(16)}`], start));
  machine.memory.write(0x8800, words(["bl 0x9000", "ldr r7, [r5]", "eor r4, r4, r7", "b 0x8800"], 0x8800));
  machine.cores.forEach((core, i) => {
    machine.setMode(core, mode.svc);
    core.cells[15] = i === 0 ? start : 0x8800;
    core.cells[1] = 0x9000;
    core.cells[2] = new Int32Array(words(["add r0, r0, #1"], 0).buffer)[0]!;
    core.cells[5] = data;
    core.cells[6] = data + 0x800 * i;
  });
  return machine;
}

test.each(Object.keys(maintenance).flatMap((name) => Object.keys(shapes).map((shape) => [name, shape] as const)))(
  "with %s of the maintenance and %s, two cores execute what is changed alike, compiled and interpreted",
  (name, shape) => {
    const made = (["compiled", "interpreted"] as const).map((execution) =>
      patching(execution, maintenance[name]!, shapes[shape]!),
    );
    const [compiled, interpreted] = [made[0]!, made[1]!];
    let most = 0;
    for (let i = 0; i < 8; i++) {
      const turns = [
        { core: 0, instructions: 1500 + 7 * i },
        { core: 1, instructions: 1400 + 11 * i },
      ];
      const instructions = turns.reduce((sum, turn) => sum + turn.instructions, 0);
      const schedule = { kind: "given", turns } as const;
      expect(compiled.run({ schedule, instructions })).toEqual(interpreted.run({ schedule, instructions }));
      expect(stateOf(compiled)).toEqual(stateOf(interpreted));
      expect(compiled.memory.read(start, 0x4000)).toEqual(interpreted.memory.read(start, 0x4000));
      most = Math.max(most, compiled.compiledFunctions);
    }
    expect(most).toBeGreaterThan(1);
  },
);
