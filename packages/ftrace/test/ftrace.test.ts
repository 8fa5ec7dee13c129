import { assembleTrampolines, callNop, DynRecord, FilterFile, Ftrace, FtraceOps, RECORD } from "@cmodx/ftrace";
import { applyEdits, bytesMemory, insnIn } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const CODE = 0x8000;
const TRAMPOLINES = 0x9000;

/** A kernel with functions F1 to F4, each of a call and a return. */
function kernel() {
  const bytes = new Uint8Array(0x2000);
  const memory = bytesMemory(CODE, bytes);
  const { bytes: code, code: tracer } = assembleTrampolines("a32", TRAMPOLINES);
  memory.write(TRAMPOLINES, code);
  const records = ["F1", "F2", "other", "last"].map(
    (name, i) => new DynRecord({ isa: "a32", ip: CODE + 0x20 * i, name }),
  );
  const rounds: number[] = [];
  const patcher = {
    memory,
    patch: (edits: Parameters<typeof applyEdits>[0]) => {
      rounds.push(edits.length);
      applyEdits(edits, memory);
    },
  };
  for (const { ip } of records) memory.write(ip, Uint8Array.of(0x04, 0xd0, 0x8d, 0xe2));
  const ftrace = new Ftrace({ records, code: { a32: tracer }, patcher });
  const at = (ip: number) => {
    const insn = insnIn(memory, "a32", ip);
    const target = insn.operands.find((operand) => operand.kind === "target");
    return target?.kind === "target" ? target.address : insn.mnemonic;
  };
  /** The kernel runs a function: whoever listens is told, if its site calls the tracer. */
  const run = (name: string) => {
    const record = records.find((each) => each.name === name)!;
    if (at(record.ip) === "add") return;
    for (const ops of ftrace.listeners(record, 0)) {
      ops.handler({ ip: record.ip, record, parent: 0, core: 0, site: 0, registers: undefined });
    }
  };
  return { ftrace, records, memory, rounds, at, run, tracer };
}

function counting(name: string, options = {}) {
  const ops = new FtraceOps(name, () => counter.hits++, options);
  const counter = { ops, hits: 0 };
  return counter;
}

describe("the kernel's ops test: who is told, exactly", () => {
  test.each([1, 2])("round %d", () => {
    const { ftrace, records, run } = kernel();
    const [p1, p2, p3] = ["p1", "p2", "p3"].map((name) => counting(name)) as [
      ReturnType<typeof counting>,
      ReturnType<typeof counting>,
      ReturnType<typeof counting>,
    ];
    const [f1, f2] = records as [DynRecord, DynRecord];
    p1.ops.filter.add(f1.ip);
    p2.ops.filter.add(f2.ip);
    for (const { ip } of [f1, f2]) p3.ops.filter.add(ip);
    for (const { ops } of [p1, p2, p3]) expect(ftrace.register(ops)).toBe("ok");
    const hits = () => [p1.hits, p2.hits, p3.hits];
    run("F1");
    expect(hits()).toEqual([1, 0, 1]);
    run("F2");
    expect(hits()).toEqual([1, 1, 2]);
    const dynamic = counting("dynamic");
    ftrace.register(dynamic.ops);
    run("F1");
    expect(hits()).toEqual([2, 1, 3]);
    run("F2");
    expect(hits()).toEqual([2, 2, 4]);
    new FilterFile(ftrace, p3.ops, "filter").write("!F1", true);
    run("F1");
    expect(hits()).toEqual([3, 2, 4]);
    run("F2");
    expect(hits()).toEqual([3, 3, 5]);
    expect(dynamic.hits).toBe(4);
    for (const { ops } of [p1, p2, p3, dynamic]) expect(ftrace.unregister(ops)).toBe("ok");
    expect(records.map(({ count }) => count)).toEqual([0, 0, 0, 0]);
    run("F1");
    expect(hits()).toEqual([3, 3, 5]);
  });
});

