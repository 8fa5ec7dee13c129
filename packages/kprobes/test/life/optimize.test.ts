import { decodeA32, encodeBranch } from "@cmodx/codec";
import { listText, makeDetour, Probe, ProbeCore, SlotPool } from "@cmodx/kprobes";
import { describe, expect, test } from "vitest";
import { kernel, named, registers, start } from "./kernel.js";

const functions = { f: "push {r4, lr}\nmov r4, r0\nldr r1, [pc, #4]", g: "moveq r0, r1" };
const udf = "f801f0e7";
const optimised = () => kernel("a32", functions, { optimise: true });

describe("the queue", () => {
  test("works five ticks after the first request", () => {
    const { kprobes, at } = optimised();
    kprobes.register(new Probe({ symbol: "f" }));
    kprobes.advance(3);
    kprobes.register(new Probe({ symbol: "f", offset: 4 }));
    kprobes.advance(1);
    expect([at(start), at(start + 4)]).toEqual([udf, udf]);
    kprobes.advance(1);
    // Both at once: b 0x7f002000 and, 384 bytes on, b 0x7f002180.
    expect([at(start), at(start + 4)]).toEqual(["fe07bcea", "5d08bcea"]);
  });

  test("forgets a probe that is disabled before it comes to it", () => {
    const { kprobes, at } = optimised();
    const probe = new Probe({ symbol: "f" });
    kprobes.register(probe);
    expect(listText(kprobes)).toMatch(/\[OPTIMIZED\]/);
    kprobes.disable(probe);
    expect([at(start), listText(kprobes)]).toEqual(["10402de9", "80100000  k  f+0x0    [DISABLED]\n"]);
    kprobes.advance(10);
    expect(at(start)).toBe("10402de9");
  });

  test.each([
    ["linux", udf],
    ["strict", "fe07bcea"],
  ] as const)("leaves the branch until it comes; %s takes an enabled probe back", (compat, left) => {
    const { kprobes, at } = kernel("a32", functions, { optimise: true, compat });
    const probe = new Probe({ symbol: "f" });
    kprobes.register(probe);
    kprobes.advance(5);
    kprobes.disable(probe);
    expect([at(start), listText(kprobes)]).toEqual(["fe07bcea", "80100000  k  f+0x0    [DISABLED][OPTIMIZED]\n"]);
    kprobes.enable(probe);
    kprobes.advance(10);
    expect([listText(kprobes), at(start)]).toEqual(["80100000  k  f+0x0    [OPTIMIZED]\n", left]);
  });

  test("a probe that comes while the last one is on its way out", () => {
    const { kprobes, at } = optimised();
    const [first, second] = [new Probe({ symbol: "f" }), new Probe({ symbol: "f" })];
    kprobes.register(first);
    kprobes.advance(5);
    const branch = at(start);
    kprobes.unregister(first);
    expect(at(start)).toBe(branch);
    expect(kprobes.register(second).ok).toBe(true);
    kprobes.advance(20);
    expect(at(start)).toBe(branch);
    kprobes.unregister(second);
    kprobes.advance(20);
    expect([at(start), kprobes.slotsInUse]).toEqual(["10402de9", 0]);
  });

  test("the switch for optimisation", () => {
    const { kprobes, at } = optimised();
    kprobes.register(new Probe({ symbol: "f" }));
    kprobes.advance(5);
    kprobes.optimization = false;
    expect(at(start)).toBe(udf);
    kprobes.advance(50);
    expect(at(start)).toBe(udf);
    kprobes.optimization = true;
    kprobes.advance(5);
    expect(at(start)).toBe("fe07bcea");
  });

  test("a handler behind the instruction keeps the breakpoint", () => {
    const { kprobes, at } = optimised();
    const plain = new Probe({ symbol: "f" });
    kprobes.register(plain);
    kprobes.advance(5);
    const post = new Probe({ symbol: "f", post: () => undefined });
    kprobes.register(post);
    expect(at(start)).toBe(udf);
    kprobes.advance(50);
    expect(at(start)).toBe(udf);
    kprobes.unregister(post);
    kprobes.advance(5);
    expect(at(start)).toBe("fe07bcea");
  });

  test("the branch has the condition of the breakpoint", () => {
    const { kprobes, at, of } = optimised();
    kprobes.register(new Probe({ symbol: "g" }));
    expect(at(of("g"))).toBe("f801f007");
    kprobes.advance(5);
    expect(at(of("g")).slice(6)).toBe("0a");
  });
});

