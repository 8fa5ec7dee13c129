import { type Command, InvalidArgumentError, Option } from "commander";

/** A key to be switched, and when. */
interface KeyAt {
  readonly name: string;
  readonly on: boolean;
  /** Nanoseconds of the machine. */
  readonly time: number;
}

/** A file of the tracing file system to be written, and when. */
interface WriteAt {
  readonly path: string;
  readonly text: string;
  /** As with `>>`: what is there stays. */
  readonly append: boolean;
  /** Nanoseconds of the machine. */
  readonly time: number;
}

/** What is to be traced in a run, and where that goes. */
export interface TracingOptions {
  readonly trace?: "function" | "function_graph";
  readonly filter: readonly string[];
  readonly notrace: readonly string[];
  readonly event: readonly string[];
  readonly key: readonly KeyAt[];
  readonly kprobe: readonly string[];
  readonly kretprobe: readonly string[];
  readonly traceOut?: string;
  readonly patching?: "linux" | "live";
  readonly write: readonly WriteAt[];
  readonly read: readonly string[];
}

const collect =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[]): readonly T[] => [...before, read(text)];

export function withTracingOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--trace <tracer>", "trace the program's functions; it is built with -pg").choices([
        "function",
        "function_graph",
      ]),
    )
    .option("--filter <glob>", "only functions whose names match; may be given more than once", collect(String), [])
    .option("--notrace <glob>", "leave these out", collect(String), [])
    .option("--event <name>", "record a tracepoint of the program, by the name of its static key", collect(String), [])
    .option(
      "--key <name=state@time>",
      "switch a static key on or off, at a time of the machine: 0, 500ns, 20us, 3ms",
      collect(keyAt),
      [],
    )
    .option(
      "--kprobe <line>",
      "probe an instruction: a line of kprobe_events, as 'p:ev work+0x12 %r0 +4(%sp):u32'",
      collect(String),
      [],
    )
    .option("--kretprobe <line>", "probe the returns of a function: 'r:ret work $retval'", collect(String), [])
    .option(
      "--write <file=text@time>",
      "write a file of the tracing file system, at a time: 'set_ftrace_filter=mix:stacktrace@20us'; += appends",
      collect(writeAt),
      [],
    )
    .option(
      "--read <file>",
      "print a file of the tracing file system at the end: trace_stat/function0",
      collect(String),
      [],
    )
    .addOption(
      new Option(
        "--patching <way>",
        "how call sites change while cores execute them: as Linux, stopping them all, or live; prints what that cost",
      ).choices(["linux", "live"]),
    )
    .option("--trace-out <file>", "where the trace goes: .txt, .json for chrome://tracing, .pftrace for Perfetto");
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** `FILE=TEXT[@TIME]`, `FILE+=TEXT[@TIME]`. For commander's option parsing. */
function writeAt(written: string): WriteAt {
  const [, path, append = "", text = "", number = "0", unit = "ns"] =
    /^([^=+]+)(\+?)=(.*?)(?:@([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s)?)?$/s.exec(written) ?? [];
  if (path === undefined) throw new InvalidArgumentError("Write it as FILE=TEXT, FILE+=TEXT or FILE=TEXT@20us.");
  return { path, text, append: append === "+", time: nanoseconds(number, unit) };
}

function nanoseconds(number: string, unit: string): number {
  return Math.round(Number(number) * (UNITS[unit] ?? 1));
}

/** `NAME=on|off[@TIME]`. For commander's option parsing. */
function keyAt(text: string): KeyAt {
  const [, name, state, number = "0", unit = "ns"] =
    /^(.+)=(on|off)(?:@([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s)?)?$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("Write it as NAME=on, NAME=off or NAME=on@20us.");
  return { name, on: state === "on", time: nanoseconds(number, unit) };
}
