import { bytesMemory, check, insnIn } from "@cmodx/patching";
import {
  assembleStaticBranches,
  isNop,
  liveOrStop,
  PlanPatcher,
  readJumpTable,
  type StaticBranchOptions,
  StaticKeys,
  siteEdit,
  staticKey,
} from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";

const SOURCE = `
f:    static_branch_unlikely tracing, slow
      static_branch_likely fast, slow
      bx lr
slow: movs r0, #1
      bx lr
      .balign 4
tracing: .word 0
fast:    .word 1
`;
const made = (options: Partial<StaticBranchOptions> = {}, source = SOURCE) => {
  const result = assembleStaticBranches(source, { isa: "t32", address: 0x8000, initiallyTrue: ["fast"], ...options });
  if (!result.ok) throw new Error(result.issues[0]?.message);
  return result;
};

test("the program carries its own table, which reads back as its entries", () => {
  for (const isa of ["a32", "t32"] as const) {
    const { code, entries, table, labels } = made({ isa, width: 4 });
    expect(labels.get("__stop___jump_table")! - table).toBe(24);
    const bytes = code.subarray(table - 0x8000);
    expect(readJumpTable(bytes, table, isa)).toEqual(entries.toSorted((a, b) => a.key - b.key));
  }
});

describe("width", () => {
  test("Thumb sites are 16 bits wide where their target is near, and are switched without a stop", () => {
    const { code, entries, labels } = made();
    expect(entries.map(({ width }) => width)).toEqual([2, 2]);
    const memory = bytesMemory(0x8000, code);
    for (const entry of entries) {
      const edit = siteEdit(entry, "branch", memory, "strict")!;
      expect(check(edit).verdict).toBe("concurrent");
    }
    const patcher = new PlanPatcher(memory, liveOrStop);
    const keys = new StaticKeys({ patcher });
    const tracing = staticKey("tracing", { address: labels.get("tracing")! });
    keys.init(entries, [tracing, staticKey("fast", { address: labels.get("fast")!, initially: true })]);
    keys.enable(tracing);
    keys.disable(tracing);
    expect(patcher.cost(4).stops).toBe(0);
  });

  test("a far target makes a site wide, and that may put another out of reach", () => {
    const text = (between: string) =>
      `f: static_branch_unlikely k, g\n static_branch_unlikely k, h\n .space 2046\ng: nop\n${between}h: nop\n .balign 4\nk: .word 0`;
    // The first reaches its target, just so, while the second is narrow; the second's own target is one NOP too far, or not.
    expect(made({}, text("nop\n")).entries.map(({ width }) => width)).toEqual([4, 4]);
    expect(made({}, text("")).entries.map(({ width }) => width)).toEqual([2, 2]);
  });

  test("only the site that needs it is wide", () => {
    const source =
      "f: static_branch_unlikely k, g\n static_branch_unlikely k, h\nh: nop\n .space 2100\ng: nop\n .balign 4\nk: .word 0";
    expect(made({}, source).entries.map(({ width }) => width)).toEqual([4, 2]);
  });

  test("4 is what Linux builds; ARM is always so, with the architectural NOP", () => {
    expect(made({ width: 4 }).entries.map(({ width }) => width)).toEqual([4, 4]);
    const { code, entries } = made({ isa: "a32" });
    expect(entries.map(({ width }) => width)).toEqual([4, 4]);
    expect(insnIn(bytesMemory(0x8000, code), "a32", 0x8000).word).toBe(0xe320f000);
  });
});

test("a site is built as its key's type and its branch's kind say", () => {
  for (const width of [4, "auto"] as const) {
    for (const initiallyTrue of [[], ["tracing"], ["fast"], ["tracing", "fast"]]) {
      const { code, entries } = made({ initiallyTrue, width });
      const memory = bytesMemory(0x8000, code);
      const forms = entries.map(({ isa, code: at }) => isNop(insnIn(memory, isa, at)));
      expect(forms).toEqual([!initiallyTrue.includes("tracing"), initiallyTrue.includes("fast")]);
    }
  }
});

test("what is wrong with the text is the assembler's to say", () => {
  const result = assembleStaticBranches("static_branch_unlikely k", { isa: "t32" });
  expect(result.ok).toBe(false);
});
