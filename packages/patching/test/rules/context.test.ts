import { assemble } from "@cmodx/codec";
import { type CheckOptions, check, type EditContext, editOf, type PatchingError } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

// One case for each thing that the code around a site can say, and beside it the nearest one where it says nothing.

const BASE = 0x8000;

function code(isa: "a32" | "t32", ...lines: string[]): NonNullable<EditContext["code"]> {
  const made = assemble(lines.join("\n"), { isa, address: BASE });
  if (!made.ok) throw new Error(JSON.stringify(made));
  return { address: BASE, bytes: made.code };
}

const t32 = (address: number, from: string, to: string) => editOf({ isa: "t32", address, from, to });
const a32 = (address: number, from: string, to: string) => editOf({ isa: "a32", address, from, to });
const verdict = (edit: ReturnType<typeof t32>, context: EditContext, options: CheckOptions = {}) => {
  const { verdict, rule, reasons } = check(edit, { ...options, context });
  return { is: `${verdict} ${rule.id}`, reasons: reasons.join("; ") };
};

describe("IT blocks", () => {
  const block = code("t32", "itt eq", "nopeq", "nopeq", "nop");

  test("a branch may be the last instruction of one, and is then conditional", () => {
    const { is, reasons } = verdict(t32(0x8004, "nop", "b.n 0x8100"), { code: block });
    expect(is).toBe("concurrent t16-listed");
    expect(reasons).toContain("executes on EQ only");
  });

  test("a branch that is not the last is UNPREDICTABLE", () => {
    const { is, reasons } = verdict(t32(0x8002, "nop", "b.n 0x8100"), { code: block });
    expect(is).toBe("invalid in-it-block");
    expect(reasons).toContain("InITBlock() && !LastInITBlock()");
  });

  test("a conditional branch is none of an IT block's instructions, even as the last", () => {
    expect(verdict(t32(0x8004, "nop", "bne.n 0x8100"), { code: block }).is).toBe("invalid in-it-block");
  });

  test("behind the block nothing is said", () => {
    const { is, reasons } = verdict(t32(0x8006, "nop", "bne.n 0x8100"), { code: block });
    expect(is).toBe("concurrent t16-listed");
    expect(reasons).not.toContain("IT");
  });

  test("BKPT in one stops whatever the condition is", () => {
    expect(verdict(t32(0x8004, "nop", "bkpt #0"), { code: block }).reasons).toContain("whatever the condition");
  });

  test("an IT instruction that is changed takes those behind it along", () => {
    const { is, reasons } = verdict(t32(0x8000, "itt eq", "itt ne"), { code: block });
    expect(is).toBe("synchronise not-listed");
    expect(reasons).toContain("2 here so far");
  });
});

describe("what is at the site", () => {
  const wide = code("t32", "nop.w", "nop");

  test("the second half of an instruction is no site", () => {
    expect(verdict(t32(0x8002, "nop", "b.n 0x8100"), { code: wide }).is).toBe("invalid inside-instruction");
    expect(verdict(t32(0x8004, "nop", "b.n 0x8100"), { code: wide }).is).toBe("concurrent t16-listed");
  });

  test("another instruction than the old one is not overwritten", () => {
    const { is, reasons } = verdict(a32(0x8000, "nop", "b 0x9000"), { code: code("a32", "mov r0, r0") });
    expect(is).toBe("invalid other-bytes");
    expect(reasons).toContain("mov r0, r0");
  });

  test("code elsewhere says nothing", () => {
    expect(verdict(a32(0x9000, "nop", "b 0x9100"), { code: code("a32", "mov r0, r0") }).is).toBe(
      "concurrent a32-listed",
    );
  });
});

describe("branches into the edited bytes", () => {
  const narrow = code("t32", "nop", "nop", "b.n 0x8002");

  test("a new wide instruction takes away what another instruction branches to", () => {
    const { is, reasons } = verdict(t32(0x8000, "nop", "b.w 0x9000"), { code: narrow });
    expect(is).toBe("invalid branch-into-window");
    expect(reasons).toContain("0x8004 leads to 0x8002");
  });

  test("a branch to its first byte, and one to what stays as it is, do no harm", () => {
    const first = code("t32", "nop", "nop", "b.n 0x8000");
    expect(verdict(t32(0x8000, "nop", "b.w 0x9000"), { code: first }).is).toBe("synchronise size-change");
    expect(verdict(t32(0x8000, "nop", "b.n 0x8100"), { code: narrow }).is).toBe("concurrent t16-listed");
    const slot = code("t32", "bl 0x9000", "b.n 0x8002");
    expect(verdict(t32(0x8000, "bl 0x9000", "b.n 0x8004"), { code: slot }).is).toBe(
      "concurrent t32-first-halfword-t16",
    );
  });

  test("code that is not around the site is asked too, and so is what other edits make", () => {
    const far = t32(0x8200, "nop", "b.n 0x8002");
    expect(verdict(t32(0x8000, "nop.w", "b.w 0x9000"), { insns: [far.to] }).is).toBe("invalid branch-into-window");
    expect(verdict(t32(0x8000, "nop.w", "b.w 0x9000"), { edits: [far] }).is).toBe("invalid branch-into-window");
  });

  test("bytes that are loaded are data", () => {
    const literal = code("a32", "ldr r0, [pc, #0]", "bx lr", "nop");
    expect(verdict(a32(0x8008, "nop", "b 0x9000"), { code: literal }).is).toBe("invalid read-as-data");
    expect(verdict(a32(0x8004, "bx lr", "nop"), { code: literal }).is).toBe("synchronise not-listed");
  });
});

