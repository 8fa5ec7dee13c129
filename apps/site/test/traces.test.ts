import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromeJson, type TraceEntry } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { KEY_CHOICES, PROBE_CHOICES } from "../src/traces/choices.js";
import { PROBES, Station, type Switches } from "../src/traces/station.js";
import { readChromeJson, Timeline } from "../src/traces/timeline.js";

const program = new Uint8Array(readFileSync(fileURLToPath(new URL("../samples/station.elf", import.meta.url))));
const nothing: Switches = { tracer: "nop", filter: "", keys: [], probes: [] };
const kinds = (entries: readonly TraceEntry[]): string[] => [...new Set(entries.map(({ kind }) => kind))].toSorted();
const names = (entries: readonly TraceEntry[]): string[] =>
  [...new Set(entries.map((entry) => ("name" in entry ? entry.name : "")))].toSorted();

describe("the program that is traced", () => {
  test("records nothing until it is asked to, and nothing afterwards", () => {
    const station = new Station(program);
    expect(station.advance(3000)).toEqual([]);
    station.apply({ ...nothing, tracer: "function" });
    expect(kinds(station.advance(3000))).toEqual(["function"]);
    station.apply(nothing);
    expect(station.advance(3000)).toEqual([]);
  });

  test("is traced on both of its cores, as a graph, and filtered while it runs", () => {
    const station = new Station(program);
    station.apply({ ...nothing, tracer: "function_graph" });
    const all = station.advance(20_000);
    expect(kinds(all)).toEqual(["entry", "exit"]);
    expect(new Set(all.map(({ core }) => core))).toEqual(new Set([0, 1]));
    expect(station.apply({ ...nothing, tracer: "function_graph", filter: "ring_*" })).toBeUndefined();
    station.advance(2000);
    expect(names(station.advance(20_000))).toEqual(["ring_put", "ring_take"]);
    expect(station.apply({ ...nothing, tracer: "function_graph", filter: "nobody" })).toContain("nobody");
  });

  test.each(KEY_CHOICES.filter((name) => name.startsWith("trace_")))("has the tracepoint %s", (key) => {
    const station = new Station(program);
    station.apply({ ...nothing, keys: [key] });
    expect(names(station.advance(60_000))).toEqual([key]);
    station.apply(nothing);
    expect(station.advance(20_000)).toEqual([]);
  });

  test("goes the long way round where a key that is no tracepoint is on", () => {
    const spent = (keys: readonly string[]): number => {
      const station = new Station(program);
      station.apply({ ...nothing, tracer: "function_graph", filter: "smooth", keys });
      const calls = station.advance(60_000).flatMap((entry) => (entry.kind === "exit" ? [entry.duration] : []));
      // The shortest: the other core's instructions count in the time of the others.
      return Math.min(...calls);
    };
    expect(spent(["smooth_more"])).toBeGreaterThan(spent([]));
  });

  test.each(PROBE_CHOICES.map((event, i) => ({ event, i })))("has the probe $event", ({ event, i }) => {
    const station = new Station(program);
    expect(PROBES[i]?.event).toBe(event);
    for (const probes of [[i], [], [i]]) {
      expect(station.apply({ ...nothing, probes })).toBeUndefined();
      station.advance(1000);
      expect(names(station.advance(60_000))).toEqual(probes.length === 0 ? [] : [event]);
    }
  });
});

describe("a timeline", () => {
  test("shows the same of a recording and of its file", () => {
    const station = new Station(program);
    station.apply({ ...nothing, tracer: "function_graph", keys: ["trace_sample"] });
    const entries = station.advance(20_000);
    const direct = new Timeline();
    for (const entry of entries) direct.add(entry);
    direct.close(direct.end);
    const count = { inBuffer: entries.length, written: entries.length };
    const read = readChromeJson([...chromeJson({ tracer: "function_graph", cores: 2, entries, count })].join(""));
    if (typeof read === "string") throw new Error(read);
    expect(read.lanes.map(({ name }) => name)).toEqual(["core 0", "core 1"]);
    for (const [i, lane] of read.lanes.entries()) {
      expect(lane.spans).toEqual(direct.lanes[i]?.spans);
      expect(lane.instants.map(({ name, time }) => [name, time])).toEqual(
        direct.lanes[i]?.instants.map(({ name, time }) => [name, time]),
      );
    }
  });

  test.each([
    ["", "JSON"],
    ["{}", "traceEvents"],
    ["null", "traceEvents"],
    ['{"traceEvents":[]}', "nothing"],
    ['{"traceEvents":[1,null,"x",{"ph":"B","ts":"soon"},{"ph":"E","ts":1},{"ph":2}]}', "nothing"],
  ])("refuses %j", (text, why) => expect(readChromeJson(text)).toContain(why));

  test("takes calls that were never left, and returns that were never called", () => {
    const read = readChromeJson(
      '[{"ph":"E","tid":1,"ts":1},{"ph":"B","tid":1,"ts":2,"name":"f"},{"ph":"X","tid":2,"ts":3,"dur":1,"name":"g"}]',
    );
    if (typeof read === "string") throw new Error(read);
    expect(read.lanes.map(({ spans }) => spans.map(({ name, start, end }) => [name, start, end]))).toEqual([
      [["f", 2000, 4000]],
      [["g", 3000, 4000]],
    ]);
  });
});
