import { expect, test } from "vitest";
import { auditSample, Damaged } from "./samples.js";

test("a key costs a stop of the machine for each site that stays; A32 sites are live once, Thumb sites never", () => {
  const [trace, ...rest] = auditSample("sites-arm.elf").keys;
  expect(trace).toMatchObject({
    symbol: "trace_key",
    tracepoint: false,
    // square, mix and gather; the fourth is in init text.
    sites: 4,
    stops: 3,
    liveFirst: 4,
    live: 0,
    liveWithNop: 4,
    liveWith16Bit: 0,
  });
  expect(rest.map(({ symbol, stops }) => [symbol, stops]).sort()).toEqual([
    ["fast_key", 1],
    ["slow_key", 1],
  ]);
  expect(auditSample("sites-thumb2.elf").keys[0]).toMatchObject({
    sites: 4,
    liveFirst: 0,
    liveWithNop: 0,
    liveWith16Bit: 4,
  });
});

test("a Thumb site whose target is out of reach of 16 bits could not be live", () => {
  const damaged = new Damaged("kernel-thumb2.elf");
  const text = damaged.image.sectionsNamed(".text")[0]!;
  damaged.write(text.headerOffset + 20, 0x1_0000);
  const table = damaged.offsetOf(damaged.addressOf("__start___jump_table"));
  const code = damaged.word(table);
  const live = (target: number) => {
    damaged.write(table + 4, target);
    return damaged.report().keys.reduce((sum, key) => sum + key.liveWith16Bit, 0);
  };
  expect([live(code + 4 + 2046), live(code + 4 + 2048)]).toEqual([6, 5]);
});

test("a key of another file is one key, by its name", () => {
  const key = auditSample("sites-arm.ko").keys.find(({ symbol }) => symbol === "other_module_key");
  expect(key).toMatchObject({ address: null, section: null, sites: 1, stops: 0 });
});

test("a tracepoint is joined with the sites of its key, and has a key of its own where it has none", () => {
  const damaged = new Damaged("sites-arm.elf");
  const names = damaged.table(".shstrtab");
  const at = new TextDecoder("latin1").decode(damaged.bytes.subarray(names)).indexOf("__mcount_loc");
  damaged.bytes.set(new TextEncoder().encode("__tracepoints_ptrs\0"), names + at);
  // The key is the second word of a tracepoint.
  const table = damaged.table("__tracepoints_ptrs");
  damaged.write(table, damaged.addressOf("trace_key") - 4);
  const { keys } = damaged.report();
  expect(keys.find(({ symbol }) => symbol === "trace_key")).toMatchObject({ tracepoint: true, sites: 4 });
  expect(keys.filter(({ tracepoint, sites }) => tracepoint === true && sites === 0)).not.toEqual([]);
});

test("without the tracepoints nobody knows which key is one's", () => {
  const { keys } = auditSample("sites-arm.elf", { kinds: ["jump_label"] });
  expect(keys.map(({ tracepoint }) => tracepoint)).toEqual([null, null, null]);
});
