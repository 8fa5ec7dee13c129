import { always, check, eventually, type Model, sometimes } from "@cmodx/explore";
import { describe, expect, test } from "vitest";

// A probe that comes and goes while cores execute its site: every interleaving of the steps that one cannot see into. With a step of the
// kernel's taken out, what it is for is found.

/** What is left out of the way a probe goes. */
interface Faults {
  /** The text is restored by a store and not by stopping the cores, so a trap may be under way. */
  readonly noStop?: boolean;
  /** The probe leaves the table before its breakpoint leaves the text. */
  readonly tableFirst?: boolean;
  /** The slot is freed without waiting for the cores that handle a trap. */
  readonly noWaitForTraps?: boolean;
  /** The detour is freed without waiting for the tasks that stand in it. */
  readonly noWaitForTasks?: boolean;
  /** A trap that finds no probe is none of kprobes', instead of executing the site again. */
  readonly strayTraps?: boolean;
}

type Text = "insn" | "breakpoint" | "branch";

/** Where a core is: at the site, in the trap's entry, in a handler, in the slot, in a detour, behind the site. */
type Where = "site" | "trap" | "handler" | "slot" | "detour" | "callback" | "copy" | "behind";

interface Core {
  readonly at: Where;
  /** Runs through the site that are left. */
  readonly left: number;
}

/** The steps of a probe's life. Each is one the cores cannot see the inside of. */
type Step = "arm" | "optimise" | "unoptimise" | "wait-tasks" | "disarm" | "unlist" | "wait-traps" | "free" | "done";

interface State {
  readonly text: Text;
  readonly listed: boolean;
  /** Slot and detour may be executed. */
  readonly allocated: boolean;
  readonly steps: readonly Step[];
  readonly cores: readonly Core[];
  /** Cores that a wait has to see out of what they were in when it began. */
  readonly awaited: readonly number[] | undefined;
  /** Executions of the site that began at the breakpoint or the branch, and those that were counted as hit. */
  readonly probed: number;
  readonly hits: number;
  readonly wrong: string;
}

function life(optimised: boolean, { tableFirst, noWaitForTraps, noWaitForTasks }: Faults): readonly Step[] {
  const out: Step[] = tableFirst ? ["unlist", "disarm"] : ["disarm", "unlist"];
  return [
    "arm",
    ...(optimised ? (["optimise", "unoptimise"] as const) : []),
    ...(optimised && !noWaitForTasks ? (["wait-tasks"] as const) : []),
    ...out,
    ...(noWaitForTraps ? [] : (["wait-traps"] as const)),
    "free",
  ];
}

const places: readonly Where[] = ["site", "trap", "handler", "slot", "detour", "callback", "copy", "behind"];
const texts: readonly Text[] = ["insn", "breakpoint", "branch"];
/** With interrupts off, so that no core stops the machine meanwhile. */
const inTrap = ({ at }: Core) => at === "trap" || at === "handler" || at === "slot";
const inDetour = ({ at }: Core) => at === "detour" || at === "callback" || at === "copy";

function model(cores: number, runs: number, optimised: boolean, faults: Faults = {}): Model<State, number> {
  const ended = ({ steps, cores }: State) => steps.length === 0 && cores.every(({ left }) => left === 0);
  return {
    init: () => [
      {
        text: "insn",
        listed: true,
        allocated: true,
        steps: life(optimised, faults),
        cores: Array.from({ length: cores }, () => ({ at: "site", left: runs })),
        awaited: undefined,
        probed: 0,
        hits: 0,
        wrong: "",
      },
    ],
    // -1 is the core that registers and removes the probe.
    actions: (state) => [
      ...(state.steps.length > 0 ? [-1] : []),
      ...state.cores.flatMap(({ left }, i) => (left > 0 ? [i] : [])),
    ],
    next: (state, who) => (who < 0 ? manage(state, faults) : execute(state, who, faults)),
    encode: (state, row) => {
      row.push(texts.indexOf(state.text) + 4 * Number(state.listed) + 8 * Number(state.allocated));
      row.push(state.steps.length);
      row.push(state.awaited === undefined ? 255 : state.awaited.reduce((bits, i) => bits | (1 << i), 0));
      row.push(state.probed + 32 * state.hits);
      row.push(state.wrong.length);
      for (const { at, left } of state.cores) row.push(places.indexOf(at) + 8 * left);
    },
    representative: (state) =>
      state.awaited === undefined
        ? {
            ...state,
            cores: state.cores.toSorted((a, b) => places.indexOf(a.at) - places.indexOf(b.at) || a.left - b.left),
          }
        : state,
    properties: [
      always("nobody executes what is freed, and no trap is left without an owner", ({ wrong }) => wrong === ""),
      always(
        "in the end every execution that met the probe was a hit",
        (state) => !ended(state) || state.hits === state.probed,
      ),
      always("in the end the text is as it was", (state) => !ended(state) || state.text === "insn"),
      eventually("all come to their end", ended),
      sometimes("the probe is hit", ({ hits }) => hits > 0),
    ],
  };
}

