import { linesFor, type Rule } from "../rule.js";

// Instructions that could be executed from a slot as well as those that are, and that the kernel has no entry for.

const a32 = linesFor("a32", 4);
const t16 = linesFor("t32", 2);
const t32 = linesFor("t32", 4);
const run = "is executed from a slot, with its registers replaced";
const alone = "is executed from a slot";
const fields = { usage: "fields" } as const;

/** Lines that take the place of rejecting ones. */
export const strictLines: readonly Rule[] = [
  a32("SDIV_A1 UDIV_A1", "emulate", run, { ...fields, registers: "16 nopc, 8 nopc, 0 nopc" }),
  a32("CRC32*", "emulate", run, { ...fields, registers: "16 nopc, 12 nopc, 0 nopc" }),
  a32("LDA_A1 LDAB_A1 LDAH_A1", "emulate", run, { ...fields, registers: "16 nopc, 12 nopc" }),
  a32("STL_A1 STLB_A1 STLH_A1", "emulate", run, { ...fields, registers: "16 nopc, 0 nopc" }),
  a32("DSB_A1 DMB_A1 ISB_A1 SSBB_A1 PSSBB_A1", "emulate", alone, { usage: "none" }),
  a32("SEVL_A1 CSDB_A1 DBG_A1 HINT_A1", "emulate", alone, { usage: "none" }),
  t16("SEVL_T1 HINT_T1", "emulate", alone),
  t32("SDIV_T1 UDIV_T1", "emulate", run, { registers: "16 nosppc, 8 nosppc, 0 nosppc" }),
  t32("CRC32*", "emulate", run, { registers: "16 nosppc, 8 nosppc, 0 nosppc" }),
  t32("LDA_T1 LDAB_T1 LDAH_T1 STL_T1 STLB_T1 STLH_T1", "emulate", run, { registers: "16 nopc, 12 nosppc" }),
  t32("DSB_T1 DMB_T1 ISB_T1 SSBB_T1 PSSBB_T1", "emulate", alone),
  t32("SEVL_T2 CSDB_T1 DBG_T1 HINT_T2", "emulate", alone),
];
