import { effects, format } from "@cmodx/codec";
import {
  assembleTrampolines,
  DynRecord,
  FilterFile,
  Ftrace,
  FtraceOps,
  ModulePlt,
  type OpsOptions,
  RECORD,
} from "@cmodx/ftrace";
import { applyEdits, bytesMemory, insnIn } from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { assembledProgram, DONE, mcount } from "./assembled-program.js";

const source = `
main: b done
f_F1:
  ${mcount("push {r4, lr}")}
  mov r4, r0
  add r0, r4, #1
  pop {r4, pc}
f_F2:
  ${mcount()}
  add r0, r0, #2
  bx lr
f_tail:
  ${mcount()}
  add r0, r0, #4
  b f_F2
f_outer:
  ${mcount("push {r4, lr}")}
  bl f_F1
  bl f_tail
  pop {r4, pc}
f_jumper:
  ${mcount("push {r4, lr}")}
  mov r8, sp
  bl f_thrower
  pop {r4, pc}
f_thrower:
  ${mcount("push {r4, r5, r6, lr}")}
  bl f_leaper
  pop {r4, r5, r6, pc}
f_leaper:
  ${mcount("push {r4, lr}")}
  mov sp, r8
  mov r0, #9
  pop {r4, pc}
direct:
  add r7, r7, #1
  pop {r6}
  mov ip, lr
  mov lr, r6
  bx ip
elsewhere:
  mov r0, #77
  bx lr
`;

/** The kernel's tests, in which a function is called and counters are looked at. */
function kernel(isa: "a32" | "t32", patching: "linux" | "live" = "linux") {
  const made = assembledProgram(isa, source, { patching });
  const { machine, tracer, at } = made;
  const core = machine.cores[0]!;
  const thumb = isa === "t32" ? 1 : 0;
  const sp = core.cells[13]!;
  const call = (name: string, argument = 0): number => {
    core.cells[0] = argument;
    core.cells[14] = at(DONE) | thumb;
    core.cells[15] = at(`f_${name}`);
    for (let i = 0; i < 500 && core.cells[15]! >>> 0 !== at(DONE); i++) machine.run({ instructions: 1 });
    expect([core.cells[15]! >>> 0, core.cells[13]]).toEqual([at(DONE), sp]);
    return core.cells[0]!;
  };
  const counting = (name: string, options: OpsOptions = {}) => {
    const counter = { hits: 0, ops: new FtraceOps(name, () => counter.hits++, options) };
    return counter;
  };
  const record = (name: string) => tracer.ftrace.records.find((each) => each.name === name)!;
  return { ...made, core, call, counting, record, ftrace: tracer.ftrace };
}

const WAYS = (["a32", "t32"] as const).flatMap((isa) => (["linux", "live"] as const).map((way) => [isa, way] as const));