test("one function is traced: its site calls, the others do not, and the tracer's own call goes to the list", () => {
  const { ftrace, records, at, tracer } = kernel();
  const only = counting("only");
  only.ops.filter.add(records[1]!.ip);
  ftrace.register(only.ops);
  expect(records.map(({ ip }) => at(ip))).toEqual(["add", tracer.caller, "add", "add"]);
  expect(tracer.ftraceCalls.map(at)).toEqual([tracer.listFunction, tracer.listFunction]);
  ftrace.unregister(only.ops);
  expect(records.map(({ ip }) => at(ip))).toEqual(["add", "add", "add", "add"]);
  expect(tracer.ftraceCalls.map(at)).toEqual([tracer.stub, tracer.stub]);
});

test("registers: a site goes to the caller that saves them while somebody wants them, and back", () => {
  const { ftrace, records, at, tracer } = kernel();
  const [plain, regs] = [counting("plain"), counting("regs", { saveRegs: true })];
  ftrace.register(plain.ops);
  regs.ops.filter.add(records[0]!.ip);
  ftrace.register(regs.ops);
  expect(records.map(({ ip }) => at(ip))).toEqual([tracer.regsCaller, tracer.caller, tracer.caller, tracer.caller]);
  expect(records[0]!.has(RECORD.REGS_EN)).toBe(true);
  ftrace.unregister(regs.ops);
  expect(at(records[0]!.ip)).toBe(tracer.caller);
});

describe("ops that change where a function goes on", () => {
  test("must say which functions, and are alone there", () => {
    const { ftrace, records } = kernel();
    const [one, other] = [counting("one", { ipModify: true }), counting("other", { ipModify: true })];
    expect(ftrace.register(one.ops)).toBe("-EINVAL");
    one.ops.filter.add(records[0]!.ip);
    expect(ftrace.register(one.ops)).toBe("ok");
    for (const { ip } of records.slice(0, 2)) other.ops.filter.add(ip);
    expect(ftrace.register(other.ops)).toBe("-EBUSY");
    other.ops.filter.delete(records[0]!.ip);
    expect(ftrace.register(other.ops)).toBe("ok");
  });

  test("a new filter that is refused leaves the old one", () => {
    const { ftrace, records } = kernel();
    const [one, other] = [counting("one", { ipModify: true }), counting("other", { ipModify: true })];
    one.ops.filter.add(records[0]!.ip);
    other.ops.filter.add(records[1]!.ip);
    ftrace.register(one.ops);
    ftrace.register(other.ops);
    expect(ftrace.refilter(other.ops, ({ filter }) => filter.add(records[0]!.ip))).toBe("-EBUSY");
    expect([...other.ops.filter]).toEqual([records[1]!.ip]);
  });
});

describe("a site that holds something else", () => {
  const damaged = () => {
    const made = kernel();
    made.memory.write(made.records[1]!.ip, Uint8Array.of(0x01, 0x20, 0xa0, 0xe1));
    return made;
  };

  test("switches ftrace off for good, and nothing is half done", () => {
    const { ftrace, records, at } = damaged();
    expect(ftrace.register(counting("all").ops)).toBe("-ENODEV");
    expect(records.map(({ ip }) => at(ip))).toEqual(["add", "mov", "add", "add"]);
    expect(ftrace.register(counting("next").ops)).toBe("-ENODEV");
    expect(ftrace.bug).toContain(
      "ftrace failed to modify [<00008020>] F2\n actual:   01:20:a0:e1\nSetting ftrace call site to call ftrace function\n",
    );
  });

  test("at boot is told as that", () => {
    const { ftrace } = damaged();
    expect(ftrace.initialise()).toBe("-ENODEV");
    expect(ftrace.bug).toContain("Initializing ftrace call sites");
  });

  test("a site without memory is a fault", () => {
    const { memory, tracer } = kernel();
    const record = new DynRecord({ isa: "a32", ip: 0x4000_0000, name: "nowhere" });
    const ftrace = new Ftrace({
      records: [record],
      code: { a32: tracer },
      patcher: { memory, patch: () => expect.unreachable() },
    });
    expect(ftrace.initialise()).toBe("-ENODEV");
    expect(ftrace.bug).toContain("ftrace faulted on modifying [<40000000>] nowhere");
  });
});

