import { memorySource, openElf } from "@cmodx/elf";
import { FilterFile, MachineTracer, Recorder, type TracerName } from "@cmodx/ftrace";
import { MachineProbes, probedProgram } from "@cmodx/kprobes";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";
import { type ImageLabels, labelsOf, MachineKeys } from "@cmodx/static-keys";
import type { TraceEntry } from "@cmodx/trace";

/** What can be switched while the program runs. */
export interface Switches {
  readonly tracer: TracerName;
  /** A glob of function names; all where it is empty. */
  readonly filter: string;
  /** Names of static keys that are on. */
  readonly keys: readonly string[];
  /** Indices of {@link PROBES} that are armed. */
  readonly probes: readonly number[];
}

/** Lines of `kprobe_events` that the viewer offers. */
export const PROBES: readonly { readonly event: string; readonly line: string }[] = [
  { event: "value", line: "p:value publish sample=%r0:u32" },
  { event: "alarm", line: "p:alarm raise_alarm sample=%r0:u32" },
  { event: "adc", line: "r:adc read_adc $retval" },
];

const CORES = 2;

/** The sample program on a machine of two cores, traced as the kernel traces itself. */
export class Station {
  readonly #machine: Machine;
  readonly #recorder: Recorder;
  readonly #tracer: MachineTracer;
  readonly #filter: FilterFile;
  readonly #labels: ImageLabels;
  readonly #keys: MachineKeys;
  readonly #probes: MachineProbes;
  readonly #defined = new Set<number>();
  #now: Switches = { tracer: "nop", filter: "", keys: [], probes: [] };
  #turn = 0;

  /** @param bytes - the program's file */
  constructor(bytes: Uint8Array) {
    const image = openElf(memorySource(bytes));
    const machine = new Machine({ cores: CORES });
    const linux = LinuxUser.start(machine, programOf(image), { args: ["station"] });
    if (linux === "no room") throw new Error("the machine has no room for the program");
    this.#machine = machine;
    this.#recorder = new Recorder(machine, image, "station");
    this.#tracer = new MachineTracer({ machine, image, recorder: this.#recorder });
    this.#filter = new FilterFile(this.#tracer.ftrace, this.#tracer.ops, "filter");
    this.#labels = labelsOf(image, bytes.slice());
    this.#keys = new MachineKeys(machine, this.#labels.entries);
    for (const key of this.#labels.keys) {
      if (!key.name.startsWith("trace_")) continue;
      this.#keys.listen(key, (core, { code }) => {
        const text = `(${this.#recorder.place(code)}) r0=0x${(core.cells[0]! >>> 0).toString(16)}`;
        this.#recorder.add(core, (at) => ({ ...at, kind: "event", name: key.name, text }));
      });
    }
    this.#probes = new MachineProbes({
      machine,
      program: probedProgram(image),
      comm: "station",
      compat: "strict",
      hit: (core, line) => {
        const [name = "", text = ""] = /^([^:]*): (.*)$/s.exec(line)?.slice(1) ?? [];
        this.#recorder.add(core, (at) => ({ ...at, kind: "event", name, text }));
      },
    });
  }

  /** Nanoseconds of the machine: one for each instruction. */
  get clock(): number {
    return this.#recorder.clock();
  }

  get functions(): readonly string[] {
    return this.#tracer.functions;
  }

  /** Makes the switches so, and tells what was refused. */
  apply(wanted: Switches): string | undefined {
    const refused: string[] = [];
    if (wanted.filter !== this.#now.filter && this.#filter.write(wanted.filter, false) !== "ok") {
      refused.push(`no traced function is called ${wanted.filter}`);
    }
    if (wanted.tracer !== this.#now.tracer) this.#tracer.tracer = wanted.tracer;
    for (const key of this.#labels.keys) {
      const on = wanted.keys.includes(key.name);
      if (on !== this.#now.keys.includes(key.name)) this.#keys.switch(key, on);
    }
    for (const [i, probe] of PROBES.entries()) {
      const on = wanted.probes.includes(i);
      if (on === this.#now.probes.includes(i)) continue;
      const error = this.#arm(i, probe, on);
      if (error !== undefined) refused.push(error);
    }
    this.#now = wanted;
    return refused.length === 0 ? undefined : refused.join("; ");
  }

  #arm(i: number, { event, line }: (typeof PROBES)[number], on: boolean): string | undefined {
    if (on && !this.#defined.has(i)) {
      this.#defined.add(i);
      return this.#probes.add(line);
    }
    this.#probes.events.enable("kprobes", event, on);
    return undefined;
  }

  /** Lets both cores go on for so many instructions, and gives back what was recorded. */
  advance(instructions: number): readonly TraceEntry[] {
    this.#machine.run({ instructions, schedule: { kind: "random", quantum: 200 }, seed: this.#turn++ });
    const entries = [...this.#recorder.recording(this.#now.tracer).entries];
    this.#recorder.clear();
    return entries;
  }
}