describe("the detour", () => {
  const request = { stack: 8, registers: 0x6010, probe: 0x11111111, callback: 0x22222222 };
  const words = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const made = (registers: number | null, compat: "linux" | "strict" = "linux", address = 0x7f002000) =>
    makeDetour({ ...request, registers, insn: decodeA32(0xe92d4010, start), address }, compat);

  test("makes room for the registers and for what the instruction stores", () => {
    const result = made(0x6010);
    if (!result.ok) throw new Error(result.errno);
    const code = words(result.detour.bytes);
    expect([code.length, code[0], code[2]]).toEqual([24, 0xe24dd050, 0xe28d3050]);
    expect([...code.slice(22)]).toEqual([0x11111111, 0x22222222]);
  });

  test("executes the instruction itself, or goes on at the PC that the callback leaves", () => {
    const direct = made(0x6010);
    const called = made(null);
    if (!direct.ok || !called.ok) throw new Error("no detour");
    const back = encodeBranch({ isa: "a32", kind: "b" }, 0x7f002054, start + 4);
    expect([...words(direct.detour.bytes).slice(19, 22)]).toEqual([0xe89d7fff, 0xe92d4010, back.ok && back.insn.word]);
    expect([...words(called.detour.bytes).slice(19, 22)]).toEqual([0xe89dffff, 0xe320f000, 0xe320f000]);
    expect([direct.detour.direct, called.detour.direct]).toEqual([true, false]);
    expect(made(0x8000)).toMatchObject({ ok: true, detour: { direct: false } });
  });

  test.each([
    [-33554440, true, false],
    [-33554428, true, false],
    [-33554424, true, true],
    [33554420, true, true],
    [33554424, false, true],
    [33554436, false, true],
    [33554440, false, false],
    [-33554444, false, false],
  ])("%i bytes away: Linux %s, strict %s", (distance, linux, strict) => {
    const address = start + distance;
    expect([made(null, "linux", address).ok, made(null, "strict", address).ok]).toEqual([linux, strict]);
  });

  test("Linux stops where it accepted a branch that does not reach", () => {
    const detours = { base: start - 33554432, callback: 0 };
    const { kprobes, at } = kernel("a32", functions, { detours });
    kprobes.register(new Probe({ symbol: "f" }));
    kprobes.advance(5);
    expect([kprobes.bugs.length, at(start)]).toEqual([1, udf]);
    const strict = kernel("a32", functions, { detours, compat: "strict" });
    strict.kprobes.register(new Probe({ symbol: "f" }));
    strict.kprobes.advance(5);
    expect([strict.kprobes.bugs.length, strict.at(start)]).toEqual([0, udf]);
  });

  test("calls handlers, which cannot go elsewhere; inside a probe it only counts", () => {
    const { kprobes } = optimised();
    const log: string[] = [];
    const core: ProbeCore = new ProbeCore(kprobes, ({ insn }) => {
      log.push(insn.mnemonic);
      return undefined;
    });
    const probe = new Probe({ symbol: "f", pre: () => true });
    const literal = named(log, "literal", { symbol: "f", offset: 8 });
    kprobes.registerAll([probe, literal]);
    const [first, second] = [kprobes.siteAt(start), kprobes.siteAt(start + 8)];
    const state = registers(0);
    expect([core.detour(first!, state), state.r[15], log]).toEqual(["handled", start, []]);
    // Its base is the PC, so the callback executes it.
    expect([core.detour(second!, state), state.r[15], log.splice(0)]).toEqual([
      "handled",
      start + 12,
      ["literal", "ldr"],
    ]);
    kprobes.register(new Probe({ symbol: "f", offset: 4, pre: () => void core.detour(second!, registers(0)) }));
    core.trap(registers(start + 4));
    expect([literal.nmissed, log]).toEqual([1, ["ldr", "mov"]]);
  });
});

test("slots: a dirty one is used again after a collection", () => {
  const pool = new SlotPool(0x1000, 1024, 1);
  const take = () => pool.take()?.toString(16);
  expect([take(), take(), take(), take(), take()]).toEqual(["1000", "1400", "1800", "1c00", undefined]);
  pool.free(0x1400, false);
  expect(take()).toBe("1400");
  pool.free(0x1800, true);
  pool.free(0x1000, true);
  expect([pool.used, take(), take(), take()]).toEqual([2, "1000", "1800", undefined]);
  const growing = new SlotPool(0x1000, 2048);
  expect([1, 2, 3].map(() => growing.take())).toEqual([0x1000, 0x1800, 0x2000]);
  growing.free(0x1000, false);
  growing.free(0x1800, false);
  expect([1, 2, 3].map(() => growing.take())).toEqual([0x2800, 0x1000, 0x1800]);
  const patient = new SlotPool(0x1000, 2048);
  for (let i = 0; i < 3; i++) patient.take();
  patient.free(0x1000, true);
  patient.free(0x2000, true);
  // As many dirty ones as a page holds are not yet collected.
  expect(patient.take()).toBe(0x2800);
});