describe.each(WAYS)("%s, %s", (isa, way) => {
  test.each([{}, { trampoline: true }, { callOps: true }])("the ops matrix, with counts that are exact: %o", (own) => {
    const { ftrace, call, counting, record } = kernel(isa, way);
    for (let round = 0; round < 2; round++) {
      const [p1, p2, p3] = [1, 2, 3].map((i) => counting(`p${i}`, own)) as [Counter, Counter, Counter];
      for (const [counter, names] of [
        [p1, ["F1"]],
        [p2, ["F2"]],
        [p3, ["F1", "F2"]],
      ] as const)
        for (const name of names) counter.ops.filter.add(record(name).ip);
      for (const { ops } of [p1, p2, p3]) expect(ftrace.register(ops)).toBe("ok");
      const hits = () => [p1.hits, p2.hits, p3.hits];
      call("F1");
      expect(hits()).toEqual([1, 0, 1]);
      call("F2");
      expect(hits()).toEqual([1, 1, 2]);
      const dynamic = counting("dynamic", own);
      expect(ftrace.register(dynamic.ops)).toBe("ok");
      call("F1");
      expect(hits()).toEqual([2, 1, 3]);
      expect(dynamic.hits).toBe(1);
      call("F2");
      expect(hits()).toEqual([2, 2, 4]);
      expect(dynamic.hits).toBe(2);
      expect(new FilterFile(ftrace, p3.ops, "filter").write("!F1", true)).toBe("ok");
      call("F1");
      expect(hits()).toEqual([3, 2, 4]);
      call("F2");
      expect(hits()).toEqual([3, 3, 5]);
      expect(dynamic.hits).toBe(4);
      for (const { ops } of [dynamic, p3, p2, p1]) expect(ftrace.unregister(ops)).toBe("ok");
      expect(ftrace.records.every(({ count, target }) => count === 0 && target === undefined)).toBe(true);
      call("F1");
      expect(hits()).toEqual([3, 3, 5]);
    }
  });

  test("one filtered function counts exactly, and another not at all", () => {
    const { ftrace, call, counting, record } = kernel(isa, way);
    const only = counting("only");
    only.ops.filter.add(record("F1").ip);
    ftrace.register(only.ops);
    call("F2");
    expect(only.hits).toBe(0);
    call("F1");
    call("F1");
    expect(only.hits).toBe(2);
    ftrace.unregister(only.ops);
    call("F1");
    expect(only.hits).toBe(2);
  });

  test("a handler is not called for what it calls, unless it protects itself", () => {
    for (const [recursionSafe, expected] of [
      [false, 1],
      [true, 2],
    ] as const) {
      for (const trampoline of [false, true]) {
        const { ftrace, call, record, core } = kernel(isa, way);
        let hits = 0;
        const ops = new FtraceOps(
          "recursive",
          (context) => {
            if (hits++ > 0) return;
            const saved = [...core.cells];
            core.cells[13] = core.cells[13]! - 256;
            ftrace.call(context);
            core.cells.set(saved);
          },
          { recursionSafe, trampoline },
        );
        ops.filter.add(record("F1").ip);
        ftrace.register(ops);
        expect(call("F1", 5)).toBe(6);
        expect([recursionSafe, trampoline, hits]).toEqual([recursionSafe, trampoline, expected]);
      }
    }
  });

  test.each([false, true])(
    "registers are those of before the call, and what is changed is gone on with: %s",
    (trampoline) => {
      const { ftrace, call, record, core, at } = kernel(isa, way);
      const seen: number[][] = [];
      const ops = new FtraceOps(
        "regs",
        ({ registers }) => {
          seen.push([...registers!]);
          registers![0] = 40;
        },
        { saveRegs: true, trampoline },
      );
      ops.filter.add(record("F2").ip);
      ftrace.register(ops);
      for (let n = 1; n < 12; n++) core.cells[n] = 100 + n;
      const sp = core.cells[13]!;
      expect(call("F2", 3)).toBe(42);
      const thumb = isa === "t32" ? 1 : 0;
      expect(seen[0]!.slice(0, 12)).toEqual([3, ...Array.from({ length: 11 }, (_, i) => 101 + i)]);
      expect(seen[0]!.slice(13, 15)).toEqual([sp, at(DONE) | thumb]);
      expect([...core.cells.subarray(1, 12)]).toEqual(Array.from({ length: 11 }, (_, i) => 101 + i));
      const plain = new FtraceOps("plain", ({ registers }) => expect(registers).toBeUndefined());
      plain.filter.add(record("F1").ip);
      ftrace.register(plain);
      call("F1");
    },
  );

  test("an ops with IPMODIFY sends the function elsewhere; two cannot", () => {
    const { ftrace, call, record, at } = kernel(isa, way);
    const thumb = isa === "t32" ? 1 : 0;
    const send = () =>
      new FtraceOps(
        "send",
        ({ registers }) => {
          registers![15] = at("elsewhere") | thumb;
        },
        { ipModify: true },
      );
    const [one, other] = [send(), send()];
    for (const ops of [one, other]) ops.filter.add(record("F2").ip);
    expect([ftrace.register(one), ftrace.register(other)]).toEqual(["ok", "-EBUSY"]);
    expect([call("F2", 3), call("F1", 3)]).toEqual([77, 4]);
    expect(record("F2").has(RECORD.IPMODIFY) && record("F2").has(RECORD.MODIFIED)).toBe(true);
    ftrace.unregister(one);
    expect(call("F2", 3)).toBe(5);
  });

  test("without IPMODIFY a changed PC is not gone on with", () => {
    const { ftrace, call, record, at } = kernel(isa, way);
    const ops = new FtraceOps(
      "regs",
      ({ registers }) => {
        registers![15] = at("elsewhere");
      },
      { saveRegs: true },
    );
    ops.filter.add(record("F2").ip);
    ftrace.register(ops);
    expect(call("F2", 3)).toBe(5);
  });

  test("direct code is called by the site alone, and by the tracer where others look on", () => {
    const { ftrace, call, counting, record, core, at } = kernel(isa, way);
    const direct = new FtraceOps("direct", () => undefined, { direct: at("direct") });
    direct.filter.add(record("F1").ip);
    core.cells[7] = 0;
    expect(ftrace.register(direct)).toBe("ok");
    expect([call("F1", 1), core.cells[7]]).toEqual([2, 1]);
    expect([record("F1").target, record("F1").has(RECORD.DIRECT_EN)]).toEqual([at("direct"), true]);
    const all = counting("all");
    ftrace.register(all.ops);
    expect([call("F1", 1), core.cells[7], all.hits]).toEqual([2, 2, 1]);
    expect(record("F1").has(RECORD.DIRECT_EN)).toBe(false);
    ftrace.unregister(all.ops);
    expect([call("F1", 1), core.cells[7], all.hits]).toEqual([2, 3, 1]);
    ftrace.unregister(direct);
    expect([call("F1", 1), core.cells[7]]).toEqual([2, 3]);
  });

  test("the graph follows calls in calls, the last call of all, and a jump out of several", () => {
    const { tracer, call, entries } = kernel(isa, way);
    tracer.tracer = "function_graph";
    expect(call("outer", 10)).toBe(17);
    const told = () =>
      entries().map((entry) =>
        entry.kind === "entry" || entry.kind === "exit" ? `${entry.kind} ${entry.depth} ${entry.name}` : "",
      );
    expect(told()).toEqual([
      "entry 0 outer",
      "entry 1 F1",
      "exit 1 F1",
      "entry 1 tail",
      "entry 2 F2",
      "exit 2 F2",
      "exit 1 tail",
      "exit 0 outer",
    ]);
    expect(call("jumper")).toBe(9);
    expect(told().slice(8)).toEqual(["entry 0 jumper", "entry 1 thrower", "entry 2 leaper", "exit 0 jumper"]);
    expect(call("outer", 10)).toBe(17);
    expect(told()).toHaveLength(20);
  });

  test("function tracer and profiler go together, each with the filter", () => {
    const { tracer, call, entries } = kernel(isa, way);
    tracer.tracer = "function";
    tracer.profiling = true;
    call("outer");
    expect(entries().map((entry) => entry.kind === "function" && entry.name)).toEqual(["outer", "F1", "tail", "F2"]);
    const rows = () =>
      tracer.profiler
        .text(0)
        .split("\n")
        .slice(2, -1)
        .map((line) => line.trim().split(/\s+/));
    expect(rows().map(([name, hits]) => [name, hits])).toEqual(
      [
        ["outer", "1"],
        ["tail", "1"],
        ["F1", "1"],
        ["F2", "1"],
      ].toSorted(
        (a, b) =>
          Number(rows().find(([name]) => name === b[0])![2]) - Number(rows().find(([name]) => name === a[0])![2]),
      ),
    );
    new FilterFile(tracer.ftrace, tracer.ops, "filter").write("F1");
    tracer.profiling = false;
    call("outer");
    expect(rows().find(([name]) => name === "F1")![1]).toBe("1");
    tracer.profiling = true;
    for (let i = 0; i < 3; i++) call("outer");
    expect(rows().map(([name, hits]) => [name, hits])).toEqual([["F1", "3"]]);
  });
});

