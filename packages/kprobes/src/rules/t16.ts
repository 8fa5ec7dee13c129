import { linesFor, type Rule } from "../rule.js";

// What a kprobe does with each 16-bit row of Thumb. @see linux arch/arm/probes/decode-thumb.c, kprobes/actions-thumb.c

const line = linesFor("t32", 2);
const run = "is executed from a slot, with r0 to r7 as the program has them";
const hint = "is simulated as a NOP";
const loses7 =
  "a kernel built by GCC 12 then crashes: its handler loads r7, where the compiler keeps the address of the slot";

export const t16: readonly Rule[] = [
  line("LSL_imm_T1 LSR_imm_T1 ASR_imm_T1 MOV_reg_T2 ADD_reg_T1 SUB_reg_T1 ADD_imm_T1 SUB_imm_T1", "emulate", run),
  line("MOV_imm_T1 CMP_imm_T1 ADD_imm_T2 SUB_imm_T2", "emulate", run),
  line("AND_reg_T1 EOR_reg_T1 LSL_reg_T1 LSR_reg_T1 ASR_reg_T1 ADC_reg_T1 SBC_reg_T1 ROR_reg_T1", "emulate", run),
  line("TST_reg_T1 RSB_imm_T1 CMP_reg_T1 CMN_reg_T1 ORR_reg_T1 MUL_T1 BIC_reg_T1 MVN_reg_T1", "emulate", run),
  line("SXTH_T1 SXTB_T1 UXTH_T1 UXTB_T1 REV_T1 REV16_T1 REVSH_T1", "emulate", run),
  line(
    "ADD_reg_T2 ADD_sp_reg_T1 ADD_sp_reg_T2 CMP_reg_T2 MOV_reg_T1",
    "emulate",
    "is executed from a slot, on r1 and r0 in place of its registers",
    { slot: "high-registers", unless: [[0xffff, 0x44ff, "the sum of PC and PC is UNPREDICTABLE"]] },
  ),
  line("BX_T1", "simulate", "branches: its target is read from a register"),
  line("BLX_reg_T1", "simulate", "branches: its target is read from a register", {
    unless: [[0xfff8, 0x47f8, "a call through the PC is UNPREDICTABLE"]],
  }),
  line("LDR_lit_T1 STR_imm_T2 LDR_imm_T2", "simulate", "is simulated: its address is relative to PC or SP"),
  line("ADR_T1 ADD_sp_imm_T1 ADD_sp_imm_T2 SUB_sp_imm_T1", "simulate", "is simulated: it adds to PC or SP"),
  line(
    "STR_reg_T1 STRH_reg_T1 STRB_reg_T1 LDRSB_reg_T1 LDR_reg_T1 LDRH_reg_T1 LDRB_reg_T1 LDRSH_reg_T1",
    "emulate",
    run,
  ),
  line("STR_imm_T1 LDR_imm_T1 STRB_imm_T1 LDRB_imm_T1 STRH_imm_T1 LDRH_imm_T1 STM_T1 LDM_T1", "emulate", run),
  line("PUSH_T1", "emulate", "is executed from a slot as a 32-bit STMDB with r9 for SP and r8 for LR", {
    slot: "push",
    stores: true,
    hazard: loses7,
  }),
  line("POP_T1", "emulate", "is executed from a slot as a 32-bit LDM with r9 for SP and r8 for PC", {
    slot: "pop",
    hazard: loses7,
  }),
  line("B_T1 B_T2 CBZ_T1 CBNZ_T1", "simulate", "branches: its target is computed"),
  line("IT_T1", "simulate", "is simulated: it loads ITSTATE"),
  line("NOP_T1 WFE_T1 WFI_T1", "simulate", hint),
  line("YIELD_T1 SEV_T1", "emulate", "is executed from a slot"),
  line("SEVL_T1 HINT_T1", "reject", "is a hint without an entry in the kernel's table"),
  line("SETPAN_T1 SETEND_T1 CPSIE_T1 CPSID_T1", "reject", "changes the processor's state or mode"),
  line("BKPT_T1 HLT_T1 UDF_T1 SVC_T1", "reject", "traps"),
];
