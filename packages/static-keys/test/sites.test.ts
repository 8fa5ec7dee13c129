import { bytesMemory } from "@cmodx/patching";
import {
  branchAt,
  entryBytes,
  type JumpEntry,
  PlanPatcher,
  readJumpTable,
  StaticKeys,
  siteEdit,
  staticKey,
  textReserved,
  writeJumpTable,
} from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

const site = (patch: Partial<JumpEntry> = {}): JumpEntry => ({
  isa: "a32",
  code: 0x8000,
  target: 0x9000,
  key: 0xa000,
  likely: false,
  init: false,
  width: 4,
  ...patch,
});
const memoryOf = (...bytes: number[]) => bytesMemory(0x8000, Uint8Array.from(bytes));
const ARM_NOP = [0x00, 0xf0, 0x20, 0xe3] as const;

describe("what Linux writes and what the architecture asks for", () => {
  const branch = memoryOf(0xfe, 0x03, 0x00, 0xea);

  test("an ARM site goes off by mov r0, r0 in Linux, and by NOP here", () => {
    expect(siteEdit(site(), "nop", branch, "linux")?.to.word).toBe(0xe1a00000);
    expect(siteEdit(site(), "nop", branch, "strict")?.to.word).toBe(0xe320f000);
  });

  test("a Thumb site goes off by nop.w in both, and by the 16-bit NOP where it is 16 bits wide", () => {
    const wide = memoryOf(0x00, 0xf0, 0xfe, 0xbf);
    for (const compat of ["linux", "strict"] as const) {
      expect(siteEdit(site({ isa: "t32" }), "nop", wide, compat)?.to.word).toBe(0xf3af8000);
    }
    const narrow = site({ isa: "t32", width: 2, target: 0x8100 });
    expect(siteEdit(narrow, "nop", memoryOf(0x7e, 0xe0, 0, 0), "strict")?.to).toMatchObject({ word: 0xbf00, size: 2 });
  });

  test("a branch out of range is refused, or written as 0 as Linux does", () => {
    const far = site({ target: 0x8000 + 0x0200_0008 });
    expect(branchAt(far)).toBeUndefined();
    expect(() => siteEdit(far, "branch", memoryOf(...ARM_NOP), "strict")).toThrow(
      expect.objectContaining({ code: "E_RANGE" }),
    );
    expect(siteEdit(far, "branch", memoryOf(...ARM_NOP), "linux")?.to.word).toBe(0);
    const thumb = site({ isa: "t32", target: 0x8000 + 0x0100_0004 });
    const to = siteEdit(thumb, "branch", memoryOf(0xaf, 0xf3, 0x00, 0x80), "linux")?.to;
    expect(to).toMatchObject({ word: 0, size: 2 });
  });

  test("the last reachable targets are reached", () => {
    expect(branchAt(site({ target: 0x8000 + 0x0200_0004 }))?.word).toBe(0xea7fffff);
    expect(branchAt(site({ isa: "t32", target: 0x8000 + 0x0100_0002 }))?.word).toBe(0xf3ff97ff);
  });

  test("something else at the site is refused, or written over as Linux does", () => {
    const other = memoryOf(0x01, 0x20, 0xa0, 0xe1);
    expect(() => siteEdit(site(), "branch", other, "strict")).toThrow(expect.objectContaining({ code: "E_SITE" }));
    expect(siteEdit(site(), "branch", other, "linux")?.to.word).toBe(0xea0003fe);
  });

  test("a site that is so already needs no edit", () => {
    expect(siteEdit(site(), "branch", branch, "strict")).toBeUndefined();
    expect(siteEdit(site(), "nop", memoryOf(...ARM_NOP), "strict")).toBeUndefined();
    // Linux compares types, not memory: the NOP of the compiler gives way to its own.
    expect(siteEdit(site(), "nop", memoryOf(...ARM_NOP), "linux")?.to.word).toBe(0xe1a00000);
  });
});

