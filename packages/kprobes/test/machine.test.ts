import { readFileSync } from "node:fs";
import { assemble, decodeA32, decodeT32, type Insn } from "@cmodx/codec";
import { type ElfImage, memorySource, openElf } from "@cmodx/elf";
import { conditionHolds, decide, MachineProbes, Probe, probedProgram } from "@cmodx/kprobes";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";
import { describe, expect, test } from "vitest";

const samples = ["sites-arm.elf", "sites-thumb2.elf"] as const;
const functions = ["square", "triangle", "mix", "gather", "work"] as const;

function program(name: string) {
  const image = openElf(memorySource(readFileSync(new URL(`../../../samples/${name}`, import.meta.url))));
  const machine = new Machine();
  let output = "";
  LinuxUser.start(machine, programOf(image), {
    args: [name],
    output: (_: number, written: Uint8Array) => {
      output += new TextDecoder().decode(written);
    },
  });
  const lines: string[] = [];
  const probes = (optimise = false) =>
    new MachineProbes({
      optimise,
      machine,
      program: probedProgram(image),
      comm: "sites",
      compat: "strict",
      hit: (_, line) => lines.push(line),
    });
  const end = () => {
    const { end: how } = machine.run();
    return `${how} ${output} ${[...machine.cores[0]!.cells.subarray(0, 15)].join(" ")}`;
  };
  return { image, machine, probes, lines, end };
}

interface Site {
  readonly offset: number;
  readonly insn: Insn;
  readonly probeable: boolean;
}

/** The instructions of a function, by their offset, and whether each can be probed. */
function instructions(image: ElfImage, name: string): Site[] {
  const index = image.symbols.find(name);
  const start = (image.symbols.address(index) & ~1) >>> 0;
  const size = image.symbols.size[index]!;
  const bytes = image.read(image.locate(start), size)!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { isa } = image.isaAt(image.locate(start));
  const found: Site[] = [];
  for (let offset = 0; offset + 2 <= size; ) {
    if (image.isaAt(image.locate(start + offset)).data) break;
    const insn =
      isa === "a32"
        ? decodeA32(view.getUint32(offset, true), start + offset)
        : decodeT32(
            view.getUint16(offset, true),
            offset + 4 <= size ? view.getUint16(offset + 2, true) : 0,
            start + offset,
          );
    found.push({ offset, insn, probeable: decide(insn, "strict").action !== "reject" });
    offset += insn.size;
  }
  return found;
}

describe.each(["a32", "t32"] as const)("a storm of probes on four cores, %s", (isa) => {
  const source = `
work: ${isa === "a32" ? "adds r6, r6, #1" : "add.w r6, r6, #1"}
      bx lr
loop: bl work
      b loop`;

  test("a handler behind the instruction sees what it has done, flags and all", () => {
    const made = assemble("work: subs r0, r0, #1\n bx lr", { isa, address: 0x8000 });
    if (!made.ok) throw new Error(made.issues[0]?.message);
    const machine = new Machine();
    machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
    machine.memory.write(0x8000, made.code);
    const core = machine.cores[0]!;
    core.cells.set([1], 0);
    core.cells[15] = 0x8000;
    if (isa === "t32") core.status |= 0x20;
    const program = { isa, functions: [{ name: "work", start: 0x8000, size: 8 }], trampoline: 0x4000 };
    const { kprobes } = new MachineProbes({ machine, program, comm: "one", compat: "strict", hit: () => undefined });
    const seen: number[] = [];
    const see = (_: Probe, { r, cpsr }: { r: Uint32Array; cpsr: number }) => {
      seen.push(r[0]!, (cpsr >>> 30) & 1);
      return undefined;
    };
    kprobes.register(new Probe({ symbol: "work", pre: see, post: see }));
    machine.run({ instructions: 1 });
    expect(seen).toEqual([1, 0, 0, 1]);
  });

  test("nothing is lost: every execution of the site while a probe is there is a hit or missed", () => {
    const made = assemble(source, { isa, address: 0x8000 });
    if (!made.ok) throw new Error(made.issues[0]?.message);
    const machine = new Machine({ cores: 4, memoryBytes: 2 ** 20 });
    machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
    machine.memory.map(0x20000, 0x4000, { read: true, write: true });
    machine.memory.write(0x8000, made.code);
    for (const core of machine.cores) {
      core.cells[15] = made.labels.get("loop")!;
      core.cells[13] = 0x21000 + 0x1000 * core.index;
      if (isa === "t32") core.status |= 0x20;
    }
    const program = { isa, functions: [{ name: "work", start: 0x8000, size: 8 }], trampoline: 0x4000 };
    const options = { machine, program, comm: "storm", compat: "strict", hit: () => undefined } as const;
    const { kprobes } = new MachineProbes({ ...options, optimise: true });
    // In a detour the register is saved, and counts before or behind the instruction like anywhere.
    const executed = () => machine.cores.reduce((sum, { cells }) => sum + cells[6]!, 0);
    let [hits, missed, expected, detoured, steps] = [0, 0, 0, 0, 0];
    for (let round = 0; expected < 1_000_000; round++) {
      const probe = new Probe({
        symbol: "work",
        pre: () => {
          hits++;
          return undefined;
        },
      });
      const probed = round % 3 !== 2;
      const before = executed();
      if (probed) expect(kprobes.register(probe).ok).toBe(true);
      // The branch to the detour comes a little later than the breakpoint.
      if (round % 6 === 0) kprobes.advance(5);
      if (kprobes.siteOf(probe)?.optimized) detoured++;
      machine.run({ instructions: 20_000 + round, seed: round, schedule: { kind: "random", quantum: 23 } });
      // A detour is left before the text it leads back to is changed.
      const inDetour = ({ cells }: { cells: Int32Array }) => cells[15]! >= 0x4000 && cells[15]! < 0x8000;
      while (machine.cores.some(inDetour))
        machine.run({ instructions: 1, seed: ++steps, schedule: { kind: "random", quantum: 1 } });
      if (probed) {
        expected += executed() - before;
        kprobes.unregister(probe);
        kprobes.advance(10);
        missed += probe.nmissed;
      }
    }
    expect(detoured).toBeGreaterThan(10);
    expect(hits + missed).toBe(expected);
  });
});