type Counter = ReturnType<ReturnType<typeof kernel>["counting"]>;

describe.each(WAYS)("call ops: %s, %s", (isa, way) => {
  test("the only tracer is named in a word of the function; where there are two, or registers are wanted, the list is asked", () => {
    const { ftrace, counting, record, call } = kernel(isa, way);
    const [one, two] = [counting("one", { callOps: true }), counting("two", { callOps: true })];
    for (const { ops } of [one, two]) ops.filter.add(record("F1").ip);
    ftrace.register(one.ops);
    const entry = record("F1").target;
    expect([record("F1").has(RECORD.CALL_OPS_EN), record("F2").has(RECORD.CALL_OPS)]).toEqual([true, false]);
    expect([call("F1", 1), one.hits, two.hits]).toEqual([2, 1, 0]);
    ftrace.register(two.ops);
    expect([call("F1", 1), one.hits, two.hits]).toEqual([2, 2, 1]);
    expect(record("F1").has(RECORD.CALL_OPS)).toBe(false);
    ftrace.unregister(one.ops);
    expect([record("F1").target, call("F1", 1), one.hits, two.hits]).toEqual([entry, 2, 2, 2]);
    // Whoever comes next finds the function's own entry again, with its own number in the word.
    ftrace.unregister(two.ops);
    const next = counting("next", { callOps: true });
    next.ops.filter.add(record("F1").ip);
    ftrace.register(next.ops);
    expect([record("F1").target, call("F1", 1), next.hits, two.hits]).toEqual([entry, 2, 1, 2]);
    const regs = counting("regs", { callOps: true, saveRegs: true });
    regs.ops.filter.add(record("tail").ip);
    ftrace.register(regs.ops);
    expect([call("tail", 1), regs.hits, record("tail").has(RECORD.CALL_OPS)]).toEqual([7, 1, false]);
  });
});

