import { Machine } from "@cmodx/machine/run";
import { machineMemory } from "@cmodx/patching";
import {
  assembleStaticBranches,
  liveOrStop,
  MachineKeys,
  PlanPatcher,
  StaticKeys,
  staticBranch,
  staticKey,
} from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";

// Keys of a program that runs: switched while cores execute their sites.

const PROGRAM = `
loop: static_branch_unlikely tracing, slow
back: adds r0, r0, #1
      b loop
slow: adds r1, r1, #1
      b back
      .balign 4
tracing: .word 0
`;

function world(isa: "a32" | "t32", cores: number) {
  const made = assembleStaticBranches(PROGRAM, { isa, address: 0x8000 });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  const machine = new Machine({ cores });
  machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
  machine.memory.write(0x8000, made.code);
  for (const core of machine.cores) {
    core.cells[15] = 0x8000;
    if (isa === "t32") core.status |= 0x20;
  }
  const patcher = new PlanPatcher(machineMemory(machine), liveOrStop);
  const labels = new StaticKeys({ patcher });
  const key = staticKey("tracing", { address: made.labels.get("tracing")! });
  labels.init(made.entries, [key]);
  return { machine, labels, key, patcher, entries: made.entries };
}

describe.each(["a32", "t32"] as const)("%s", (isa) => {
  test("a key that is switched while four cores run is what they execute from then on", () => {
    const { machine, labels, key, patcher } = world(isa, 4);
    const counts = () => machine.cores.map(({ cells }) => [cells[0]!, cells[1]!] as const);
    for (let round = 0; round < 50; round++) {
      const on = round % 2 === 1;
      on ? labels.enable(key) : labels.disable(key);
      const before = counts();
      // An odd number, so that cores are stopped in the middle of the loop too.
      expect(machine.run({ instructions: 4001, seed: round, schedule: { kind: "random", quantum: 37 } }).end).toBe(
        "budget",
      );
      for (const [i, [plain, traced]] of counts().entries()) {
        const [loops, hits] = [plain - before[i]![0], traced - before[i]![1]];
        expect(loops).toBeGreaterThan(100);
        // At most the one loop that was under way differs.
        expect(Math.abs(hits - (on ? loops : 0))).toBeLessThanOrEqual(1);
      }
    }
    expect(patcher.cost(4).stops).toBe(0);
  });
});

describe.each(["a32", "t32"] as const)("%s", (isa) => {
  test.each(["nop-toggle", "sync-cores", "stop-machine"] as const)(
    "a key is switched by %s while cores execute",
    (protocol) => {
      const { machine, key, entries } = world(isa, 3);
      const keys = new MachineKeys(machine, entries);
      const hits = () => machine.cores.slice(1).map(({ cells }) => cells[1]!);
      for (let round = 0; round < 20; round++) {
        const on = round % 2 === 0;
        const done = keys.switchLive(key, on, protocol, { seed: round });
        expect(done.map(({ outcome }) => outcome)).toEqual(["made"]);
        expect(done[0]!.interrupts).toBe(2);
        const before = hits();
        machine.run({ instructions: 3001, seed: round, schedule: { kind: "random", quantum: 37 } });
        for (const [i, now] of hits().entries()) {
          if (on) expect(now - before[i]!).toBeGreaterThan(50);
          else expect(now - before[i]!).toBeLessThanOrEqual(1);
        }
      }
    },
  );
});

test("a static branch's line says what it is, and may ask for four bytes", () => {
  const line = staticBranch({ key: "tracing", label: "slow", likely: true, width: 4 });
  expect(line).toBe("static_branch_likely.w tracing, slow");
  const widths = [line, staticBranch({ key: "tracing", label: "slow" })].map((text) => {
    const made = assembleStaticBranches(`f: ${text}\nslow: nop\n .balign 4\ntracing: .word 0`, { isa: "t32" });
    return made.ok && made.entries[0]!.width;
  });
  expect(widths).toEqual([4, 2]);
});

test("a listener has the core's registers, to read and to change, and hears only its own key", () => {
  const { machine, key, entries } = world("a32", 1);
  const keys = new MachineKeys(machine, entries);
  const seen: number[] = [];
  keys.listen(key, ({ cells }) => {
    seen.push(cells[0]!);
    cells[0]! += 100;
  });
  keys.listen(staticKey("other", { address: 0x1234 }), () => expect.unreachable());
  machine.run({ instructions: 30 });
  expect(seen).toEqual([]);
  keys.switch(key, true);
  machine.run({ instructions: 15 });
  expect(seen).toEqual([10, 111, 212]);
});

test("the keys of hundreds of sites are switched and nothing is compiled again", () => {
  const [start, sites, far] = [0x8000, 250, 0x10000];
  const at = (i: number): number => far + 0x20 * i;
  // mov r4, r5; loop: blx r4; add r4, r4, #0x20; cmp r4, r6; bne loop; b start
  const words = [0xe1a04005, 0xe12fff34, 0xe2844020, 0xe1540006, 0x1afffffb, 0xeafffff9];
  // nop; back: adds r0, r0, #1; bx lr; slow: adds r1, r1, #1; b back
  const body = [0xe320f000, 0xe2900001, 0xe12fff1e, 0xe2911001, 0xeafffffb];
  const machine = new Machine();
  machine.memory.map(start, 0x40000, { read: true, execute: true });
  machine.memory.write(start, new Uint8Array(Uint32Array.from(words).buffer));
  const entries = Array.from({ length: sites }, (_, i) => {
    machine.memory.write(at(i), new Uint8Array(Uint32Array.from(body).buffer));
    const key = 0x80000 + 16 * (i % 7);
    return { isa: "a32", code: at(i), target: at(i) + 12, key, likely: false, init: false, width: 4 } as const;
  });
  const keys = new MachineKeys(machine, entries);
  const all = Array.from({ length: 7 }, (_, i) => staticKey(`k${i}`, { address: 0x80000 + 16 * i }));
  const core = machine.cores[0]!;
  core.cells[5] = far;
  core.cells[6] = at(sites);
  const switched = (on: boolean): void => {
    for (const key of all) keys.switch(key, on);
    const [plain, taken] = [core.cells[0]!, core.cells[1]!];
    core.cells[15] = start;
    machine.run({ instructions: 300_000 });
    const calls = core.cells[0]! - plain;
    expect(calls).toBeGreaterThan(30_000);
    expect(Math.abs(core.cells[1]! - taken - (on ? calls : 0))).toBeLessThanOrEqual(1);
  };
  for (const on of [false, true, false, true]) switched(on);
  const { compilations } = machine;
  expect(machine.compiledFunctions).toBeGreaterThan(sites / 2);
  for (const on of [false, true, false, true]) switched(on);
  expect(machine.compilations).toBe(compilations);
});
