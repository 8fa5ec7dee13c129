import { always, check, type Model } from "@cmodx/explore";
import { describe, expect, test } from "vitest";

// The counter of a static key between cores: every interleaving of the kernel's atomic steps. With a fix that the kernel got taken
// out again, the race that it was for is found.

type Operation = "slow_inc" | "slow_dec" | "enable" | "disable";

/** What the kernel did before a fix. */
interface Faults {
  /** The first enable stores 1 before the sites are patched: whoever increments then is told "on" too early. */
  readonly onBeforePatched?: boolean;
  /** The increment without the lock takes any number but 0, also the -1 of an enable in progress. */
  readonly anyButZero?: boolean;
  /** The last decrement exchanges 1 for 0 under the lock, and does nothing where another user came meanwhile. */
  readonly decrementByExchange?: boolean;
  /** The switch to off is not under the lock. */
  readonly offUnlocked?: boolean;
}

interface Actor {
  readonly program: readonly Operation[];
  readonly done: number;
  readonly at: "start" | "lock" | "locked" | "patch-on" | "publish" | "patch-off" | "unlock";
}

interface State {
  readonly count: number;
  readonly sites: boolean;
  /** Which actor holds `jump_label_mutex`; -1 for none. */
  readonly holder: number;
  readonly actors: readonly Actor[];
  /** An actor was told that the key is on while its sites were off. */
  readonly lied: boolean;
}

function model(programs: readonly (readonly Operation[])[], faults: Faults = {}): Model<State, number> {
  const users = (actors: readonly Actor[]) =>
    actors
      .flatMap(({ program, done }) => program.slice(0, done))
      .reduce((sum, operation) => sum + (operation === "slow_inc" ? 1 : operation === "slow_dec" ? -1 : 0), 0);
  const idle = ({ actors }: State) => actors.every(({ at }) => at === "start");
  const counts = programs.flat().every((operation) => operation.startsWith("slow"));
  return {
    init: () => [
      {
        count: 0,
        sites: false,
        holder: -1,
        actors: programs.map((program) => ({ program, done: 0, at: "start" })),
        lied: false,
      },
    ],
    actions: ({ actors }) => actors.flatMap(({ program, done }, i) => (done < program.length ? [i] : [])),
    next: (state, i) => step(state, i, faults),
    encode: ({ count, sites, holder, actors, lied }, row) => {
      row.push(count + 8);
      row.push(Number(sites) + 2 * Number(lied));
      row.push(holder + 1);
      for (const { done, at } of actors) row.push(done * 8 + ORDER.indexOf(at));
    },
    properties: [
      always("nobody is told that the key is on while its sites are off", ({ lied }) => !lied),
      always("when nobody is at it, the sites are what the count says", (state) => {
        return !idle(state) || state.sites === state.count > 0;
      }),
      always("when nobody is at it, the count is the number of users", (state) => {
        return !counts || !idle(state) || state.count === users(state.actors);
      }),
      always("somebody can go on, or all are done", (state) => {
        const waiting = state.actors.filter(({ program, done }) => done < program.length);
        return waiting.length === 0 || waiting.some((actor) => actor.at !== "lock" || state.holder < 0);
      }),
    ],
  };
}

const ORDER: readonly Actor["at"][] = ["start", "lock", "locked", "patch-on", "publish", "patch-off", "unlock"];

function step(state: State, i: number, faults: Faults): State | undefined {
  const actor = state.actors[i]!;
  const operation = actor.program[actor.done]!;
  const to = (change: Partial<Actor>, rest: Partial<State> = {}): State => ({
    ...state,
    ...rest,
    actors: state.actors.with(i, { ...actor, ...change }),
  });
  const finish = (rest: Partial<State> = {}) => to({ at: "start", done: actor.done + 1 }, rest);
  /** Returns "the key is on" to the caller. */
  const toldOn = (rest: Partial<State> = {}) => finish({ ...rest, lied: state.lied || !state.sites });
  const { count } = state;
  switch (actor.at) {
    case "start":
      switch (operation) {
        case "slow_inc":
          if (faults.anyButZero ? count !== 0 : count > 0) return toldOn({ count: count + 1 });
          return to({ at: "lock" });
        case "slow_dec":
          return count > 1 ? finish({ count: count - 1 }) : to({ at: faults.offUnlocked ? "locked" : "lock" });
        case "enable":
          return count > 0 ? toldOn() : to({ at: "lock" });
        case "disable":
          return count !== 1 ? finish() : to({ at: "lock" });
      }
      break;
    case "lock":
      return state.holder >= 0 ? undefined : to({ at: "locked" }, { holder: i });
    case "locked":
      switch (operation) {
        case "slow_inc":
        case "enable":
          if (count === 0) return to({ at: "patch-on" }, { count: faults.onBeforePatched ? 1 : -1 });
          return to({ at: "unlock" }, operation === "slow_inc" ? { count: count + 1 } : {});
        case "slow_dec":
          if (faults.decrementByExchange)
            return count === 1 ? to({ at: "patch-off" }, { count: 0 }) : to({ at: "unlock" });
          return to({ at: count === 1 ? "patch-off" : "unlock" }, { count: count - 1 });
        case "disable":
          return count === 1 ? to({ at: "patch-off" }, { count: 0 }) : to({ at: "unlock" });
      }
      break;
    case "patch-on":
      return to({ at: faults.onBeforePatched ? "unlock" : "publish" }, { sites: true });
    case "publish":
      return to({ at: "unlock" }, { count: 1 });
    case "patch-off":
      return to({ at: "unlock" }, { sites: false });
    case "unlock":
      return finish({ holder: state.holder === i ? -1 : state.holder });
  }
  return undefined;
}

const user: readonly Operation[] = ["slow_inc", "slow_dec"];
const holds = (programs: readonly (readonly Operation[])[]) => check(model(programs));
const broken = (programs: readonly (readonly Operation[])[], faults: Faults) =>
  check(model(programs, faults)).properties.filter(({ verdict }) => verdict === "violated").length;

describe("as the kernel is", () => {
  test.each<[string, readonly (readonly Operation[])[]]>([
    ["two users", [user, user]],
    ["three users", [user, user, user]],
    ["three users, twice each", [[...user, ...user], [...user, ...user], user]],
    [
      "two who enable and disable",
      [
        ["enable", "disable"],
        ["enable", "disable"],
      ],
    ],
    ["three who enable", [["enable"], ["enable"], ["enable"]]],
    ["one who switches and one who reads through the fast path", [["enable", "disable"], ["enable"], ["disable"]]],
  ])("%s", (_, programs) => {
    const { properties, complete } = holds(programs);
    expect(complete).toBe(true);
    expect(properties.map(({ verdict }) => verdict)).toEqual(Array(4).fill("holds"));
  });
});

describe("without a fix, the race is found", () => {
  test("the count says on before the sites are", () => {
    expect(broken([user, user], { onBeforePatched: true })).toBeGreaterThan(0);
  });

  test("an increment of a key whose first enable is in progress", () => {
    expect(broken([["slow_inc"], ["slow_inc"]], { anyButZero: true })).toBeGreaterThan(0);
  });

  test("a decrement that is lost where another user came meanwhile", () => {
    expect(broken([user, user], { decrementByExchange: true })).toBeGreaterThan(0);
  });

  test("a switch to off beside a switch to on", () => {
    expect(broken([user, user], { offUnlocked: true })).toBeGreaterThan(0);
  });
});
