import { assemble, type Isa } from "@cmodx/codec";
import { MachineTracer, type Patching, Recorder, type TracedProgram } from "@cmodx/ftrace";
import { Machine, type MachineOptions } from "@cmodx/machine/run";

const BASE = 0x10000;
const STACKS = 0x20000;
/** Where a program that has done its work goes round. */
export const DONE = "done";

/** The beginning of a traced function, as `-pg` makes it. */
export const mcount = (prologue = ""): string => `${prologue}\n push {lr}\n bl mcount`;

/**
 * A program of assembler lines on a machine with its tracer: labels that begin with `f_` are functions, whose first call of `mcount` is
 * their record; every core begins at `main` with its own stack and r9 for its number.
 */
export function assembledProgram(
  isa: Isa,
  source: string,
  options: MachineOptions & { readonly patching?: Patching } = {},
) {
  const { patching = "linux", ...rest } = options;
  const text = `${source}\n${DONE}: b ${DONE}\nmcount: pop${isa === "a32" ? "" : ".w"} {ip}\n mov lr, ip\n bx lr\n`;
  const made = assemble(text, { isa, address: BASE });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  const labels = [...made.labels].map(([name, address]) => ({ name, address: (address & ~1) >>> 0 }));
  const functions = labels
    .filter(({ name }) => /^(f_|main$|done$|mcount$)/.test(name))
    .toSorted((a, b) => a.address - b.address)
    .map((each, i, all) => ({ ...each, end: all[i + 1]?.address ?? BASE + made.code.length }));
  const at = (name: string): number => labels.find((each) => each.name === name)!.address;
  const calls = made.insns.filter(
    ({ mnemonic, operands }) =>
      mnemonic === "bl" && operands.some((each) => each.kind === "target" && each.address === at("mcount")),
  );
  const program: TracedProgram = {
    records: functions
      .filter(({ name }) => name.startsWith("f_"))
      .flatMap(({ name, address, end }) => {
        const call = calls.find((each) => each.address >= address && each.address < end);
        return call === undefined ? [] : [{ isa, ip: call.address, name: name.slice(2), init: false }];
      }),
    functionAt: (address) => {
      const found = functions.find((each) => each.address <= address && address < each.end);
      return found === undefined
        ? undefined
        : { name: found.name.replace(/^f_/, ""), offset: address - found.address, size: found.end - found.address };
    },
    read: (address, size) =>
      address < BASE || address + size > BASE + made.code.length
        ? undefined
        : made.code.slice(address - BASE, address - BASE + size),
    bounds: { lowest: BASE, highest: STACKS },
  };
  const machine = new Machine({ memoryBytes: 2 ** 22, ...rest });
  machine.memory.map(BASE, (made.code.length + 0xfff) & ~0xfff, { read: true, execute: true });
  machine.memory.write(BASE, made.code);
  machine.memory.map(STACKS, 0x1000 * machine.cores.length, { read: true, write: true });
  for (const core of machine.cores) {
    core.cells[15] = at("main");
    core.cells[13] = STACKS + 0x1000 * (core.index + 1);
    core.cells[9] = core.index;
    core.status = (core.status & ~0x20) | (isa === "t32" ? 0x20 : 0);
  }
  const recorder = new Recorder(machine, program, "assembled");
  const tracer = new MachineTracer({ machine, image: program, recorder, patching });
  const isDone = () => machine.cores.every(({ cells }) => cells[15]! >>> 0 === at(DONE));
  /** Runs until every core has done its work. */
  const finish = (seed = 0) => {
    for (let i = 0; i < 5000 && !isDone(); i++)
      machine.run({
        instructions: 100 * machine.cores.length,
        schedule: { kind: "random", quantum: 7 },
        seed: seed + i,
      });
    if (!isDone()) throw new Error("the program does not end");
  };
  const entries = () => [...recorder.recording(tracer.tracer).entries];
  return { machine, tracer, recorder, program, at, finish, isDone, entries };
}