test("the graph is a branch in the tracer's own code, on and off", () => {
  const { ftrace, at, tracer, memory } = kernel();
  const nops = tracer.graphCalls.map((call) => insnIn(memory, "a32", call.at).word);
  ftrace.setGraph("on");
  expect(tracer.graphCalls.map((call) => at(call.at))).toEqual(tracer.graphCalls.map(({ to }) => to));
  ftrace.setGraph("off");
  expect(tracer.graphCalls.map((call) => insnIn(memory, "a32", call.at).word)).toEqual(nops);
});

test("init text calls an entry of its own until boot is over", () => {
  const { memory, tracer } = kernel();
  const record = new DynRecord({ isa: "a32", ip: CODE, name: "setup", init: true });
  const code = { a32: { ...tracer, callerFromInit: 0x9800, regsCallerFromInit: 0x9900 } };
  const patcher = { memory, patch: (edits: Parameters<typeof applyEdits>[0]) => applyEdits(edits, memory) };
  const ftrace = new Ftrace({ records: [record], code, patcher, booted: false });
  ftrace.register(counting("all").ops);
  const target = insnIn(memory, "a32", CODE).operands.find(({ kind }) => kind === "target");
  expect(target).toMatchObject({ address: 0x9800 });
});

describe("the filter files", () => {
  const setUp = () => {
    const { ftrace, records } = kernel();
    records.push(new DynRecord({ isa: "a32", ip: CODE + 0x100, name: "mod_open", module: "fs" }));
    const all = new Ftrace({
      records,
      code: {},
      patcher: { memory: bytesMemory(0, new Uint8Array(0)), patch: () => undefined },
    });
    const { ops } = counting("user");
    return { ftrace, file: new FilterFile(all, ops, "filter"), notrace: new FilterFile(all, ops, "notrace") };
  };

  test("say what they hold, as the kernel does", () => {
    const { file, notrace } = setUp();
    expect([file.read(), notrace.read()]).toEqual([
      "#### all functions enabled ####\n",
      "#### no functions disabled ####\n",
    ]);
    file.write("F*");
    notrace.write("last");
    expect([file.read(), notrace.read()]).toEqual(["F1\nF2\n", "last\n"]);
  });

  test("replace, append, take away", () => {
    const { file } = setUp();
    file.write("F1 other");
    file.write("F2", true);
    expect(file.read()).toBe("F1\nF2\nother\n");
    file.write("!o*", true);
    expect(file.read()).toBe("F1\nF2\n");
    file.write("last");
    expect(file.read()).toBe("last\n");
    file.write("");
    expect(file.read()).toBe("#### all functions enabled ####\n");
  });

  test("numbers count the functions from 1", () => {
    const { file } = setUp();
    file.write("2 4");
    expect(file.read()).toBe("F2\nlast\n");
  });

  test("modules", () => {
    const { file } = setUp();
    expect(file.write(":mod:fs")).toBe("ok");
    expect(file.read()).toBe("mod_open [fs]\n");
    expect(file.write("*open:mod:*")).toBe("ok");
    expect(file.read()).toBe("mod_open [fs]\n");
    file.write("F*:mod:!fs");
    expect(file.read()).toBe("F1\nF2\n");
    expect(file.write("x:mod:later")).toBe("ok");
    expect(file.read()).toBe("#### all functions enabled ####\nx:mod:later\n");
  });

  test.each(["nobody", "99", "F1:nonsense", "!nobody"])("%s is refused", (word) => {
    expect(setUp().file.write(word)).toBe("-EINVAL");
  });
});

test("a record's NOP is what the kernel writes", () => {
  expect([callNop("a32", 0).word, callNop("t32", 0).word]).toEqual([0xe28dd004, 0xf10d0d04]);
});
