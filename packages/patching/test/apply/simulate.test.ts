import { assemble } from "@cmodx/codec";
import { Machine, profiles } from "@cmodx/machine/run";
import { check, type Edit, editOf, type Plan, type ProtocolName, plan, simulate } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const code = 0x8000;

interface Site {
  readonly isa: "a32" | "t32";
  readonly from: string;
  readonly to: string;
  /** Halfwords before the site. */
  readonly before: number;
}

const sites = {
  "an A32 nop and a branch": { isa: "a32", from: "nop", to: "b new", before: 2 },
  T16: { isa: "t32", from: "nop", to: "b.n new", before: 2 },
  "T32 in a word": { isa: "t32", from: "nop.w", to: "b.w new", before: 2 },
  "T32 across a word": { isa: "t32", from: "nop.w", to: "b.w new", before: 3 },
  "T32 across a line": { isa: "t32", from: "nop.w", to: "b.w new", before: 31 },
  "an A32 call and a nop": { isa: "a32", from: "bl new", to: "nop", before: 2 },
  "T32 calls": { isa: "t32", from: "bl old", to: "bl new", before: 2 },
} as const satisfies Record<string, Site>;

function loaded(bytes: Uint8Array, isa: "a32" | "t32", cores: number, caches: string | undefined): Machine {
  const machine = new Machine({
    cores,
    memoryBytes: 2 ** 20,
    ...(caches === undefined ? {} : { caches: profiles[caches]! }),
    seed: 7,
  });
  machine.memory.map(code, 0x1000, { read: true, execute: true });
  machine.memory.write(code, bytes);
  for (const core of machine.cores) {
    core.cells[15] = code;
    if (isa === "t32") core.status = 0x20;
  }
  return machine;
}

/** Cores that go through a site for ever: r0 counts the times that it was left behind, r1 those that it led to its target. */
function running({ isa, from, to, before }: Site, cores: number, caches: string | undefined) {
  const nops = Array.from({ length: isa === "a32" ? before / 2 : before }, () => "nop").join("\n");
  const text = `start: ${nops}\nsite: ${from}\nold: add r0, r0, #1\nb start\n.balign 4\nnew: add r1, r1, #1\nb start\n`;
  const made = assemble(text, { isa, address: code });
  if (!made.ok) throw new Error(made.issues[0]!.message);
  const machine = loaded(made.code, isa, cores, caches);
  const address = code + before * 2;
  const linked = (text: string) => text.replace(/old|new/, (label) => `0x${made.labels.get(label)!.toString(16)}`);
  const edit = editOf({ isa, address, from: linked(from), to: linked(to) });
  machine.run({ instructions: 400 * cores, schedule: { kind: "round-robin", quantum: 40 } });
  return { machine, edit };
}

/** How often all cores but the first have left the site one way and the other. */
const counts = (machine: Machine): [number, number] =>
  [0, 1].map((register) => machine.cores.slice(1).reduce((sum, core) => sum + core.cells[register]!, 0)) as [
    number,
    number,
  ];

/** How often they do so from now on. */
function after(machine: Machine): { left: number; led: number } {
  const before = counts(machine);
  machine.run({ instructions: 3000, schedule: { kind: "round-robin", quantum: 40 } });
  const now = counts(machine);
  return { left: now[0] - before[0], led: now[1] - before[1] };
}

const sound = ({ isa, from, to, before }: Site): ProtocolName[] => {
  const { edit } = running({ isa, from, to, before }, 1, undefined);
  return check(edit).protocols.flatMap(({ name, sound }) => (sound ? [name] : []));
};

describe.each(Object.entries(sites))("%s", (_, site) => {
  test.each(sound(site))("%s makes it while others execute, with and without caches", (protocol) => {
    for (const caches of [undefined, "small-in-order", "cortex-a9-like"]) {
      for (let seed = 0; seed < 5; seed++) {
        const { machine, edit } = running(site, 3, caches);
        const made = simulate(plan(edit, protocol), machine, { seed });
        expect([caches, seed, made.outcome]).toEqual([caches, seed, "made"]);
        const { left, led } = after(machine);
        const [old, now] = site.to === "nop" ? [led, left] : [left, led];
        // Each core may have been between the site and its count.
        expect([caches, seed, old <= 2, now > 50]).toEqual([caches, seed, true, true]);
      }
    }
  });
});