describe("own trampolines", () => {
  test("are called instead of the common entry where an ops is alone, and given back when it goes", () => {
    const { ftrace, counting, record, call, tracer } = kernel("a32");
    const entry = (name: string) => record(name).target;
    const [one, two] = [counting("one", { trampoline: true }), counting("two", { trampoline: true })];
    one.ops.filter.add(record("F1").ip);
    for (const name of ["F1", "F2"]) two.ops.filter.add(record(name).ip);
    ftrace.register(one.ops);
    const own = entry("F1");
    expect(record("F1").has(RECORD.TRAMP_EN)).toBe(true);
    ftrace.register(two.ops);
    expect([record("F1").has(RECORD.TRAMP), record("F2").has(RECORD.TRAMP_EN)]).toEqual([false, true]);
    expect(entry("F1")).not.toBe(own);
    expect(entry("F2")).not.toBe(own);
    call("F1");
    call("F2");
    expect([one.hits, two.hits]).toEqual([1, 2]);
    ftrace.unregister(two.ops);
    expect(entry("F1")).toBe(own);
    // Many come and go, in the room of a few.
    for (let i = 0; i < 200; i++) {
      const next = counting(`next${i}`, { trampoline: true });
      next.ops.filter.add(record("F2").ip);
      ftrace.register(next.ops);
      expect(record("F2").has(RECORD.TRAMP_EN)).toBe(true);
      call("F2");
      expect(next.hits).toBe(1);
      ftrace.unregister(next.ops);
    }
    expect(tracer.ftrace.bug).toBeUndefined();
  });

  test("all sites of a command are one round", () => {
    const memory = bytesMemory(0x8000, new Uint8Array(0x2000));
    const { bytes, code } = assembleTrampolines("a32", 0x9800);
    memory.write(0x9800, bytes);
    const records = Array.from(
      { length: 50 },
      (_, i) => new DynRecord({ isa: "a32", ip: 0x8000 + 16 * i, name: `f${i}` }),
    );
    for (const { ip } of records) memory.write(ip, Uint8Array.of(0, 0, 0, 0xeb));
    const rounds: number[] = [];
    const ftrace = new Ftrace({
      records,
      code: { a32: code },
      patcher: {
        memory,
        patch: (edits) => {
          rounds.push(edits.length);
          applyEdits(edits, memory);
        },
      },
    });
    ftrace.initialise();
    ftrace.register(new FtraceOps("all", () => undefined));
    expect(rounds).toEqual([50, 2, 50]);
  });
});

