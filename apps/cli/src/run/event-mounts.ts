import { basename } from "node:path";
import type { ElfImage } from "@cmodx/elf";
import { functionOf, type MachineTracer, type Recorder, type TraceMount } from "@cmodx/ftrace";
import { MachineProbes, ProbeFiles, probedProgram } from "@cmodx/kprobes";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { keyEvents, type MachineKeys, type RecordedEvent, type StaticKey } from "@cmodx/static-keys";
import { type EventContext, type EventNode, EventSource, EventTree, type TraceControl } from "@cmodx/trace";

/** What a run's events are about. */
export interface RunEventsOptions {
  readonly machine: Machine;
  readonly image: ElfImage;
  readonly path: string;
  readonly recorder: Recorder;
  readonly keys: readonly StaticKey[];
  readonly switches: MachineKeys;
}

const PC = 15;

/** The events of a program that runs: its static keys, and what probes define. They are files of the tracing file system. */
export class RunEvents {
  readonly tree: EventTree = new EventTree();
  readonly #options: RunEventsOptions;
  readonly #byKey: ReadonlyMap<StaticKey, EventNode>;
  /** By the numbers of their records: an event that is defined anew has another. */
  #probeSources: ReadonlyMap<number, EventSource> = new Map();
  /** Who can tell the callers of what a core executes, if anybody is there that can. */
  tracer: MachineTracer | undefined;
  /** Where the event that is happening happens, and the line of a probe's. */
  #place: { readonly core: RunCore; readonly ip: number; readonly line?: string } | undefined;
  #probes: { readonly machine: MachineProbes; readonly files: ProbeFiles } | undefined;

  constructor(options: RunEventsOptions) {
    this.#options = options;
    const { keys, switches, image } = options;
    const context = (core: RunCore) => {
      this.#place = { core, ip: core.cells[PC]! >>> 0 };
      return this.#contextOf(core);
    };
    const control = this.#control();
    const record = (core: RunCore, event: RecordedEvent) => this.#record(core, event);
    const { pids } = this.tree;
    const made = keyEvents({ keys, switches, control, context, record, pids, functionOf: functionOf(image) });
    this.#byKey = new Map(keys.map((key, i) => [key, made[i]!]));
    this.tree.add(() => made);
    this.tree.add(() => this.#probeEvents());
  }

  /** For {@link createTracefs}. */
  get mounts(): readonly TraceMount[] {
    const { tree } = this;
    const probes = this.probes.files.files;
    const events: TraceMount = {
      get paths() {
        return tree.paths;
      },
      file: (path) => tree.file(path),
      event: (system, name) => tree.event(system, name),
    };
    return [events, { paths: Object.keys(probes), file: (path) => probes[path as keyof typeof probes] }];
  }

  /** Records a key's branches. */
  enableKey(key: StaticKey): void {
    this.#byKey.get(key)?.state.set(true);
  }

  /** Defines and enables a probe; the error log's words where it is refused. */
  addProbe(line: string): string | undefined {
    const { files } = this.probes;
    const before = new Set(files.events.map(nameOf));
    const answer = files.files.kprobe_events.write(line, true);
    if (answer !== "ok") return files.files.error_log.read() || answer;
    for (const event of files.events) {
      if (!before.has(nameOf(event))) this.tree.event(event.system, event.name)?.set(true);
    }
    return undefined;
  }

  /** Made when somebody asks: they take a page of the program's memory. */
  get probes(): { readonly machine: MachineProbes; readonly files: ProbeFiles } {
    if (this.#probes === undefined) {
      const { machine, image, path, recorder } = this.#options;
      const made = new MachineProbes({
        machine,
        program: probedProgram(image),
        comm: basename(path).slice(0, 15),
        compat: "strict",
        hit: (core, line, { id }, values) => {
          this.#place = { core, ip: core.cells[PC]! >>> 0, line };
          this.#probeSources.get(id)?.happened(values);
        },
      });
      this.#probes = { machine: made, files: new ProbeFiles(made.events, () => recorder.clock() / 1e9) };
    }
    return this.#probes;
  }

  #probeEvents(): Iterable<EventNode> {
    if (this.#probes === undefined) return [];
    const { machine, files } = this.#probes;
    const { image } = this.#options;
    const sources = files.events.map(({ id, system, name, definition }): [number, EventSource] => {
      const found = this.#probeSources.get(id);
      if (found !== undefined) return [id, found];
      const made = new EventSource(definition, {
        control: this.#control(),
        context: () => this.#contextOf(this.#place!.core),
        record: () => {
          const { core, line = "" } = this.#place!;
          const text = line.slice(`${name}: `.length);
          this.#add(core, name, text);
        },
        register: (on) => machine.events.enable(system, name, on),
        pids: this.tree.pids,
        functionOf: functionOf(image),
      });
      return [id, made];
    });
    this.#probeSources = new Map(sources);
    return this.#probeSources.values();
  }

  #contextOf(core: RunCore): EventContext {
    const { recorder } = this.#options;
    return { cpu: core.index, ...recorder.task(core), time: recorder.clock() };
  }

  #record(core: RunCore, { definition, values }: RecordedEvent): void {
    const { recorder } = this.#options;
    const { ip, ...registers } = values;
    const fields = Object.entries(registers).map(([name, value]) => `${name}=0x${Number(value).toString(16)}`);
    const text = `(${recorder.place(Number(ip))}) ${fields.join(" ")}`;
    this.#add(core, definition.name, text);
  }

  #add(core: RunCore, name: string, text: string): void {
    const { recorder } = this.#options;
    recorder.add(core, (at) => ({ ...at, kind: "event", name, text }));
    if (recorder.options.has("stacktrace")) this.#recordStack();
  }

  #recordStack(): void {
    if (this.#place !== undefined) this.tracer?.recordStackAt(this.#place.core, this.#place.ip);
  }

  #control(): TraceControl {
    const { recorder } = this.#options;
    return {
      get tracing() {
        return recorder.on;
      },
      set tracing(on) {
        recorder.on = on;
      },
      snapshot: () => recorder.snapshot(),
      stacktrace: () => this.#recordStack(),
      event: (system, event) => this.tree.event(system, event),
    };
  }
}

function nameOf({ system, name }: { readonly system: string; readonly name: string }): string {
  return `${system}:${name}`;
}
