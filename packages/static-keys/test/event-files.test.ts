import { Machine } from "@cmodx/machine/run";
import {
  assembleStaticBranches,
  decodeRecord,
  keyEvents,
  MachineKeys,
  type RecordedEvent,
  staticKey,
} from "@cmodx/static-keys";
import { EventTree } from "@cmodx/trace";
import { describe, expect, test } from "vitest";

function program() {
  const made = assembleStaticBranches(
    "f: static_branch_unlikely k, slow\nback: b f\nslow: adds r1, #1\n b back\n .balign 4\nk: .word 0",
    { isa: "a32", address: 0x8000 },
  );
  if (!made.ok) throw new Error(made.issues[0]?.message);
  const machine = new Machine({ memoryBytes: 2 ** 20 });
  machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
  machine.memory.write(0x8000, made.code);
  machine.cores[0]!.cells[15] = 0x8000;
  const key = staticKey("net.key", { address: made.labels.get("k")! });
  const control = {
    tracing: true,
    snapshot: () => undefined,
    stacktrace: () => undefined,
    event: () => undefined,
  };
  const recorded: RecordedEvent[] = [];
  const events = keyEvents({
    keys: [key],
    switches: new MachineKeys(machine, made.entries),
    control,
    context: (core) => ({ cpu: core.index, pid: 7, comm: "p", time: 0 }),
    record: (_, event) => recorded.push(event),
  });
  const tree = new EventTree();
  tree.add(() => events);
  const run = () => machine.run({ instructions: 40 });
  const file = (name: string) => tree.file(`events/keys/net_key/${name}`)!;
  return { machine, run, file, recorded, control, tree };
}

describe("a running program's key as an event", () => {
  test("is off, on, and off again by its enable file", () => {
    const { run, file, recorded } = program();
    run();
    expect([recorded.length, file("enable").read!()]).toEqual([0, "0\n"]);
    file("enable").write!("1\n", false);
    run();
    const count = recorded.length;
    expect([count > 5, file("enable").read!()]).toEqual([true, "1\n"]);
    const values = decodeRecord(recorded[1]!.definition, recorded[1]!.bytes);
    expect(values).toMatchObject({ common_pid: 7, ip: 0x8000, r1: 1 });
    file("enable").write!("0\n", false);
    // The core may have been in the branch.
    run();
    expect(recorded.length).toBeLessThanOrEqual(count + 1);
  });

  test("has a format, a filter with carets, and triggers that keep it watched", () => {
    const { run, file, recorded, control } = program();
    expect(file("format").read!()).toContain("\tfield:u32 r1;\toffset:16;\tsize:4;\tsigned:0;\n");
    expect(file("filter").write!("r1 == nonsense ==", false)).toBe("-EINVAL");
    expect(file("filter").read!()).toContain("^\nparse_error:");
    expect(file("filter").write!("r1 >= 3", false)).toBe("ok");
    expect(file("trigger").write!("traceoff if r1 == 5\n", false)).toBe("ok");
    expect(file("enable").read!()).toBe("0*\n");
    file("enable").write!("1\n", false);
    run();
    expect(recorded.map(({ values }) => values["r1"])).toEqual([3, 4, 5]);
    expect([control.tracing, file("enable").read!()]).toEqual([false, "1*\n"]);
    file("trigger").write!("", false);
    expect(file("trigger").read!()).toBe("traceoff:unlimited if r1 == 5\n");
    file("trigger").write!("!traceoff:unlimited if r1 == 5\n", false);
    expect([file("enable").read!(), file("trigger").read!()]).toEqual([
      "1\n",
      expect.stringContaining("# Available triggers"),
    ]);
  });

  test("a trigger alone watches and records nothing; one write is one command", () => {
    const { run, file, recorded, control } = program();
    expect(file("trigger").write!("traceoff:1\ntraceoff:1\n", false)).toBe("-EINVAL");
    expect(file("trigger").write!("traceoff:1\n", false)).toBe("ok");
    expect(file("trigger").write!("traceoff:1\n", false)).toBe("-EEXIST");
    run();
    expect([control.tracing, recorded]).toEqual([false, []]);
  });
});