/** The next step of the probe's life; undefined where it has to wait. */
function manage(state: State, { noStop }: Faults): State | undefined {
  const [step, ...steps] = state.steps;
  const done = (change: Partial<State> = {}): State => ({ ...state, steps, awaited: undefined, ...change });
  // Stopping the machine waits until every core has left its trap.
  const stopped = noStop === true || !state.cores.some(inTrap);
  const wait = (inside: (core: Core) => boolean): State | undefined => {
    if (state.awaited === undefined)
      return { ...state, awaited: state.cores.flatMap((core, i) => (inside(core) ? [i] : [])) };
    const left = state.awaited.filter((i) => inside(state.cores[i]!));
    if (left.length === 0) return done();
    return left.length < state.awaited.length ? { ...state, awaited: left } : undefined;
  };
  switch (step) {
    case "arm":
      return done({ text: "breakpoint" });
    case "optimise":
      return stopped ? done({ text: "branch" }) : undefined;
    case "unoptimise":
      return stopped ? done({ text: "breakpoint" }) : undefined;
    case "disarm":
      return stopped ? done({ text: "insn" }) : undefined;
    case "unlist":
      return done({ listed: false });
    case "wait-traps":
      return wait(inTrap);
    case "wait-tasks":
      return wait(inDetour);
    default:
      return done({ allocated: false });
  }
}

/** One step of a core that runs through the site. */
function execute(state: State, i: number, { strayTraps }: Faults): State {
  const core = state.cores[i]!;
  const to = (at: Where, change: Partial<State> = {}): State => ({
    ...state,
    ...change,
    cores: state.cores.with(i, { ...core, at }),
  });
  const inMemory = (at: Where, change: Partial<State> = {}): State =>
    to(at, state.allocated ? change : { ...change, wrong: "it was freed" });
  switch (core.at) {
    case "site":
      if (state.text === "insn") return to("behind");
      return to(state.text === "branch" ? "detour" : "trap", { probed: state.probed + 1 });
    case "trap":
      if (state.listed) return to("handler", { hits: state.hits + 1 });
      // The probe went while the trap was on its way: what is there now is executed.
      return to("site", { probed: state.probed - 1, ...(strayTraps ? { wrong: "nobody's trap" } : {}) });
    case "handler":
      return to("slot");
    case "slot":
    case "copy":
      return inMemory("behind");
    case "detour":
      return inMemory("callback");
    case "callback":
      return to("copy", { hits: state.hits + 1 });
    case "behind":
      return { ...state, cores: state.cores.with(i, { at: "site", left: core.left - 1 }) };
  }
}

const verdicts = (cores: number, runs: number, optimised: boolean, faults?: Faults) =>
  check(model(cores, runs, optimised, faults)).properties.map(({ verdict }) => verdict);

describe.each([false, true])("a probe with a detour: %s", (optimised) => {
  test.each([
    [1, 3],
    [2, 2],
    [3, 1],
  ])("%i cores that run through the site %i times", (cores, runs) => {
    expect(verdicts(cores, runs, optimised)).toEqual(Array(5).fill("holds"));
  });

  test("without waiting for the cores in a trap", () => {
    // Stopping the machine has waited for them; it is the wait that lets a breakpoint go without a stop.
    expect(verdicts(2, 2, optimised, { noWaitForTraps: true })[0]).toBe("holds");
    expect(verdicts(2, 2, optimised, { noWaitForTraps: true, noStop: true })[0]).toBe("violated");
    expect(verdicts(2, 2, optimised, { noStop: true })[0]).toBe("holds");
  });

  test("a trap that finds its probe gone", () => {
    expect(verdicts(2, 2, optimised, { noStop: true, strayTraps: true })[0]).toBe("violated");
    expect(verdicts(2, 2, optimised, { tableFirst: true, strayTraps: true })[0]).toBe("violated");
    expect(verdicts(2, 2, optimised, { strayTraps: true })[0]).toBe("holds");
  });
});

test("without waiting for the tasks in a detour", () => {
  expect(verdicts(2, 2, true, { noWaitForTasks: true })[0]).toBe("violated");
});
