import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { createTracefs, MachineTracer, Recorder, type RecorderOptions, type TraceMount } from "@cmodx/ftrace";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";

/** A sample program on a machine with its tracing files, as a shell would use them. */
export function tracedSample(
  sample = "sites-arm.elf",
  mounts: readonly TraceMount[] = [],
  options: RecorderOptions = {},
) {
  const image = openElf(memorySource(readFileSync(new URL(`../../../samples/${sample}`, import.meta.url))));
  const machine = new Machine();
  let output = "";
  LinuxUser.start(machine, programOf(image), {
    args: ["p"],
    output: (_: number, written: Uint8Array) => {
      output += new TextDecoder().decode(written);
    },
  });
  const recorder = new Recorder(machine, image, "sites", options);
  const tracer = new MachineTracer({ machine, image, recorder });
  const tracefs = createTracefs(tracer, recorder, { mounts });
  const echo = (text: string, path: string, append = false) => tracefs.write(path, `${text}\n`, { append });
  const cat = (path: string) => tracefs.read(path) ?? "";
  /** Lines of the trace that are no comments. */
  const lines = (path = "trace") =>
    cat(path)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  /** Until the functions were called so often, all together. */
  const until = (name: string, times: number) => {
    let calls = 0;
    const record = tracer.ftrace.records.find((each) => each.name === name)!;
    const hit = () => void calls++;
    machine.setBreakpoint(record.ip + 4, hit);
    while (calls < times && machine.run({ instructions: 1 }).end === "budget");
    machine.clearBreakpoint(record.ip + 4, hit);
    return calls;
  };
  return { machine, tracer, recorder, tracefs, echo, cat, lines, until, output: () => output };
}

/** What the samples call, in order. */
export const CALLS = ["work", "setup", "square", "triangle", "gather", "mix", "triangle", "square"] as const;
