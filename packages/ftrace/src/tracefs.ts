import type { SoftEvent, TraceFile, WriteAnswer } from "@cmodx/trace";
import type { MachineTracer } from "./machine-tracer.js";
import { markerFiles } from "./marker-files.js";
import type { Recorder } from "./recorder.js";
import { tracerFiles } from "./tracer-files.js";

/** Files of another package, such as `events/…` and `kprobe_events`; which there are may change as events come and go. */
export interface TraceMount {
  readonly paths: readonly string[];
  file(path: string): TraceFile | undefined;
  /** The event that a function's trigger may switch. */
  event?(system: string, name: string): SoftEvent | undefined;
}

/** The files by which a tracer is told what to do, by their paths below `/sys/kernel/tracing`; from `/` on where they are elsewhere. */
export interface Tracefs {
  /** The file's text; undefined where there is no such file, or none that is read. */
  read(path: string): string | undefined;
  /** `echo text > path`, or with `append` `echo text >> path`. */
  write(path: string, text: string, options?: { readonly append?: boolean }): WriteAnswer;
  /** Adds one file. */
  mount(path: string, file: TraceFile): void;
  /** Paths of all files, sorted. */
  readonly paths: readonly string[];
}

/** What a {@link createTracefs} has besides the tracer's own files. */
export interface TracefsOptions {
  readonly mounts?: readonly TraceMount[];
}

/**
 * The tracing file system of a machine's tracer. A path that several have is the tracer's own, then the first mount's; the lines of
 * `available_events` and `set_event` are those of all that have them, and a write goes to the first that takes it.
 *
 * @param tracer - of the machine whose files these are
 * @param recorder - where the tracer's entries are
 * @param options - further parts of the tree: events, kprobes
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
 * import { Machine } from "@cmodx/machine/run";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const machine = new Machine();
 * LinuxUser.start(machine, programOf(image), { args: ["sites"], output: () => undefined });
 * const recorder = new Recorder(machine, image, "sites");
 * const tracefs = createTracefs(new MachineTracer({ machine, image, recorder }), recorder);
 * tracefs.write("set_ftrace_filter", "square\n"); // "ok"
 * tracefs.write("current_tracer", "function\n"); // "ok"
 * machine.run();
 * tracefs.read("trace")?.includes("square <-work"); // true
 * ```
 *
 * @see linux Documentation/trace/ftrace.rst
 */
export function createTracefs(
  tracer: MachineTracer,
  recorder: Recorder,
  { mounts = [] }: TracefsOptions = {},
): Tracefs {
  const event = (system: string, name: string) => first(mounts, (mount) => mount.event?.(system, name));
  const own = new Map<string, TraceFile>(
    Object.entries({ ...tracerFiles(tracer, recorder, event), ...markerFiles(recorder, event) }),
  );
  const find = (path: string) => own.get(path) ?? joined(mounts.flatMap((mount) => mount.file(path) ?? []));
  return {
    read: (path) => find(path)?.read?.(),
    write: (path, text, { append = false } = {}) => {
      const file = find(path);
      if (file === undefined) return "-ENOENT";
      return file.write?.(text, append) ?? "-EACCES";
    },
    mount: (path, file) => {
      own.set(path, file);
    },
    get paths() {
      return [...new Set([...own.keys(), ...mounts.flatMap(({ paths }) => paths)])].toSorted();
    },
  };
}

/** Several files of one path as one. */
function joined(files: readonly TraceFile[]): TraceFile | undefined {
  const [only, second] = files;
  if (only === undefined || second === undefined) return only;
  return {
    read: () => files.map((file) => file.read?.() ?? "").join(""),
    write: (text, append) => {
      let answer: WriteAnswer = "-EINVAL";
      for (const file of files) {
        answer = file.write?.(text, append) ?? "-EACCES";
        if (answer === "ok") break;
      }
      return answer;
    },
  };
}

function first<T, R>(values: readonly T[], of: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = of(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
