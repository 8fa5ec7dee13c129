import { cost, editOf, type PatchingError, type ProtocolName, plan, plansFor } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const t32 = (from: string, to: string, address: number) => editOf({ isa: "t32", address, from, to });
const stores = (edit: ReturnType<typeof t32>) =>
  plan(edit, "store-only").steps.patcher.map(({ operation }) => operation);

describe("stores", () => {
  test("a word-aligned T32 instruction is one word, its first halfword low", () => {
    expect(stores(t32("nop.w", "b.w 0x9000", 0x8000))).toEqual([
      { op: "store", address: 0x8000, size: 4, value: 0xbffef000 },
    ]);
  });

  test("one that lies across a word is two halfwords, the first one first", () => {
    expect(stores(t32("nop.w", "b.w 0x9000", 0x8002))).toEqual([
      { op: "store", address: 0x8002, size: 2, value: 0xf000 },
      { op: "store", address: 0x8004, size: 2, value: 0xbffd },
    ]);
  });

  test("a halfword that keeps its value is not written", () => {
    expect(stores(t32("bl 0x8100", "bl 0x8200", 0x8000))).toEqual([
      { op: "store", address: 0x8002, size: 2, value: 0xf8fe },
    ]);
  });

  test("a call slot is opened and closed by its first halfword alone", () => {
    expect(stores(t32("bl 0x9000", "b.n 0x8004", 0x8000))).toEqual([
      { op: "store", address: 0x8000, size: 2, value: 0xe000 },
    ]);
    expect(stores(t32("b.n 0x8004", "bl 0x9000", 0x8000))).toEqual([
      { op: "store", address: 0x8000, size: 2, value: 0xf000 },
    ]);
  });

  test("A32 is one word", () => {
    const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
    expect(stores(edit)).toEqual([{ op: "store", address: 0x8000, size: 4, value: 0xea0003fe }]);
  });
});

test("an instruction across a line has both lines cleaned and invalidated", () => {
  const ids = plan(t32("nop.w", "b.w 0x9000", 0x803e), "store+maintenance").steps.patcher.map((step) => step.id);
  expect(ids).toEqual([
    "store-first-halfword",
    "store-second-halfword",
    "clean-1",
    "clean-2",
    "dsb-after-clean",
    "invalidate-1",
    "invalidate-2",
    "invalidate-predictor-1",
    "invalidate-predictor-2",
    "dsb-after-invalidate",
    "isb",
  ]);
});

test("every step says what it is for", () => {
  const { patcher, others } = plan(t32("nop.w", "b.w 0x9000", 0x8000), "stop-machine").steps;
  for (const step of [...patcher, ...others]) expect(step.why.length).toBeGreaterThan(20);
});

test("the cost counts what the others are put through", () => {
  const edit = t32("nop.w", "b.w 0x9000", 0x8000);
  const price = (name: ProtocolName, cores: number) => cost(plan(edit, name), cores);
  expect(price("store-only", 4)).toEqual({ stores: 1, maintenance: 0, barriers: 0, ipis: 0, stalledCores: 0 });
  expect(price("sync-cores", 4)).toEqual({ stores: 1, maintenance: 3, barriers: 6, ipis: 3, stalledCores: 0 });
  expect(price("stop-machine", 4)).toEqual({ stores: 1, maintenance: 3, barriers: 7, ipis: 3, stalledCores: 3 });
  expect(price("stop-machine", 1)).toMatchObject({ ipis: 0, stalledCores: 0 });
});

test("an unknown protocol is an error that names the known ones", () => {
  try {
    plan(t32("nop.w", "b.w 0x9000", 0x8000), "toString" as ProtocolName);
    expect.unreachable();
  } catch (error) {
    expect((error as PatchingError).code).toBe("E_PROTOCOL");
    expect((error as Error).message).toContain("stop-machine");
  }
});

describe("several edits", () => {
  const sites = [0x8000, 0x8010, 0x8040].map((address) => editOf({ isa: "a32", address, from: "nop", to: "b 0x8100" }));

  test("share one round of maintenance, each line once, and one interrupt", () => {
    const ids = plan(sites, "nop-toggle").steps.patcher.map((step) => step.id);
    expect(ids).toEqual([
      "store-1",
      "store-2",
      "store-3",
      "clean-1",
      "clean-2",
      "dsb-after-clean",
      "invalidate-1",
      "invalidate-2",
      "invalidate-predictor-1",
      "invalidate-predictor-2",
      "dsb-after-invalidate",
      "isb",
      "interrupt",
      "await-synced",
    ]);
  });

  test("Linux makes one machine stop for each: as many plans as edits", () => {
    expect(code(() => plan(sites, "kernel-patch-text"))).toBe("E_NOT_APPLICABLE");
    const ipis = (name: ProtocolName) => plansFor(sites, name).reduce((sum, made) => sum + cost(made, 4).ipis, 0);
    expect([ipis("kernel-patch-text"), ipis("stop-machine")]).toEqual([9, 3]);
  });

  test("that overlap, and none at all, are refused", () => {
    expect(code(() => plan([t32("nop", "b.n 0x8100", 0x8000), t32("nop.w", "b.w 0x9000", 0x7ffe)], "store-only"))).toBe(
      "E_EDITS",
    );
    expect(code(() => plan([], "store-only"))).toBe("E_EDITS");
  });
});

test("an island that is out of reach says from where to where it may be", () => {
  const far = t32("nop", "b.w 0x19000", 0x8002);
  expect(code(() => plan(far, "island"))).toBe("E_NOT_APPLICABLE");
  expect(() => plan(far, "island", { island: 0x9000 })).toThrow("from 0x7806 to 0x8804");
  for (const island of [0x7808, 0x8804]) expect(plan(far, "island", { island }).changes[0].edit.to.size).toBe(2);
  for (const island of [0x7804, 0x8808]) expect(code(() => plan(far, "island", { island }))).toBe("E_NOT_APPLICABLE");
});

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as PatchingError).code;
  }
  return "none";
}
