import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, extname } from "node:path";
import type { ElfImage } from "@cmodx/elf";
import { FilterFile, type FilterKind, MachineTracer, Recorder } from "@cmodx/ftrace";
import { MachineProbes, probedProgram } from "@cmodx/kprobes";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { type ImageLabels, labelsOf, MachineKeys, type StaticKey } from "@cmodx/static-keys";
import { chromeJson, perfetto, type Recording, type TraceEntry, traceText } from "@cmodx/trace";
import { named } from "../audit/read-report.js";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { keysNamed } from "../patch/patch-image.js";
import type { KeyAt, TracingOptions } from "./options.js";

/** What a run is traced by: the function tracers, tracepoints, and static keys that are switched on the way. */
export class RunTracing {
  readonly #machine: Machine;
  readonly #options: TracingOptions;
  readonly #recorder: Recorder;
  readonly #labels: ImageLabels | undefined;
  readonly #keysOf: MachineKeys;
  #keys: KeyAt[];

  constructor(machine: Machine, image: ElfImage, bytes: Uint8Array, path: string, options: TracingOptions) {
    this.#machine = machine;
    this.#options = options;
    this.#recorder = new Recorder(machine, image, basename(path));
    const wantsKeys = options.key.length > 0 || options.event.length > 0;
    this.#labels = wantsKeys ? named(path, () => labelsOf(image, bytes)) : undefined;
    // The table is the image's; the sites are switched in the machine's own memory.
    this.#keysOf = new MachineKeys(machine, this.#labels?.entries ?? []);
    this.#keys = options.key.toSorted((a, b) => a.time - b.time);
    for (const { name } of this.#keys) this.#named("--key", name);
    if (options.trace !== undefined) this.#traceFunctions(image, path, options.trace);
    for (const name of options.event) this.#traceEvent(name);
    this.#probe(image, path, [
      ...options.kprobe.map((line) => ["--kprobe", line] as const),
      ...options.kretprobe.map((line) => ["--kretprobe", line] as const),
    ]);
    this.switchKeys();
  }

  /** Whether there is something to show when the run is over. */
  get traces(): boolean {
    const { trace, event, kprobe, kretprobe } = this.#options;
    return trace !== undefined || event.length + kprobe.length + kretprobe.length > 0;
  }

  /** Instructions that may be executed before the next key is due. */
  get untilNextKey(): number {
    return this.#keys.length === 0
      ? Number.POSITIVE_INFINITY
      : Math.max(1, this.#keys[0]!.time - this.#recorder.clock());
  }

  /** Switches the keys whose time has come. */
  switchKeys(): void {
    const now = this.#recorder.clock();
    const due = this.#keys.filter(({ time }) => time <= now);
    this.#keys = this.#keys.filter(({ time }) => time > now);
    for (const { name, on } of due) for (const key of this.#named("--key", name)) this.#keysOf.switch(key, on);
  }

  get recording(): Recording {
    return this.#recorder.recording(this.#options.trace ?? "nop");
  }

  #traceFunctions(image: ElfImage, path: string, name: "function" | "function_graph"): void {
    const tracer = named(path, () => new MachineTracer({ machine: this.#machine, image, recorder: this.#recorder }));
    const filter = (kind: FilterKind, words: readonly string[]) => {
      if (words.length === 0) return;
      const file = new FilterFile(tracer.ftrace, tracer.ops, kind);
      for (const [i, word] of words.entries()) {
        if (file.write(word, i > 0) === "ok") continue;
        const some = tracer.functions.slice(0, 5).join(", ");
        throw new UsageError(
          `--${kind} ${word}`,
          "names no traced function",
          `the program has ${some}${tracer.functions.length > 5 ? ", …" : ""}`,
        );
      }
    };
    filter("filter", this.#options.filter);
    filter("notrace", this.#options.notrace);
    tracer.tracer = name;
  }

  /** A tracepoint is a static branch: when it is taken, its event has happened. */
  #traceEvent(name: string): void {
    for (const key of this.#named("--event", name)) {
      this.#keysOf.switch(key, true);
      this.#keysOf.listen(key, (core, { code }) => {
        const where = this.#recorder.place(code);
        this.#recorder.add(core, (at) => event(at, name, where, core));
      });
    }
  }

  #probe(image: ElfImage, path: string, lines: readonly (readonly [option: string, line: string])[]): void {
    if (lines.length === 0) return;
    const probes = new MachineProbes({
      machine: this.#machine,
      program: probedProgram(image),
      comm: basename(path).slice(0, 15),
      compat: "strict",
      hit: (core, line) => {
        const [name = "", text = ""] = /^([^:]*): (.*)$/s.exec(line)?.slice(1) ?? [];
        this.#recorder.add(core, (at) => ({ ...at, kind: "event", name, text }));
      },
    });
    for (const [option, line] of lines) {
      const refused = probes.add(line);
      if (refused === undefined) continue;
      const [, why = refused] = /error: (.*)\n/.exec(refused) ?? [];
      throw new UsageError(
        `${option} '${line}'`,
        why.replace(/\.$/, ""),
        "write it as a line of kprobe_events: p:ev work+0x12 %r0, r:ret work $retval",
      );
    }
  }

  #named(option: string, name: string): StaticKey[] {
    if (this.#labels === undefined) return [];
    return keysNamed(this.#labels, name, option);
  }
}

function event(
  at: Pick<TraceEntry, "core" | "time" | "task">,
  name: string,
  where: string,
  { cells }: RunCore,
): TraceEntry {
  const registers = [0, 1, 2, 3].map((n) => `r${n}=0x${(cells[n]! >>> 0).toString(16)}`);
  return { ...at, kind: "event", name, text: `(${where}) ${registers.join(" ")}` };
}

/** Writes a recording to a file, as its name asks, beside it first and then in its place. */
export function writeTrace(recording: Recording, file: string): void {
  const chunks = chunksOf(recording, file);
  const beside = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(beside, "w");
  try {
    for (const chunk of chunks) writeSync(descriptor, typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    closeSync(descriptor);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** @throws {UsageError} for a name that tells no format */
export function chunksOf(recording: Recording, file: string): Iterable<string | Uint8Array> {
  switch (extname(file)) {
    case ".txt":
      return joined(traceText(recording));
    case ".json":
      return joined(chromeJson(recording));
    case ".pftrace":
      return perfetto(recording);
    default:
      throw new UsageError(`--trace-out ${file}`, "its name tells no format", "use .txt, .json or .pftrace");
  }
}

/** Lines in larger pieces: a system call for each would take most of the time. */
function* joined(lines: Iterable<string>): Generator<string> {
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < 1 << 16) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

/** Prints a recording as tracefs shows it. */
export function printTrace(recording: Recording, io: Io): void {
  for (const piece of joined(traceText(recording))) io.out(piece);
}