/** What comes of a protocol by each seed. */
function outcomes(site: Site, protocol: ProtocolName, caches: string | undefined, without: readonly string[] = []) {
  return Array.from({ length: 25 }, (_, seed) => {
    const { machine, edit } = running(site, 3, caches);
    const whole = plan(edit, protocol);
    const steps = (role: "patcher" | "others") => whole.steps[role].filter(({ id }) => !without.includes(id));
    const made: Plan = { ...whole, steps: { patcher: steps("patcher"), others: steps("others") } };
    const { outcome } = simulate(made, machine, { seed, instructions: 20_000 });
    return { outcome, ...after(machine), stopped: machine.cores.some(({ stopped }) => stopped !== undefined) };
  });
}

test("without maintenance a core with caches goes on executing the old instruction, without caches none does", () => {
  const branch = sites["an A32 nop and a branch"];
  expect(outcomes(branch, "store-only", "cortex-a9-like").some(({ left }) => left > 50)).toBe(true);
  expect(outcomes(branch, "store-only", undefined).every(({ left }) => left <= 2)).toBe(true);
});

test("two stores tear an instruction across a word for some core, and a stopped machine sees none of it", () => {
  const [from, to] = ["movw r2, #0x1111", "movw r2, #0x2222"];
  // r1 counts the executions whose first and last digit differ.
  const compare = "and r3, r2, #15\nlsr r4, r2, #12\nsubs r3, r3, r4\nit ne\naddne r1, r1, #1\nb start";
  const torn = (protocol: ProtocolName, seed: number) => {
    const made = assemble(`start: nop\n${from}\n${compare}`, { isa: "t32", address: code });
    if (!made.ok) throw new Error(made.issues[0]!.message);
    const machine = loaded(made.code, "t32", 3, undefined);
    const edit = editOf({ isa: "t32", address: code + 2, from, to });
    const { outcome } = simulate(plan(edit, protocol), machine, { seed, pace: 5 });
    return [outcome, counts(machine)[1] > 0];
  };
  const seeds = [...Array(40).keys()];
  expect(seeds.map((seed) => torn("store-only", seed))).toContainEqual(["made", true]);
  expect(seeds.map((seed) => torn("stop-machine", seed))).toEqual(seeds.map(() => ["made", false]));
});

test("a plan that validates gives up before it has written anything", () => {
  const { machine, edit } = running(sites["an A32 nop and a branch"], 2, "small-in-order");
  const other: Edit = {
    ...edit,
    from: editOf({ isa: "a32", address: edit.address, from: "mov r0, r0", to: "nop" }).from,
  };
  const { outcome, mismatch } = simulate(plan(other, "stop-machine", { validate: true }), machine);
  expect([outcome, mismatch]).toEqual([
    "given-up",
    { address: edit.address, expected: 0xe1a00000, actual: 0xe320f000 },
  ]);
  expect(after(machine).led).toBe(0);
});

test("cores that are never released are told as a bound that was met, and go on with their program", () => {
  const release = plan(running(sites.T16, 1, undefined).edit, "stop-machine").steps.patcher.filter(
    ({ operation }) => operation.op === "release",
  );
  const stuck = outcomes(
    sites.T16,
    "stop-machine",
    undefined,
    release.map(({ id }) => id),
  );
  expect(release.length).toBeGreaterThan(0);
  for (const { outcome, led } of stuck) expect([outcome, led > 0]).toEqual(["budget", true]);
});

test("what it cost is counted: an interrupt for each other core, and what they could not execute", () => {
  const site = sites["T32 in a word"];
  const cost = (protocol: ProtocolName) => {
    const { machine, edit } = running(site, 4, undefined);
    return simulate(plan(edit, protocol), machine, { seed: 1 });
  };
  const [stopped, stored] = [cost("stop-machine"), cost("store-only")];
  expect([stopped.interrupts, stored.interrupts, stored.stalled]).toEqual([3, 0, 0]);
  expect(stopped.stalled).toBeGreaterThan(0);
});

test("the same seed gives the same execution", () => {
  const run = (seed: number) => {
    const { machine, edit } = running(sites["T32 across a word"], 3, "cortex-a9-like");
    return { ...simulate(plan(edit, "stop-machine"), machine, { seed }), counts: counts(machine) };
  };
  expect(run(3)).toEqual(run(3));
  expect(run(3)).not.toEqual(run(4));
});