describe.each(samples)("%s", (name) => {
  const plain = program(name).end();

  test.each(functions)(
    "a probe on any instruction of %s is hit as often as it takes effect, and changes nothing",
    (function_) => {
      const counted = program(name);
      const sites = instructions(counted.image, function_).filter(({ probeable }) => probeable);
      expect(sites.length).toBeGreaterThan(3);
      const executed = new Map(sites.map(({ offset }) => [offset, 0]));
      // A probe whose instruction's condition does not hold is not hit, as in the kernel.
      for (const { offset, insn } of sites) {
        counted.machine.setBreakpoint(insn.address, (core) => {
          if (conditionHolds(insn, core.status)) executed.set(offset, executed.get(offset)! + 1);
        });
      }
      expect(counted.end()).toBe(plain);
      for (const { offset } of sites) {
        const { probes, lines, end } = program(name);
        expect(probes().add(`p:ev ${function_}+${offset}`)).toBeUndefined();
        expect([offset, end()]).toEqual([offset, plain]);
        expect([offset, lines.length]).toEqual([offset, executed.get(offset)]);
      }
    },
  );

  test.each(functions)("optimised probes of %s change nothing and lose nothing", (function_) => {
    const sites = instructions(program(name).image, function_).filter(({ probeable }) => probeable);
    const linesOf = (optimise: boolean) => {
      const { probes, lines, end } = program(name);
      const all = probes(optimise);
      for (const { offset } of sites) expect(all.add(`p:at${offset} ${function_}+${offset} %r0 %sp`)).toBeUndefined();
      all.kprobes.advance(5);
      expect(end()).toBe(plain);
      return { lines, optimised: [...all.kprobes.sites].filter(({ optimized }) => optimized).length };
    };
    const detoured = linesOf(true);
    expect(detoured.lines).toEqual(linesOf(false).lines);
    expect(detoured.lines.length).toBeGreaterThan(0);
    if (name === "sites-arm.elf") expect(detoured.optimised).toBeGreaterThan(sites.length / 2);
  });

  test("all of a function at once", () => {
    const { image, probes, lines, end } = program(name);
    const all = probes();
    const sites = instructions(image, "triangle").filter(({ probeable }) => probeable);
    for (const { offset } of sites) expect(all.add(`p:at${offset} triangle+${offset}`)).toBeUndefined();
    expect(end()).toBe(plain);
    expect(lines.length).toBeGreaterThanOrEqual(2 * 3);
  });

  test("a function's returns are told with their values", () => {
    const { probes, lines, end } = program(name);
    expect(probes().add("r:back square $retval:u32")).toBeUndefined();
    expect(end()).toBe(plain);
    expect(lines.map((line) => /arg1=(\d+)/.exec(line)?.[1])).toEqual(["25", "16"]);
    expect(lines[0]).toMatch(/^back: \(work\+0x[0-9a-f]+\/0x[0-9a-f]+ <- square\) arg1=25$/);
  });

  test("a probe and a return probe on one function, and registers and memory in what they tell", () => {
    const { probes, lines, end } = program(name);
    const all = probes();
    expect(all.add("p:in square n=%r0:u32")).toBeUndefined();
    expect(all.add("r:out square $retval")).toBeUndefined();
    expect(end()).toBe(plain);
    expect(lines.map((line) => line.replace(/\(.*\) /, ""))).toEqual([
      "in: n=5",
      "out: arg1=0x19",
      "in: n=4",
      "out: arg1=0x10",
    ]);
  });

  test("what is wrong with a line is told as the kernel does", () => {
    const probes = program(name).probes();
    expect(probes.add("p:ev nobody")).toContain("error: ");
    expect(probes.add("p:ev square %r99")).toContain("Invalid register name");
  });
});
