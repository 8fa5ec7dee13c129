import { type CoreProgram, exploreSync, type Operation, type Scenario, type ScenarioResult, t32 } from "@cmodx/machine";
import { expect, test } from "vitest";

// A Thumb site holding NOP.W, to become B.W to `target` by one aligned word store, while other cores execute it.
const site = 0x8000;
const target = site + 0x100;
const flag = { ack: 0x100, go: 0x200 };
const nopW = [0xaf, 0xf3, 0x00, 0x80];
const bW = [0x00, 0xf0, 0x7e, 0xb8];
const nop = [0x00, 0xbf];
const word = (bytes: readonly number[]): number => bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);

const patch: readonly Operation[] = [
  { op: "store", address: site, size: 4, value: word(bW) },
  { op: "clean-dcache", address: site },
  { op: "dsb", option: "sy" },
  { op: "invalidate-icache", address: site, scope: "broadcast" },
  { op: "invalidate-predictor", address: site, scope: "broadcast" },
  { op: "dsb", option: "sy" },
  { op: "isb" },
];
const execute: Operation = { op: "execute", isa: "t32", address: site, until: [site + 4, target] };
const returned: Operation = { op: "mark", label: "returned" };

/** The waiting cores' handler: acknowledge, wait for the go, and throw away what was fetched ahead. */
const handler: readonly Operation[] = [
  { op: "store", address: flag.ack, size: 4, value: 1 },
  { op: "dmb", option: "sy" },
  { op: "await", address: flag.go, size: 4, equals: 1 },
  { op: "isb" },
  returned,
];
const stopMachine = (steps: readonly Operation[]): readonly Operation[] => [
  { op: "send-ipi", to: [1] },
  { op: "await", address: flag.ack, size: 4, equals: 1 },
  { op: "dmb", option: "sy" },
  ...steps,
  { op: "store", address: flag.go, size: 4, value: 1 },
];

function run(
  patcher: readonly Operation[],
  executor: Partial<CoreProgram>,
  model: Scenario["model"] = {},
): ScenarioResult {
  const result = exploreSync({
    memory: [
      { address: site, bytes: [...nopW, ...nop] },
      { address: target, bytes: nop },
    ],
    isas: [t32],
    sites: [{ address: site, size: 4 }],
    model,
    cores: [{ steps: patcher }, { steps: [execute], ...executor }],
  });
  expect(result.complete).toBe(true);
  expect(result.stuck).toEqual([]);
  expect(result.outcomes.length).toBeGreaterThan(0);
  return result;
}

/** What the executor did at the site: the instructions in order, with its marks. */
function executions(result: ScenarioResult): string[] {
  return result.cores[1]!.map(({ log }) =>
    log.flatMap((event) => (event.event === "execute" ? [event.text] : event.event === "mark" ? ["|"] : [])),
  )
    .map((events) => events.join(" "))
    .sort();
}

/** The instructions executed after the executor was told that the patch is complete. */
function afterwards(result: ScenarioResult): string[] {
  return [
    ...new Set(executions(result).flatMap((events) => (events.includes("|") ? [events.split("|")[1]!.trim()] : []))),
  ].sort();
}

test("one word store tears: a core may execute half of each instruction", () => {
  const result = run(patch, {});
  const torn = executions(result).filter((text) => text !== "nop.w" && text !== "b.w 0x8100");
  expect(torn.length).toBe(2);
  expect(executions(result)).toContain("nop.w");
  expect(executions(result)).toContain("b.w 0x8100");
  const edits = result.unpredictable.map(({ address, from, to, before }) => ({ address, from, to, before }));
  expect(edits).toContainEqual({ address: site, from: 0xf3af, to: 0xf000, before: [] });
  expect(edits).toContainEqual({ address: site + 2, from: 0x8000, to: 0xb87e, before: [0xf3af] });
  expect(edits).toContainEqual({ address: site + 2, from: 0x8000, to: 0xb87e, before: [0xf000] });
  for (const { core, witness } of result.unpredictable) {
    expect(core).toBe(1);
    expect(witness.some(({ core, event }) => core === 1 && event === "fetch")).toBe(true);
  }
});

test("fetching pairs of halfwords as one, as a knob, leaves no torn instruction, and the edit still unlisted", () => {
  const result = run(patch, {}, { t32FetchBytes: 4 });
  expect(executions(result)).toEqual(["b.w 0x8100", "nop.w"]);
  expect(result.unpredictable.length).toBe(1);
});

test("a pair that the caller lists as concurrently modifiable is no finding", () => {
  const scenario: Scenario = {
    memory: [
      { address: site, bytes: [...nopW, ...nop] },
      { address: target, bytes: nop },
    ],
    isas: [t32],
    cores: [{ steps: patch }, { steps: [execute] }],
    cmodx: ({ address }) => address === site,
  };
  expect(exploreSync(scenario).unpredictable.every(({ address }) => address === site + 2)).toBe(true);
  expect(exploreSync({ ...scenario, cmodx: () => true }).unpredictable).toEqual([]);
});

