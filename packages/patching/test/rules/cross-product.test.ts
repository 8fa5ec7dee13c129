import { type Architecture, check, editOf } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

// The whole instructions, each against each: a table written by hand from the two manuals' lists, not from ours.

const SAMPLES = {
  a32: {
    NOP: "nop",
    B: "b 0x9000",
    BL: "bl 0x9000",
    BKPT: "bkpt #0",
    SVC: "svc #0",
    HVC: "hvc #0",
    SMC: "smc #0",
    ISB: "isb sy",
    "MOV r0,r0": "mov r0, r0",
    "ADD sp": "add sp, sp, #4",
    UDF: "udf #24",
    BX: "bx lr",
    "BLX imm": "blx 0x9000",
    "BLX reg": "blx r3",
    LDR: "ldr pc, [pc, #-4]",
    DSB: "dsb sy",
    YIELD: "yield",
  },
  t32: {
    NOP: "nop",
    B: "b.n 0x8100",
    BKPT: "bkpt #0",
    SVC: "svc #0",
    BX: "bx lr",
    "BLX reg": "blx r3",
    "MOV r8,r8": "mov r8, r8",
    UDF: "udf #24",
    PUSH: "push {lr}",
    YIELD: "yield",
    CBZ: "cbz r0, 0x8010",
  },
} as const;

const LISTED: Record<Architecture, Record<keyof typeof SAMPLES, string>> = {
  armv7: { a32: "NOP B BL BKPT SVC HVC SMC", t32: "NOP B BKPT SVC" },
  "armv8-aarch32": { a32: "NOP B BL BKPT SVC HVC SMC ISB", t32: "NOP B BKPT SVC BX,BLX reg" },
};

const isListed = (architecture: Architecture, isa: keyof typeof SAMPLES, kind: string) =>
  LISTED[architecture][isa].split(/[ ,](?!reg)/).includes(kind);

describe.each(["armv7", "armv8-aarch32"] as const)("%s", (architecture) => {
  describe.each(["a32", "t32"] as const)("%s", (isa) => {
    const kinds = Object.entries(SAMPLES[isa]);
    test.each(kinds.flatMap(([a, from]) => kinds.map(([b, to]) => ({ a, b, from, to }))))(
      "$a to $b",
      ({ a, b, from, to }) => {
        const edit = editOf({ isa, address: 0x8000, from, to });
        const both = isListed(architecture, isa, a) && isListed(architecture, isa, b);
        expect(check(edit, { architecture }).verdict).toBe(both || a === b ? "concurrent" : "synchronise");
      },
    );
  });
});
