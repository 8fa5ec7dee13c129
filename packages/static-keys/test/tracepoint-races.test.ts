import { always, check, type Model } from "@cmodx/explore";
import { describe, expect, test } from "vitest";

// A core in the middle of a tracepoint's call while probes come and go: every interleaving of the kernel's steps. The call site loads the
// array, then calls what the static call goes to with the first entry's data; where both are not of one probe, data meets another's
// function. Each wait for a grace period that is left out lets that happen.

/** A probe is known by a number; it must be called with its own data. */
interface Entry {
  readonly probe: number;
  readonly data: number;
}

interface State {
  readonly array: readonly Entry[] | null;
  /** The static call: a probe, or the iterator, which takes function and data from the array. */
  readonly target: number | "iterator";
  readonly reader: readonly Entry[] | null | "out" | "done";
  readonly at: number;
  /** The reader called a probe with data that is not its own. */
  readonly mixed: boolean;
}

type Step =
  | { readonly does: "publish"; readonly array: readonly Entry[] | null }
  | { readonly does: "target"; readonly target: number | "iterator" }
  /** Goes on when the reader is outside its call. */
  | { readonly does: "wait" };

const a: Entry = { probe: 1, data: 10 };
const b: Entry = { probe: 2, data: 20 };
const publish = (...array: Entry[]): Step => ({ does: "publish", array: array.length === 0 ? null : array });
const target = (to: number | "iterator"): Step => ({ does: "target", target: to });
const wait: Step = { does: "wait" };

function model(start: Pick<State, "array" | "target">, steps: readonly Step[]): Model<State, "writer" | "reader"> {
  return {
    init: () => [{ ...start, reader: "out", at: 0, mixed: false }],
    actions: () => ["writer", "reader"],
    next: (state, who) => (who === "writer" ? write(state, steps[state.at]) : read(state)),
    encode: ({ array, target: to, reader, at, mixed }, row) => {
      row.push(code(array));
      row.push(to === "iterator" ? 0 : to);
      row.push(reader === "out" ? -1 : reader === "done" ? -2 : code(reader));
      row.push(at * 2 + Number(mixed));
    },
    properties: [always("a probe is called with its own data", ({ mixed }) => !mixed)],
  };
}

const code = (array: readonly Entry[] | null) => (array ?? []).reduce((sum, { probe }) => sum * 4 + probe, 0);

function write(state: State, step: Step | undefined): State | undefined {
  if (step === undefined) return undefined;
  const at = state.at + 1;
  switch (step.does) {
    case "publish":
      return { ...state, at, array: step.array };
    case "target":
      return { ...state, at, target: step.target };
    case "wait":
      return state.reader === "out" || state.reader === "done" ? { ...state, at } : undefined;
  }
}

function read(state: State): State | undefined {
  if (state.reader === "done") return undefined;
  if (state.reader === "out") return { ...state, reader: state.array };
  const [first] = state.reader ?? [];
  if (first === undefined || state.target === "iterator") return { ...state, reader: "done" };
  return { ...state, reader: "done", mixed: state.mixed || first.data !== state.target * 10 };
}

const verdict = (start: Pick<State, "array" | "target">, ...steps: Step[]) => {
  const { complete, properties } = check(model(start, steps));
  expect(complete).toBe(true);
  return properties[0]!.verdict;
};

describe("one probe goes and another comes: 1, 0, 1", () => {
  const start = { array: [a], target: a.probe };

  test("with the kernel's wait no core meets the one's data with the other's function", () => {
    expect(verdict(start, target("iterator"), publish(), wait, target(b.probe), publish(b))).toBe("holds");
  });

  test("without it, as before the fix, a core does", () => {
    expect(verdict(start, target("iterator"), publish(), target(b.probe), publish(b))).toBe("violated");
  });
});

describe("of two probes the first goes: 2, 1", () => {
  const start = { array: [a, b], target: "iterator" as const };

  test("with the kernel's wait", () => {
    expect(verdict(start, publish(b), wait, target(b.probe))).toBe("holds");
  });

  test("without it", () => {
    expect(verdict(start, publish(b), target(b.probe))).toBe("violated");
  });
});

describe("a second probe comes before the first: 1, 2", () => {
  const start = { array: [a], target: a.probe };

  test("the iterator goes first, as in the kernel", () => {
    expect(verdict(start, target("iterator"), publish(b, a))).toBe("holds");
  });

  test("the array first", () => {
    expect(verdict(start, publish(b, a), target("iterator"))).toBe("violated");
  });
});
