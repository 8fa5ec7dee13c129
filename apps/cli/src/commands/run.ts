import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { cyclesOf, Machine, profiles, type RunReport, type Schedule } from "@cmodx/machine/run";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { readBytes } from "../input/bytes.js";
import { count } from "../input/numbers.js";
import { type TracingOptions, withTracingOptions } from "../run/options.js";
import { chunksOf, printTrace, RunTracing, writeTrace } from "../run/tracing.js";

interface Options extends TracingOptions {
  readonly cores: number;
  readonly seed: number;
  readonly profile?: string;
  readonly instructions?: number;
  readonly timeout?: number;
  readonly json?: true;
}

const mostInstructions = 2 ** 50;

export const verb: Verb = {
  examples: [
    "cmodx run samples/sites-arm.elf",
    "cmodx run samples/sites-thumb2.elf --trace function_graph --filter 'w*' --event trace_key",
  ],
  configure(command: Command, io: Io) {
    withTracingOptions(command)
      .argument("<image>", "a static ARM program (ELF); its system calls are Linux's")
      .argument("[args...]", "what the program is given, after --")
      .option("--cores <n>", "cores of the machine; a thread of the program is another core", count(1, 64), 1)
      .option("--seed <n>", "of the schedule: the same seed gives the same run", count(0, 2 ** 31 - 1), 0)
      .addOption(
        new Option("--profile <name>", "caches, store buffers and prefetch of a kind of core").choices(
          Object.keys(profiles),
        ),
      )
      .option("--instructions <n>", "stop after so many, of all cores together", count(1, mostInstructions))
      .option("--timeout <seconds>", "stop after so long", count(1, 86_400))
      .option("--json", "print one JSON document, with what the program wrote in it");
    return async (file: string, args: string[], options: Options): Promise<Exit> => {
      const bytes = await readBytes(file, io);
      const image = openElf(memorySource(bytes));
      if (image.header.type !== "EXEC" || image.segments.length === 0)
        throw new UsageError(file, `is ${image.header.type}, no static program`, "link it with -static -no-pie");
      const run = new Run(io, options.json === true);
      const { cores, seed, profile } = options;
      const caches = profile === undefined ? undefined : profiles[profile];
      const machine = new Machine({ cores, seed, ...(caches === undefined ? {} : { caches }) });
      const linux = LinuxUser.start(machine, programOf(image), {
        args: [file, ...args],
        output: (descriptor, written) => run.write(descriptor, written),
      });
      if (options.traceOut !== undefined) chunksOf(EMPTY, options.traceOut);
      if (linux === "no room") throw new UsageError(file, "does not fit into 256 MiB", "run a smaller program");
      const tracing = new RunTracing(machine, image, bytes, file, options);
      const report = go(machine, tracing, options, io);
      if (linux.refusedThreads > 0) {
        const needed = options.cores + linux.refusedThreads;
        io.note(`cmodx: run: ${linux.refusedThreads} of its threads found no core; run it with --cores ${needed}\n`);
      }
      const files = tracing.files();
      if (tracing.traces) showTrace(tracing, options, io);
      if (options.json !== true) for (const text of Object.values(files)) io.out(text);
      for (const dumped of tracing.console) io.note(dumped);
      if (tracing.cost !== undefined) io.note(`cmodx: run: ${tracing.cost}\n`);
      run.end(report, linux.exitCode, machine, tracing, files);
      if (io.signal.aborted) return EXIT.interrupted;
      return linux.exitCode === 0 ? EXIT.good : EXIT.bad;
    };
  },
};

/** For asking whether a file's name tells a format before anything runs. */
const EMPTY = { tracer: "nop", cores: 0, entries: [], count: { inBuffer: 0, written: 0 } };

/** The trace goes to its file, or behind what the program printed; a JSON document has it inside. */
function showTrace(tracing: RunTracing, { traceOut, json }: Options, io: Io): void {
  if (traceOut !== undefined) writeTrace(tracing, traceOut);
  else if (json !== true) printTrace(tracing, io);
}

const slice = 20_000_000;

/** Runs in slices, so that Ctrl-C is seen between them. */
function go(
  machine: Machine,
  tracing: RunTracing,
  { seed, instructions = mostInstructions, timeout, cores }: Options,
  io: Io,
): RunReport {
  const schedule: Schedule | undefined = cores === 1 ? undefined : { kind: "random", quantum: 2000 };
  const until = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + 1000 * timeout;
  let done = 0;
  for (let turn = 0; ; turn++) {
    const seconds = Math.min(0.5, (until - Date.now()) / 1000);
    const report = machine.run({
      ...(schedule === undefined ? {} : { schedule }),
      seed: seed + turn,
      instructions: Math.min(slice, instructions - done, tracing.untilNextDue),
      seconds,
    });
    done += report.instructions;
    tracing.doWhatIsDue();
    const over = done >= instructions || Date.now() >= until || io.signal.aborted;
    if (report.end !== "budget" || over) return { ...report, instructions: done };
  }
}

/** What a profile's caches counted. */
function countersOf(machine: Machine, core: number): { counters?: Record<string, number> } {
  const counters = machine.caches?.counters[core];
  return counters === undefined ? {} : { counters: { ...counters, cycles: cyclesOf(machine.cores[core]!, counters) } };
}

/** What the program writes goes out as it comes, or into the document. */
class Run {
  readonly #io: Io;
  readonly #json: boolean;
  readonly #decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
  readonly #written = { 1: "", 2: "" };

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  write(descriptor: 1 | 2, bytes: Uint8Array): void {
    const text = this.#decoders[descriptor].decode(bytes, { stream: true });
    if (this.#json) this.#written[descriptor] += text;
    else if (descriptor === 1) this.#io.out(text);
    else this.#io.note(text);
  }

  end(
    report: RunReport,
    exitCode: number | undefined,
    machine: Machine,
    tracing: RunTracing,
    files: Readonly<Record<string, string>>,
  ): void {
    const { end, reason, core, pc, instruction, address, instructions } = report;
    if (!this.#json) {
      if (exitCode !== 0) this.#io.note(`cmodx: run: ${exitCode === undefined ? reason : `exit code ${exitCode}`}\n`);
      return;
    }
    const document = {
      schema: "cmodx/run/1",
      end,
      exitCode: exitCode ?? null,
      reason,
      at: { core, pc, instruction, address: address ?? null },
      stdout: this.#written[1],
      stderr: this.#written[2],
      instructions,
      trace: tracing.traces ? { tracer: tracing.recording.tracer, entries: [...tracing.recording.entries] } : null,
      ...(Object.keys(files).length === 0 ? {} : { files }),
      ...(tracing.cost === undefined ? {} : { patching: tracing.cost }),
      cores: machine.cores.map((one) => ({
        instructions: one.instructions,
        isa: one.isa,
        registers: [...one.cells.subarray(0, 16)].map((value) => value >>> 0),
        ...countersOf(machine, one.index),
      })),
    };
    this.#io.out(`${JSON.stringify(document)}\n`);
  }
}
