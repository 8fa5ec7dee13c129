import { type CodeLine, type LitmusTest, runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { ownTests, read } from "./own-tests.js";

// Laws that hold between a test and a changed one, whatever their verdicts are.

/** Tests whose code may be stretched: none of their instruction values is a distance within it, and none loops. */
const tests = ownTests
  .filter(({ text }) => !/instr:|0x[0-9a-f]{4}|LineBytes|STR R\d,\[R1,#2\]/i.test(text) && !/\bw:/.test(text))
  .map(({ name, text }) => [name, read(text)] as const);

function states(litmus: LitmusTest): Set<string> {
  const result = runLitmus(litmus);
  expect(result.complete).toBe(true);
  return new Set(result.outcomes.map(({ state }) => state));
}

const line = (text: string): CodeLine => ({ line: 0, column: 0, labels: [], text });

/** The test with an instruction put before each of a processor's instructions. */
function between(litmus: LitmusTest, processor: number, text: string): LitmusTest {
  const stretch = (lines: readonly CodeLine[]): CodeLine[] =>
    lines.flatMap((old) => (old.text === undefined ? [old] : [line(text), old]));
  return {
    ...litmus,
    columns: litmus.columns.map((column) =>
      column.processor === processor && !column.handler ? { ...column, lines: stretch(column.lines) } : column,
    ),
  };
}

test("the laws are tried on most of our tests", () => {
  expect(tests.length).toBeGreaterThan(90);
});

test.each(tests)("%s: a NOP changes nothing", (_, litmus) => {
  const nop = states(between(litmus, 0, litmus.arch === "Thumb" ? "NOP.W" : "NOP"));
  expect(nop).toEqual(states(litmus));
});

test.each(tests)("%s: a barrier adds no outcome", (_, litmus) => {
  const before = states(litmus);
  for (const barrier of ["DMB", "DSB", "ISB"]) {
    for (const processor of [0, litmus.columns.length > 1 ? 1 : 0]) {
      for (const state of states(between(litmus, processor, barrier))) expect(before).toContain(state);
    }
  }
});

test.each(tests)("%s: coherent caches add no outcome", (_, litmus) => {
  const cached = (kind: string): Set<string> => states({ ...litmus, info: { ...litmus.info, CacheType: kind } });
  const [none, idc, both] = [states(litmus), cached("IDC"), cached("IDC DIC")];
  for (const state of idc) expect(none).toContain(state);
  for (const state of both) expect(idc).toContain(state);
});

test.each(tests.filter(([, { columns }]) => columns.length === 2 && columns.every(({ handler }) => !handler)))(
  "%s: the processors' numbers mean nothing",
  (_, litmus) => {
    const swap = (processor: number): number => 1 - processor;
    const renamed = JSON.parse(
      JSON.stringify(litmus, (key, value: unknown) =>
        key === "processor" && typeof value === "number" ? swap(value) : value,
      ),
    ) as LitmusTest;
    const told = (all: Set<string>, other: boolean): string[] =>
      [...all]
        .map((state) =>
          state
            .replace(/\b([01]):/g, (_match, n: string) => `${other ? swap(Number(n)) : n}:`)
            .replace(/=P([01]):/g, (_match, n: string) => `=P${n}:`),
        )
        .sort();
    expect(told(states(renamed), true)).toEqual(told(states(litmus), false));
  },
);

const switches = ["projection", "independence", "order", "sharing", "dominance", "symmetry", "floors"] as const;

test.each(ownTests.map(({ name, text }) => [name, read(text)] as const))(
  "%s: no reduction changes anything",
  (_, litmus) => {
    const told = (reductions: NonNullable<Parameters<typeof runLitmus>[1]>["reductions"] & object) => {
      const { verdict, outcomes } = runLitmus(litmus, { reductions });
      return [verdict, ...outcomes.map(({ state, satisfies }) => `${state} ${satisfies}`)];
    };
    const on = told({});
    for (const off of switches) expect(told({ [off]: false }), off).toEqual(on);
    expect(told({ order: false, independence: false, dominance: false, symmetry: false })).toEqual(on);
  },
);
