import { createTracefs } from "@cmodx/ftrace";
import { profiles } from "@cmodx/machine/run";
import { describe, expect, test } from "vitest";
import { assembledProgram, mcount } from "./assembled-program.js";

const ROUNDS = 60;
/** Each core calls `outer`, which calls `inner`, sixty times, and counts in r6 and r7 what they return. */
const source = `
main:
  mov r5, #${ROUNDS}
  mov r6, #0
  mov r7, #0
again:
  bl f_outer
  add r7, r7, r0
  subs r5, r5, #1
  bne again
  b done
f_outer:
  ${mcount("push {r4, lr}")}
  mov r4, r5
  mov r0, r5
  bl f_inner
  add r0, r0, r4
  pop {r4, pc}
f_inner:
  ${mcount()}
  add r6, r6, #1
  add r0, r0, #1
  bx lr
`;

const cores = 4;
const sum = ROUNDS * (ROUNDS + 1) + ROUNDS;

describe.each(["a32", "t32"] as const)("%s", (isa) => {
  describe.each(["linux", "live"] as const)("%s", (patching) => {
    const result = ({ machine }: ReturnType<typeof assembledProgram>) =>
      machine.cores.map(({ cells }) => [cells[6], cells[7], cells[13]]);
    const right = Array.from({ length: cores }, (_, i) => [ROUNDS, sum, 0x20000 + 0x1000 * (i + 1)]);

    test("tracing starts, stops and is filtered anew while four cores execute, and nothing else changes", () => {
      for (const execution of ["compiled", "interpreted"] as const) {
        const made = assembledProgram(isa, source, { cores, patching, execution });
        const tracefs = createTracefs(made.tracer, made.recorder);
        const writes = [
          ["current_tracer", "function"],
          ["set_ftrace_filter", "inner"],
          ["current_tracer", "nop"],
          ["set_ftrace_filter", "out*"],
          ["current_tracer", "function_graph"],
          ["set_ftrace_filter", ""],
          ["function_profile_enabled", "1"],
          ["current_tracer", "nop"],
          ["function_profile_enabled", "0"],
          ["set_ftrace_filter", "inner:stacktrace"],
        ] as const;
        for (const [i, [path, text]] of writes.entries()) {
          made.machine.run({ instructions: 150, schedule: { kind: "random", quantum: 5 }, seed: i });
          expect([path, text, tracefs.write(path, `${text}\n`)]).toEqual([path, text, "ok"]);
        }
        made.finish();
        expect(result(made)).toEqual(right);
        expect(made.tracer.ftrace.bug).toBeUndefined();
        const told = new Set(made.entries().map(({ kind }) => kind));
        expect([...told].toSorted()).toEqual(["entry", "exit", "function", "stack"]);
      }
    });

    test("what is traced from the beginning to the end is told to the last call", () => {
      const made = assembledProgram(isa, source, { cores, patching });
      // Nobody has begun when tracing does.
      for (const core of made.machine.cores) core.waiting = true;
      made.tracer.tracer = "function";
      for (const core of made.machine.cores) core.waiting = false;
      made.finish();
      expect(result(made)).toEqual(right);
      const names = made.entries().map((entry) => (entry.kind === "function" ? `${entry.name} <-${entry.parent}` : ""));
      expect(names.filter((name) => name === "outer <-main")).toHaveLength(ROUNDS * cores);
      expect(names.filter((name) => name === "inner <-outer")).toHaveLength(ROUNDS * cores);
    });

    test("through caches that keep old instructions a core still executes an old or a new call", () => {
      for (let seed = 0; seed < 4; seed++) {
        const made = assembledProgram(isa, source, { cores, patching, seed, caches: profiles["cortex-a9-like"]! });
        for (let i = 0; i < 12; i++) {
          made.machine.run({ instructions: 90, schedule: { kind: "random", quantum: 5 }, seed: seed * 100 + i });
          made.tracer.tracer = (["function", "nop", "function_graph"] as const)[i % 3]!;
        }
        made.tracer.tracer = "nop";
        const before = made.entries().filter(({ kind }) => kind !== "exit").length;
        made.finish(seed);
        expect(result(made)).toEqual(right);
        // When the command is done every core has fetched afresh: nobody calls the tracer any more.
        expect(made.entries().filter(({ kind }) => kind !== "exit")).toHaveLength(before);
      }
    });
  });

  test("live stops nobody; Linux stops three cores for each command", () => {
    const costs = (["linux", "live"] as const).map((patching) => {
      const { machine, tracer } = assembledProgram(isa, source, { cores, patching });
      machine.run({ instructions: 200, schedule: { kind: "random", quantum: 5 } });
      tracer.tracer = "function";
      tracer.tracer = "nop";
      return tracer.patchingCost;
    });
    const [linux, live] = costs as [(typeof costs)[0], (typeof costs)[0]];
    expect([linux.stops, linux.ipis]).toEqual([2, 6]);
    expect([live.stops, live.stalled]).toEqual([0, 0]);
    expect(linux.stalled).toBeGreaterThan(0);
    expect(Object.keys(live.plans)).not.toContain("stop-machine");
    expect(Object.keys(linux.plans)).toEqual(["stop-machine"]);
  });

  test("under Linux' stop whoever executes sees the old site until all have stopped, and then the new one", () => {
    const { machine, tracer, at } = assembledProgram(isa, source, { cores });
    machine.run({ instructions: 200, schedule: { kind: "random", quantum: 5 } });
    const { ip } = tracer.ftrace.records[0]!;
    const word = () => Buffer.from(machine.memory.read(ip, 4)).toString("hex");
    // What whoever executes sees, each time that it is another than before.
    const seen: string[] = [];
    const look = () => {
      if (seen.at(-1) !== word()) seen.push(word());
    };
    for (const name of ["again", "f_inner", "f_outer"]) machine.setBreakpoint(at(name), look);
    const before = word();
    tracer.tracer = "function";
    machine.run({ instructions: 200, schedule: { kind: "random", quantum: 5 } });
    expect(seen).toEqual([before, word()]);
    expect(word()).not.toBe(before);
  });

  test("the way can be changed while nobody traces", () => {
    const made = assembledProgram(isa, source, { cores });
    const { tracer } = made;
    tracer.tracer = "function";
    expect(tracer.setPatching("live")).toBe("-EBUSY");
    tracer.tracer = "nop";
    /** Whoever is in the middle of a site must leave it first. */
    const change = (to: "linux" | "live") => {
      let answer = tracer.setPatching(to);
      for (let i = 0; answer === "-EBUSY" && i < 500; i++) {
        made.machine.run({ instructions: 4, schedule: { kind: "random", quantum: 3 }, seed: i });
        answer = tracer.setPatching(to);
      }
      expect([answer, tracer.ftrace.bug]).toEqual(["ok", undefined]);
    };
    change("live");
    expect(tracer.patching).toBe("live");
    tracer.tracer = "function";
    made.machine.run({ instructions: 2000, schedule: { kind: "random", quantum: 5 } });
    tracer.tracer = "nop";
    change("linux");
    expect(tracer.patching).toBe("linux");
    tracer.tracer = "function_graph";
    made.finish();
    expect(made.machine.cores.map(({ cells }) => cells[7])).toEqual([sum, sum, sum, sum]);
    expect(tracer.patchingCost.stops).toBeGreaterThan(0);
  });
});
