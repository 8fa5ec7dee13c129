import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, extname } from "node:path";
import type { ElfImage } from "@cmodx/elf";
import { CmodxError } from "@cmodx/errors";
import {
  costLine,
  createTracefs,
  FilterFile,
  type FilterKind,
  MachineTracer,
  Recorder,
  type Tracefs,
} from "@cmodx/ftrace";
import type { Machine } from "@cmodx/machine/run";
import { type ImageLabels, labelsOf, MachineKeys, type StaticKey } from "@cmodx/static-keys";
import { chromeJson, perfetto, type Recording } from "@cmodx/trace";
import { named } from "../audit/read-report.js";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { keysNamed } from "../patch/patch-image.js";
import { RunEvents } from "./event-mounts.js";
import type { TracingOptions } from "./options.js";

/** Something that is due at a time of the machine. */
interface Due {
  readonly time: number;
  readonly act: () => void;
}

/** What a run is traced by: the function tracers, events, probes, and what is switched on the way. */
export class RunTracing {
  readonly #options: TracingOptions;
  readonly #recorder: Recorder;
  readonly #labels: ImageLabels | undefined;
  readonly #events: RunEvents;
  readonly #tracer: MachineTracer | undefined;
  readonly #tracefs: Tracefs | undefined;
  #due: Due[] = [];

  constructor(machine: Machine, image: ElfImage, bytes: Uint8Array, path: string, options: TracingOptions) {
    this.#options = options;
    const recorder = new Recorder(machine, image, basename(path));
    this.#recorder = recorder;
    const { trace, patching, write, read, key, event } = options;
    const usesFiles = write.length + read.length > 0;
    this.#labels = readLabels(image, bytes, path, key.length + event.length > 0, usesFiles);
    // The table is the image's; the sites are switched in the machine's own memory.
    const switches = new MachineKeys(machine, this.#labels?.entries ?? []);
    const keys = this.#labels?.keys ?? [];
    this.#events = new RunEvents({ machine, image, path, recorder, keys, switches });
    if (trace !== undefined || patching !== undefined || usesFiles) {
      this.#tracer = named(path, () => new MachineTracer({ machine, image, recorder, ...(patching && { patching }) }));
      this.#events.tracer = this.#tracer;
      if (usesFiles) this.#tracefs = createTracefs(this.#tracer, recorder, { mounts: this.#events.mounts });
      this.#traceFunctions(this.#tracer);
    }
    for (const one of key) {
      for (const found of this.#named("--key", one.name))
        this.#due.push({ time: one.time, act: () => switches.switch(found, one.on) });
    }
    for (const name of event) for (const found of this.#named("--event", name)) this.#events.enableKey(found);
    for (const line of options.kprobe) this.#probe("--kprobe", line);
    for (const line of options.kretprobe) this.#probe("--kretprobe", line);
    for (const { path: file, text, append, time } of write)
      this.#due.push({ time, act: () => this.#writeFile(file, text, append) });
    this.#due.sort((a, b) => a.time - b.time);
    this.doWhatIsDue();
  }

  /** Whether there is something to show when the run is over. */
  get traces(): boolean {
    const { trace, event, kprobe, kretprobe, write } = this.#options;
    return trace !== undefined || event.length + kprobe.length + kretprobe.length + write.length > 0;
  }

  /** Instructions that may be executed before the next thing is due. */
  get untilNextDue(): number {
    const [next] = this.#due;
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(1, next.time - this.#recorder.clock());
  }

  /** Switches the keys and writes the files whose time has come. */
  doWhatIsDue(): void {
    for (let [next] = this.#due; next !== undefined && next.time <= this.#recorder.clock(); [next] = this.#due) {
      this.#due.shift();
      next.act();
    }
  }

  get recording(): Recording {
    return this.#recorder.recording(this.#tracer?.tracer ?? "nop");
  }

  /** The recording as tracefs shows it, by its options. */
  get text(): Iterable<string> {
    return this.#recorder.text(this.recording);
  }

  /** The files that were asked for at the end, by their names. */
  files(): Record<string, string> {
    const { read } = this.#options;
    return Object.fromEntries(
      read.map((path) => {
        const text = this.#tracefs?.read(path);
        if (text === undefined)
          throw new UsageError(`--read ${path}`, "is no file that can be read", this.#filesHint());
        return [path, text];
      }),
    );
  }

  /** What triggers dumped. */
  get console(): readonly string[] {
    return this.#recorder.console;
  }

  /** What patching cost, where a way was asked for. */
  get cost(): string | undefined {
    const { patching } = this.#options;
    if (patching === undefined || this.#tracer === undefined) return undefined;
    return `patching ${patching}: ${costLine(this.#tracer.patchingCost)}`;
  }

  #traceFunctions(tracer: MachineTracer): void {
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
    tracer.tracer = this.#options.trace ?? "nop";
  }

  #writeFile(path: string, text: string, append: boolean): void {
    const answer = this.#tracefs?.write(path, `${text}\n`, { append }) ?? "-ENOENT";
    if (answer === "ok") return;
    const log = this.#tracefs?.read("error_log");
    const known = log === undefined || log === "" ? `is refused with ${answer}` : errorOf(log);
    // A refused filter is read back with a caret.
    const [, before, words] = /^( *)\^\nparse_error: (.*)$/m.exec(this.#tracefs?.read(path) ?? "") ?? [];
    const what = words === undefined ? known : `${words}, at column ${(before ?? "").length + 1}`;
    throw new UsageError(`--write ${path}${append ? "+" : ""}=${text}`, what, this.#filesHint());
  }

  #filesHint(): string {
    const paths = (this.#tracefs?.paths ?? []).filter((path) => !path.startsWith("/")).slice(0, 6);
    return `there are ${paths.join(", ")}, …`;
  }

  #probe(option: string, line: string): void {
    const refused = this.#events.addProbe(line);
    if (refused === undefined) return;
    throw new UsageError(
      `${option} '${line}'`,
      errorOf(refused),
      "write it as a line of kprobe_events: p:ev work+0x12 %r0, r:ret work $retval",
    );
  }

  #named(option: string, name: string): StaticKey[] {
    if (this.#labels === undefined) return [];
    return keysNamed(this.#labels, name, option);
  }
}

/** The last error of a log, in its own words. */
function errorOf(log: string): string {
  const [, why = log] = [...log.matchAll(/error: (.*)\n/g)].at(-1) ?? [];
  return why.replace(/\.$/, "");
}

/** The keys that are asked for; where only files are, a program without any has none. */
function readLabels(
  image: ElfImage,
  bytes: Uint8Array,
  path: string,
  asked: boolean,
  usesFiles: boolean,
): ImageLabels | undefined {
  if (asked) return named(path, () => labelsOf(image, bytes));
  if (!usesFiles) return undefined;
  try {
    return labelsOf(image, bytes);
  } catch (error) {
    if (error instanceof CmodxError) return undefined;
    throw error;
  }
}

/** Writes a recording to a file, as its name asks, beside it first and then in its place. */
export function writeTrace({ recording, text }: RunTracing, file: string): void {
  const chunks = chunksOf(recording, file, text);
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

/** @param text - the recording as text. @throws {UsageError} for a name that tells no format */
export function chunksOf(
  recording: Recording,
  file: string,
  text: Iterable<string> = [],
): Iterable<string | Uint8Array> {
  switch (extname(file)) {
    case ".txt":
      return joined(text);
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
export function printTrace({ text }: RunTracing, io: Io): void {
  for (const piece of joined(text)) io.out(piece);
}