test("edits that overlap are refused, and neighbours are not", () => {
  const edit = t32(0x8002, "nop", "b.n 0x8100");
  expect(verdict(edit, { edits: [t32(0x8000, "nop.w", "b.w 0x9000")] }).is).toBe("invalid overlapping-edit");
  expect(verdict(edit, { edits: [t32(0x8000, "nop", "b.n 0x8100")] }).is).toBe("concurrent t16-listed");
});

describe("the second halfword of a call that is switched on", () => {
  const edit = t32(0x8000, "b.n 0x8004", "bl 0x9000");

  test("in place, only the first one changes", () => {
    const there = code("t32", "b.n 0x8004", ".short 0xfffe", "nop");
    expect(verdict(edit, { code: there }).is).toBe("concurrent t32-first-halfword-t16");
  });

  test("not in place, both change, and no live protocol is sound", () => {
    const missing = code("t32", "b.n 0x8004", "nop", "nop");
    expect(verdict(edit, { code: missing }).is).toBe("synchronise second-halfword-not-in-place");
    const sound = check(edit, { context: { code: missing } }).protocols.filter((each) => each.sound);
    expect(sound.map(({ name }) => name)).toEqual(["stop-machine", "stop-machine-all"]);
  });
});

describe("where the new branch leads", () => {
  test("to the pointer that is meant, in its instruction set", () => {
    expect(verdict(a32(0x8000, "nop", "bl 0x9000"), { target: 0x9000 }).is).toBe("concurrent a32-listed");
    expect(verdict(t32(0x8000, "nop", "b.n 0x8100"), { target: 0x8101 }).is).toBe("concurrent t16-listed");
    expect(verdict(a32(0x8000, "nop", "blx 0x9000"), { target: 0x9001 }).is).toBe("synchronise not-listed");
  });

  test.each([
    [a32(0x8000, "nop", "bl 0x9000"), 0x9001, "BLX would arrive right"],
    [t32(0x8000, "nop", "b.n 0x8100"), 0x8100, "branch to a veneer"],
    [t32(0x8000, "bl 0x9000", "blx 0x9000"), 0x9001, "BL would arrive right"],
  ])("a wrong interworking bit: %#", (edit, target, why) => {
    const { is, reasons } = verdict(edit, { target });
    expect(is).toBe("invalid interworking");
    expect(reasons).toContain(why);
  });

  test.each([
    [t32(0x8000, "nop", "b.n 0x8100"), 0x9001, "4092 bytes are out of its reach, which is -2048 to 2046"],
    [a32(0x8000, "nop", "b 0x8100"), 0x8102, "multiples of 4 bytes only"],
    [a32(0x8000, "nop", "b 0x8100"), 0x8200, "is meant for 0x8200"],
    [a32(0x8000, "nop", "svc #0"), 0x8200, "is no branch"],
  ])("elsewhere, and whether it could: %#", (edit, target, why) => {
    const { is, reasons } = verdict(edit, { target });
    expect(is).toBe("invalid wrong-target");
    expect(reasons).toContain(why);
  });

  test("into the middle of another instruction is nowhere", () => {
    const around = code("t32", "nop", "nop", "nop.w");
    expect(verdict(t32(0x8000, "nop", "b.n 0x8006"), { code: around }).is).toBe("invalid wrong-target");
    expect(verdict(t32(0x8000, "nop", "b.n 0x8004"), { code: around }).is).toBe("concurrent t16-listed");
  });
});

describe("the machine", () => {
  const edit = t32(0x803e, "nop.w", "b.w 0x9000");

  test("has cache lines of its own", () => {
    expect(check(edit, { lines: [128] }).straddles).toEqual(["word"]);
    expect(check(edit, { lines: [64, 16] }).straddles).toEqual(["word", "line16", "line64"]);
    expect(check(edit).straddles).toEqual(["word", "line32", "line64"]);
  });

  test.each([
    [0x8000, 2, "in two pieces"],
    [0x8000, 4, "in one piece"],
    [0x8002, 4, "in two pieces"],
    [0x8002, 8, "in one piece, but no single store writes it"],
    [0x803e, 64, "in two pieces"],
  ])("may fetch more at once, which changes no verdict: 0x%s by %d", (address, fetchUnit, says) => {
    const judged = check(t32(address, "nop.w", "b.w 0x9000"), { fetchUnit });
    expect(judged.verdict).toBe("synchronise");
    expect(judged.reasons.join("; ")).toContain(says);
    expect(judged.reasons.join("; ")).toContain("the architecture promises 2 bytes in T32");
  });

  test("a core that fetches less than a word is no ARM core", () => {
    expect(check(a32(0x8000, "nop", "b 0x9000"), { fetchUnit: 2 }).reasons.join()).toContain("not be an ARM core");
    expect(check(a32(0x8000, "nop", "b 0x9000"), { fetchUnit: 16 }).reasons.join()).toContain("as every core does");
  });

  test.each<CheckOptions>([{ fetchUnit: 3 }, { fetchUnit: 1 }, { lines: [48] }, { lines: [2] }, { cores: 0 }])(
    "sizes that no machine has are a mistake: %o",
    (options) => {
      try {
        check(edit, options);
        expect.unreachable();
      } catch (error) {
        expect((error as PatchingError).code).toBe("E_OPTIONS");
      }
    },
  );
});

test("bit 0 of a T32 address is explained", () => {
  const edit = t32(0x8000, "nop", "b.n 0x8100");
  expect(check({ ...edit, address: 0x8001 }).reasons.join()).toContain("bit 0 of a pointer to T32 code");
});
