import { bytesMemory } from "@cmodx/patching";
import {
  type Effect,
  GracePeriods,
  liveOrStop,
  PlanPatcher,
  StaticKeys,
  staticKey,
  Tracepoints,
  type TracepointsOptions,
  tracepoint,
} from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

function setUp(options: Partial<TracepointsOptions> = {}, declared: Parameters<typeof tracepoint>[2] = {}) {
  const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0, new Uint8Array(0)), liveOrStop) });
  const point = tracepoint<[value: number]>("point", staticKey("__tracepoint_point", { address: 0xa000 }), declared);
  labels.init([], [point.key]);
  const effects: Effect[] = [];
  const points = new Tracepoints({ labels, onEffect: (_, effect) => effects.push(effect), ...options });
  const seen: string[] = [];
  const probe = (name: string) => (data: unknown, value: number) => seen.push(`${name}${data ?? ""}:${value}`);
  const taken = () => effects.splice(0);
  return { labels, point, points, seen, probe, taken };
}

describe("the order of effects, transition by transition", () => {
  const { point, points, probe, taken } = setUp();
  const [a, b, c] = ["a", "b", "c"].map(probe) as [
    ReturnType<typeof probe>,
    ReturnType<typeof probe>,
    ReturnType<typeof probe>,
  ];

  test("0 to 1: the call, then the array, then the key", () => {
    points.register(point, a, 1);
    expect(taken()).toEqual(["call probe", "publish", "enable key"]);
  });

  test("1 to 2: the iterator before the array with two", () => {
    points.register(point, b, 2);
    expect(taken()).toEqual(["call iterator", "publish"]);
  });

  test("2 to 3: a new first entry is remembered", () => {
    points.register(point, c, 3, { priority: 11 });
    expect(taken()).toEqual(["publish", "remember N_2_1"]);
  });

  test("3 to 2: the first entry's data changes again", () => {
    points.unregister(point, c, 3);
    expect(taken()).toEqual(["publish", "remember N_2_1"]);
  });

  test("2 to 1: readers of longer arrays end before the call goes to the probe", () => {
    points.unregister(point, a, 1);
    expect(taken()).toEqual(["publish", "remember N_2_1", "wait N_2_1", "call probe"]);
  });

  test("1 to 0: the key first, the array last", () => {
    points.unregister(point, b, 2);
    expect(taken()).toEqual(["disable key", "call iterator", "publish", "remember 1_0_1"]);
  });

  test("and 0 to 1 again waits for that", () => {
    points.register(point, a, 1);
    expect(taken()).toEqual(["wait 1_0_1", "call probe", "publish", "enable key"]);
  });
});

test("what was waited for once is not waited for again", () => {
  const { point, points, probe, taken } = setUp();
  const [a, b] = [probe("a"), probe("b")];
  points.register(point, a, 1);
  points.register(point, b, 2, { priority: 11 });
  points.unregister(point, b, 2);
  expect(taken()).toContain("wait N_2_1");
  // The first entry keeps its data now, so nobody can meet another's.
  points.register(point, b, 1);
  points.unregister(point, b, 1);
  expect(taken()).toEqual(["call iterator", "publish", "publish", "call probe"]);
});

test("a grace period that passed by itself is not waited for", () => {
  const gracePeriods = new GracePeriods();
  const { point, points, probe } = setUp({ gracePeriods });
  const a = probe("a");
  points.register(point, a);
  points.unregister(point, a);
  gracePeriods.synchronize();
  const before = gracePeriods.passed;
  points.register(point, a);
  expect(gracePeriods.passed).toBe(before);
  points.unregister(point, a);
  points.register(point, a);
  expect(gracePeriods.passed).toBe(before + 1);
});

test("probes are called by priority, equals in the order they came", () => {
  const { point, points, seen, probe } = setUp();
  points.register(point, probe("low"), undefined, { priority: 1 });
  points.register(point, probe("first"));
  points.register(point, probe("second"));
  points.register(point, probe("high"), undefined, { priority: 20 });
  point.call(7);
  expect(seen).toEqual(["high:7", "first:7", "second:7", "low:7"]);
});

test("off, a call does nothing; a condition may keep one from being traced", () => {
  const { point, points, seen, probe } = setUp({}, { condition: (value) => (value as number) > 1 });
  point.call(5);
  points.register(point, probe("a"));
  point.call(1);
  point.call(2);
  expect([point.enabled(), seen]).toEqual([true, ["a:2"]]);
});