describe.each(["a32", "t32"] as const)("a module far away: %s", (isa) => {
  const FAR = 0x4000_0000;
  const MODULE = 0x8000;
  const PLT = 0x8800;
  const setUp = (withPlt: boolean) => {
    const memory = bytesMemory(MODULE, new Uint8Array(0x1000));
    const record = new DynRecord({ isa, ip: MODULE, name: "mod", module: "far" });
    const nop = isa === "a32" ? [0x04, 0xd0, 0x8d, 0xe2] : [0x0d, 0xf1, 0x04, 0x0d];
    memory.write(MODULE, Uint8Array.from(nop));
    const plt = new ModulePlt(isa, PLT, [FAR, FAR + 0x100]);
    memory.write(PLT, plt.bytes);
    const ftrace = new Ftrace({
      records: [record],
      code: {
        [isa]: { caller: FAR, regsCaller: FAR + 0x40, ftraceCalls: [], graphCalls: [], stub: 0, listFunction: 0 },
      },
      patcher: { memory, patch: (edits) => applyEdits(edits, memory) },
      ...(withPlt ? { pltOf: (_: DynRecord, target: number) => plt.entryFor(target) } : {}),
    });
    return { memory, record, plt, ftrace };
  };

  test("calls an entry of its PLT", () => {
    const { memory, record, plt, ftrace } = setUp(true);
    ftrace.register(new FtraceOps("all", () => undefined));
    const target = () => effects(insnIn(memory, isa, MODULE)).branch?.target;
    expect([target(), record.target]).toEqual([PLT, PLT]);
    const regs = new FtraceOps("regs", () => undefined, { saveRegs: true });
    ftrace.register(regs);
    // The first two entries are for the caller and for mcount.
    expect(target()).toBe(PLT + 8);
    memory.write(PLT, plt.bytes);
    for (const [entry, to] of [
      [PLT, FAR],
      [PLT + 4, FAR + 0x100],
      [PLT + 8, FAR + 0x40],
    ] as const) {
      const load = insnIn(memory, isa, entry);
      expect(format(load)).toMatch(/^ldr(\.w)? pc, \[pc, #(56|60)\]$/);
      const word = new DataView(memory.read(entry + 64, 4)!.buffer).getUint32(0, true);
      expect(word).toBe(to | (isa === "t32" ? 1 : 0));
    }
    ftrace.unregister(regs);
    expect(target()).toBe(PLT);
  });

  test("without one it is told as the kernel tells it, and nothing is written", () => {
    const { memory, ftrace } = setUp(false);
    const before = memory.read(MODULE, 4);
    expect(ftrace.register(new FtraceOps("all", () => undefined))).toBe("-ENODEV");
    expect(ftrace.bug).toContain("Setting ftrace call site to call ftrace function");
    expect(memory.read(MODULE, 4)).toEqual(before);
    expect(ftrace.report()).toBe("mod [far]: off\n");
  });

  test("has room for as many entries as it was loaded with", () => {
    const plt = new ModulePlt(isa, PLT, [FAR], 17);
    const entries = Array.from({ length: 33 }, (_, i) => plt.entryFor(FAR + 0x1000 * i));
    expect(entries.slice(14, 18)).toEqual([PLT + 56, PLT + 60, PLT + 128, PLT + 132]);
    expect([entries[31], entries[32], plt.entryFor(FAR)]).toEqual([PLT + 128 + 60, undefined, PLT]);
    expect(plt.bytes).toHaveLength(256);
  });
});