describe("the table", () => {
  const entries = [
    site({ code: 0x8010, key: 0xb000, likely: true }),
    site({ code: 0x8000, key: 0xb000 }),
    site({ code: 0x8020, key: 0xa000, init: true, target: 0x7000 }),
  ];

  test.each([
    [{ kind: "absolute" }, 12],
    [{ kind: "relative", keyBytes: 4 }, 12],
    [{ kind: "relative", keyBytes: 8 }, 16],
  ] as const)("%j is written sorted by key and site, and read back", (layout, size) => {
    expect(entryBytes(layout)).toBe(size);
    const bytes = writeJumpTable(entries, 0xc000, layout);
    expect(bytes.length).toBe(3 * size);
    expect(readJumpTable(bytes, 0xc000, "a32", layout)).toEqual([entries[2], entries[1], entries[0]]);
  });

  test("a relative table means something else elsewhere", () => {
    const layout = { kind: "relative", keyBytes: 4 } as const;
    const moved = readJumpTable(writeJumpTable(entries, 0xc000, layout), 0xd000, "a32", layout);
    expect(moved.map(({ code }) => code)).toEqual([0x9020, 0x9000, 0x9010]);
  });

  test("random tables survive", () => {
    const next = randomBelow(11);
    for (let round = 0; round < 200; round++) {
      const table = Array.from({ length: 1 + next(20) }, () =>
        site({
          code: 2 * next(2 ** 31),
          target: next(2 ** 32),
          key: 4 * next(2 ** 30),
          likely: next(2) === 1,
          init: next(2) === 1,
        }),
      );
      const base = 4 * next(2 ** 29);
      for (const layout of [{ kind: "absolute" }, { kind: "relative", keyBytes: 8 }] as const) {
        const back = readJumpTable(writeJumpTable(table, base, layout), base, "a32", layout);
        expect(back.toSorted(order)).toEqual(table.toSorted(order));
      }
    }
  });

  test("a table with half an entry is refused", () => {
    expect(() => readJumpTable(new Uint8Array(13), 0, "a32")).toThrow(expect.objectContaining({ code: "E_LAYOUT" }));
  });
});

const order = (a: JumpEntry, b: JumpEntry) => JSON.stringify(a).localeCompare(JSON.stringify(b));

test("reserved text has both its ends", () => {
  const reserved = (start: number, end: number) => textReserved([site()], start, end);
  expect([
    reserved(0x7ffc, 0x7fff),
    reserved(0x7ffc, 0x8000),
    reserved(0x8003, 0x8003),
    reserved(0x8004, 0x8008),
  ]).toEqual([false, true, true, false]);
});

describe("init text and text that is none", () => {
  const bytes = () => Uint8Array.from([...ARM_NOP, ...ARM_NOP]);
  const build = (options: object) => {
    const held = bytes();
    const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0x8000, held), "stop-machine"), ...options });
    const key = staticKey("key", { address: 0xa000 });
    labels.init([site(), site({ code: 0x8004, target: 0x9004 })], [key]);
    return { labels, key, on: () => [held[3], held[7]].map((byte) => byte === 0xea) };
  };
  const initText = [{ start: 0x8004, end: 0x8008 }];

  test("init text is switched while booting, and left alone after", () => {
    const { labels, key, on } = build({ initText });
    labels.enable(key);
    expect(on()).toEqual([true, true]);
    labels.freeInit();
    labels.disable(key);
    expect(on()).toEqual([false, true]);
    expect(labels.warnings).toEqual([]);
  });

  test("a site outside the text is told once and left alone", () => {
    const { labels, key, on } = build({ text: [{ start: 0x8000, end: 0x8004 }] });
    labels.enable(key);
    labels.disable(key);
    expect(on()).toEqual([false, false]);
    expect(labels.warnings).toEqual([{ id: "not-text", message: "can't patch jump_label at 0x8004" }]);
  });

  test("a site of a key that nobody declared is refused", () => {
    const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0x8000, bytes()), "stop-machine") });
    expect(() => labels.init([site()], [])).toThrow(expect.objectContaining({ code: "E_KEY" }));
  });
});