describe("what the kernel refuses", () => {
  test("a probe twice with the same data, not with other data", () => {
    const { point, points, probe } = setUp();
    const a = probe("a");
    expect(points.register(point, a, 1)).toBe("ok");
    expect(points.register(point, a, 1)).toBe("-EEXIST");
    expect(points.warnings).toHaveLength(1);
    expect(points.register(point, a, 1, { mayExist: true })).toBe("-EEXIST");
    expect(points.warnings).toHaveLength(1);
    expect(points.register(point, a, 2)).toBe("ok");
  });

  test("no function at all", () => {
    const { point, points } = setUp();
    expect(points.register(point, null as never)).toBe("-EINVAL");
  });

  test("taking out what is not there; from an array that has others only where one asks for strictness", () => {
    for (const compat of ["linux", "strict"] as const) {
      const { point, points, probe } = setUp({ compat });
      expect(points.unregister(point, probe("a"))).toBe("-ENOENT");
      points.register(point, probe("b"));
      expect(points.unregister(point, probe("a"))).toBe(compat === "linux" ? "ok" : "-ENOENT");
      expect(point.probes).toHaveLength(1);
    }
  });

  test("a callback's refusal, and it is told when an insertion fails after it", () => {
    const calls: string[] = [];
    const declared = {
      onRegister: () => {
        calls.push("on");
        return calls.length > 1 ? -1 : 0;
      },
      onUnregister: () => calls.push("off"),
    };
    let memory = false;
    const { point, points, probe } = setUp({ allocate: () => memory }, declared as never);
    expect(points.register(point, probe("a"))).toBe("-ENOMEM");
    memory = true;
    expect(points.register(point, probe("a"))).toBe("-EREFUSED");
    expect([calls, point.enabled()]).toEqual([["on", "off", "on"], false]);
  });
});

test("without memory for a smaller array the probe becomes a stub, and the next change drops it", () => {
  let memory = true;
  const { point, points, seen, probe } = setUp({ allocate: () => memory });
  const [a, b] = [probe("a"), probe("b")];
  points.register(point, a);
  points.register(point, b);
  memory = false;
  expect(points.unregister(point, a)).toBe("ok");
  expect(point.probes).toHaveLength(2);
  point.call(1);
  expect(seen).toEqual(["b:1"]);
  memory = true;
  points.register(point, probe("c"));
  expect(point.probes).toHaveLength(2);
});

test("a probe may take itself out while it is called", () => {
  const { point, points, seen, probe } = setUp();
  const once = (_: unknown, value: number) => {
    seen.push(`once:${value}`);
    points.unregister(point, once);
  };
  points.register(point, once);
  points.register(point, probe("after"));
  point.call(1);
  point.call(2);
  expect(seen).toEqual(["once:1", "after:1", "after:2"]);
});

test("modules: tainted ones are left out, and probes left behind are told", () => {
  const { point, points, probe } = setUp();
  expect(points.moduleComing("bad", [point as never], ["proprietary"])).toBe(false);
  expect(points.moduleComing("good", [point as never], ["unsigned"])).toBe(true);
  points.register(point, probe("a"));
  points.moduleGoing("good");
  expect(points.warnings.map(({ id }) => id)).toEqual(["probes-left"]);
  expect(points.fromModules).toEqual([]);
});

test("random changes agree with a list that is kept simply", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = randomBelow(seed);
    const { point, points, seen, probe } = setUp({ compat: "linux" });
    const probes = Array.from({ length: 4 }, (_, i) => probe(`p${i}`));
    const list: { i: number; data: number; priority: number }[] = [];
    for (let round = 0; round < 60; round++) {
      const [i, data, priority] = [next(4), next(2), next(3)];
      const at = list.findIndex((entry) => entry.i === i && entry.data === data);
      if (next(2) === 0) {
        expect(points.register(point, probes[i]!, data, { priority })).toBe(at < 0 ? "ok" : "-EEXIST");
        if (at < 0) {
          list.push({ i, data, priority });
          list.sort((x, y) => y.priority - x.priority);
        }
      } else {
        expect(points.unregister(point, probes[i]!, data)).toBe(list.length === 0 ? "-ENOENT" : "ok");
        if (at >= 0) list.splice(at, 1);
      }
      seen.length = 0;
      point.call(round);
      expect([seed, seen]).toEqual([seed, list.map((entry) => `p${entry.i}${entry.data}:${round}`)]);
      expect(point.enabled()).toBe(list.length > 0);
      expect(point.target === "iterator").toBe(list.length !== 1);
    }
  }
});