const after: readonly Operation[] = [execute, execute];
const told = (...waiter: readonly Operation[]): Partial<CoreProgram> => ({ steps: after, onIpi: waiter });

test("stop_machine with an ISB on the waiting core: no torn instruction, no stale one afterwards", () => {
  const result = run(stopMachine(patch), told(...handler));
  expect(result.unpredictable).toEqual([]);
  expect(new Set(executions(result).flatMap((text) => text.split(/ (?!0x)/)))).toEqual(
    new Set(["nop.w", "b.w 0x8100", "|"]),
  );
  expect(afterwards(result).filter((text) => text.includes("nop.w"))).toEqual([]);
});

test("stop_machine where the waiting core leaves through its exception return alone is still synchronised", () => {
  const result = run(stopMachine(patch), told(...handler.filter(({ op }) => op !== "isb")));
  expect(afterwards(result).filter((text) => text.includes("nop.w"))).toEqual([]);
});

/** A waiter that polls in its own code instead of in a handler: no exception return helps it out. */
const polling = (...steps: readonly Operation[]): Partial<CoreProgram> => ({
  steps: [{ op: "await", address: flag.go, size: 4, equals: 1 }, ...steps, returned, execute],
});
const announced = (steps: readonly Operation[]): readonly Operation[] => [
  ...steps,
  { op: "store", address: flag.go, size: 4, value: 1 },
];
const stale = (result: ScenarioResult): boolean => afterwards(result).some((text) => text.includes("nop.w"));

test("a core told by a flag needs the ISB: without it it executes what it fetched long ago", () => {
  expect(stale(run(announced(patch), polling({ op: "isb" })))).toBe(false);
  expect(stale(run(announced(patch), polling()))).toBe(true);
  expect(stale(run(announced(patch), polling({ op: "dmb", option: "sy" })))).toBe(true);
  expect(stale(run(announced(patch), polling({ op: "dsb", option: "sy" })))).toBe(true);
});

const without = (index: number): readonly Operation[] => patch.filter((_, i) => i !== index);
const replaced = (index: number, step: Operation): readonly Operation[] =>
  patch.map((old, i) => (i === index ? step : old));

test.each([
  ["the clean of the data cache (DCCMVAU)", without(1)],
  ["the DSB between clean and invalidate", without(2)],
  ["the invalidate of the instruction cache (ICIMVAU)", without(3)],
  ["the DSB behind the invalidate", without(5)],
  [
    "the broadcast: an invalidate of the own core only",
    replaced(3, { op: "invalidate-icache", address: site, scope: "local" }),
  ],
  [
    "the right line: an invalidate of the next one",
    replaced(3, { op: "invalidate-icache", address: site + 64, scope: "broadcast" }),
  ],
  ["the DSB: a DMB behind the invalidate", replaced(5, { op: "dmb", option: "sy" })],
])("without %s another core stays stale", (_, steps) => {
  expect(stale(run(announced(steps), polling({ op: "isb" })))).toBe(true);
});

test("what does not matter to other cores: the branch predictor, the patching core's own ISB", () => {
  expect(stale(run(announced(without(4)), polling({ op: "isb" })))).toBe(false);
  expect(stale(run(announced(without(6)), polling({ op: "isb" })))).toBe(false);
});

test("coherent caches need fewer steps: IDC no clean, DIC no invalidate, the ISB always", () => {
  expect(stale(run(announced(without(1)), polling({ op: "isb" }), { idc: true }))).toBe(false);
  const barrierOnly = patch.filter(({ op }) => op === "store" || op === "dsb");
  expect(stale(run(announced(barrierOnly), polling({ op: "isb" }), { idc: true, dic: true }))).toBe(false);
  expect(stale(run(announced(barrierOnly), polling(), { idc: true, dic: true }))).toBe(true);
});

test("the patching core itself needs its ISB before it executes the site", () => {
  const own = (steps: readonly Operation[]): string[] =>
    exploreSync({
      memory: [
        { address: site, bytes: [...nopW, ...nop] },
        { address: target, bytes: nop },
      ],
      isas: [t32],
      sites: [{ address: site, size: 4 }],
      cores: [{ steps: [...steps, execute] }],
    })
      .cores[0]!.flatMap(({ log }) => log.map((event) => (event.event === "execute" ? event.text : "")))
      .sort();
  expect(own(patch)).toEqual(["b.w 0x8100"]);
  expect(own(without(6))).toContain("nop.w");
});

test("a site nobody can be executing is explicitly synchronised: told first, then patched", () => {
  // The executor runs the site, then says so; the patch waits for that: no fetch of it had two values to take.
  const result = run([{ op: "await", address: flag.ack, size: 4, equals: 1 }, { op: "dmb", option: "sy" }, ...patch], {
    steps: [execute, { op: "dmb", option: "sy" }, { op: "store", address: flag.ack, size: 4, value: 1 }],
  });
  expect(result.unpredictable).toEqual([]);
  expect(executions(result)).toEqual(["nop.w"]);
});
