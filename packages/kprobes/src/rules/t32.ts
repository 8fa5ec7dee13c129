import { linesFor, type Rule } from "../rule.js";

// What a kprobe does with each 32-bit row of Thumb. @see linux arch/arm/probes/decode-thumb.c, kprobes/actions-thumb.c

const line = linesFor("t32", 4);
const run = "is executed from a slot, with its registers replaced";
const hint = "is simulated as a NOP";
const own = "accesses registers that are not the kernel's to touch";
const state = "changes the processor's state or mode";
const exclusive = "belongs to a sequence of exclusive accesses, which a trap would clear";
const missing = "has no entry in the kernel's table";
const dnm = { registers: "16 nosppc, 8 nosppc, 0 nosppc" } as const;
const dn = { registers: "16 nosppc, 8 nosppc" } as const;
const four = { registers: "16 nosppc, 12 nosppc, 8 nosppc, 0 nosppc" } as const;
const storePc = [[0x0000f000, 0x0000f000, "storing the PC is UNPREDICTABLE"]] as const;
const shifted = "SP takes a register shifted left by at most 3";

export const t32: readonly Rule[] = [
  // Data processing, shifted register.
  line("TST_reg_T2 TEQ_reg_T1", "emulate", run, { registers: "16 nosppc, 0 nosppc" }),
  line("CMN_reg_T2 CMP_reg_T3", "emulate", run, { registers: "16 nopc, 0 nosppc" }),
  line("MOV_reg_T3 LSL_imm_T2 LSR_imm_T2 ASR_imm_T2 ROR_imm_T1 RRX_T1 MVN_reg_T2", "emulate", run, {
    registers: "8 nosppc, 0 nosppc",
  }),
  line("ADD_sp_reg_T3 SUB_sp_reg_T1", "emulate", run, {
    registers: "16 sp, 8 nopc, 0 nosppc",
    unless: [
      [0x1f00, 0x1d00, shifted],
      [0x2f00, 0x2d00, shifted],
      [0x4f00, 0x4d00, shifted],
      [0x0f10, 0x0d10, shifted],
      [0x0f20, 0x0d20, shifted],
    ],
  }),
  line(
    "AND_reg_T2 BIC_reg_T2 ORR_reg_T2 ORN_reg_T1 EOR_reg_T2 ADD_reg_T3 ADC_reg_T2 SBC_reg_T2 SUB_reg_T2 RSB_reg_T1 PKH*",
    "emulate",
    run,
    dnm,
  ),
  // Data processing, immediate.
  line("TST_imm_T1 TEQ_imm_T1", "emulate", run, { registers: "16 nosppc" }),
  line("CMN_imm_T1 CMP_imm_T2", "emulate", run, { registers: "16 nopc" }),
  line("MOV_imm_T2 MVN_imm_T1 MOVW_T3 MOVT_T1 BFC_T1", "emulate", run, { registers: "8 nosppc" }),
  line("ADD_sp_imm_T3 SUB_sp_imm_T2 ADD_sp_imm_T4 SUB_sp_imm_T3", "emulate", run, { registers: "16 sp, 8 nopc" }),
  line(
    "AND_imm_T1 BIC_imm_T1 ORR_imm_T1 ORN_imm_T1 EOR_imm_T1 ADD_imm_T3 ADC_imm_T1 SBC_imm_T1 SUB_imm_T3 RSB_imm_T2",
    "emulate",
    run,
    dn,
  ),
  line("ADR_T2 ADR_T3", "emulate", run, { registers: "16 pc, 8 nosppc" }),
  line("ADD_imm_T4 SUB_imm_T4", "emulate", run, { registers: "16 nopc, 8 nosppc" }),
  line("SSAT_T1 SSAT16_T1 USAT_T1 USAT16_T1 SBFX_T1 UBFX_T1 BFI_T1", "emulate", run, dn),
  // Data processing, register; media and multiplies.
  line("LSL_reg_T2 LSR_reg_T2 ASR_reg_T2 ROR_reg_T2 SEL_T1 QADD_T1 QDADD_T1 QSUB_T1 QDSUB_T1", "emulate", run, dnm),
  line("SXTAH_T1 UXTAH_T1 SXTAB16_T1 UXTAB16_T1 SXTAB_T1 UXTAB_T1", "emulate", run, dnm),
  line("SXTH_T2 UXTH_T2 SXTB16_T1 UXTB16_T1 SXTB_T2 UXTB_T2", "emulate", run, { registers: "8 nosppc, 0 nosppc" }),
  line(
    "SADD8_T1 SADD16_T1 SASX_T1 SSUB8_T1 SSUB16_T1 SSAX_T1 UADD8_T1 UADD16_T1 UASX_T1 USUB8_T1 USUB16_T1 USAX_T1",
    "emulate",
    run,
    dnm,
  ),
  line(
    "QADD8_T1 QADD16_T1 QASX_T1 QSUB8_T1 QSUB16_T1 QSAX_T1 UQADD8_T1 UQADD16_T1 UQASX_T1 UQSUB8_T1 UQSUB16_T1 UQSAX_T1",
    "emulate",
    run,
    dnm,
  ),
  line(
    "SHADD8_T1 SHADD16_T1 SHASX_T1 SHSUB8_T1 SHSUB16_T1 SHSAX_T1 UHADD8_T1 UHADD16_T1 UHASX_T1 UHSUB8_T1 UHSUB16_T1 UHSAX_T1",
    "emulate",
    run,
    dnm,
  ),
  line("REV_T2 REV16_T2 RBIT_T1 REVSH_T2 CLZ_T1", "emulate", run, { registers: "16 nosppc, 8 nosppc, 0 same" }),
  line(
    "MUL_T2 SMULBB_T1 SMULBT_T1 SMULTB_T1 SMULTT_T1 SMUAD_T1 SMUADX_T1 SMULWB_T1 SMULWT_T1 SMUSD_T1 SMUSDX_T1",
    "emulate",
    run,
    dnm,
  ),
  line("SMMUL_T1 SMMULR_T1 USAD8_T1", "emulate", run, dnm),
  line(
    "MLA_T1 MLS_T1 SMLABB_T1 SMLABT_T1 SMLATB_T1 SMLATT_T1 SMLAD_T1 SMLADX_T1 SMLAWB_T1 SMLAWT_T1 SMLSD_T1 SMLSDX_T1",
    "emulate",
    run,
    four,
  ),
  line("SMMLA_T1 SMMLAR_T1 SMMLS_T1 SMMLSR_T1 USADA8_T1", "emulate", run, four),
  line(
    "SMULL_T1 UMULL_T1 SMLAL_T1 UMLAL_T1 UMAAL_T1 SMLALBB_T1 SMLALBT_T1 SMLALTB_T1 SMLALTT_T1 SMLALD_T1 SMLALDX_T1",
    "emulate",
    run,
    four,
  ),
  line("SMLSLD_T1 SMLSLDX_T1", "emulate", run, four),
  line("SDIV_T1 UDIV_T1", "reject", missing, dnm),
  line("CRC32*", "reject", missing, dnm),
  // Loads and stores.
  line("LDR_imm_T3 LDR_imm_T4 POP_T3", "emulate", run, { registers: "16 nopc, 12 any" }),
  line("LDR_reg_T2", "emulate", run, { registers: "16 nopc, 12 any, 0 nosppc" }),
  line("STR_imm_T3 STR_imm_T4 PUSH_T3", "emulate", run, {
    registers: "16 nopc, 12 any",
    stores: true,
    unless: storePc,
  }),
  line("STR_reg_T2", "emulate", run, { registers: "16 nopc, 12 any, 0 nosppc", stores: true, unless: storePc }),
  line(
    "LDRB_imm_T2 LDRB_imm_T3 LDRH_imm_T2 LDRH_imm_T3 LDRSB_imm_T1 LDRSB_imm_T2 LDRSH_imm_T1 LDRSH_imm_T2",
    "emulate",
    run,
    { registers: "16 nopc, 12 nosppc" },
  ),
  line("LDRB_reg_T2 LDRH_reg_T2 LDRSB_reg_T2 LDRSH_reg_T2", "emulate", run, {
    registers: "16 nopc, 12 nosppc, 0 nosppc",
  }),
  line("STRB_imm_T2 STRB_imm_T3 STRH_imm_T2 STRH_imm_T3", "emulate", run, {
    registers: "16 nopc, 12 nosppc",
    stores: true,
  }),
  line("STRB_reg_T2 STRH_reg_T2", "emulate", run, { registers: "16 nopc, 12 nosppc, 0 nosppc", stores: true }),
  line("LDR_lit_T2", "simulate", "is simulated: its address is relative to PC", { registers: "16 pc, 12 any" }),
  line("LDRB_lit_T1 LDRH_lit_T1 LDRSB_lit_T1 LDRSH_lit_T1", "simulate", "is simulated: its address is relative to PC", {
    registers: "16 pc, 12 nosppc",
  }),
  line(
    "LDRT_T1 LDRBT_T1 LDRHT_T1 LDRSBT_T1 LDRSHT_T1 STRT_T1 STRBT_T1 STRHT_T1",
    "reject",
    "accesses memory as an unprivileged program",
  ),
  line("LDRD_imm_T1 LDRD_lit_T1 STRD_imm_T1", "emulate", run, {
    registers: "16 nopcwb, 12 nosppc, 8 nosppc",
    stores: true,
  }),
  line("LDM_T2 LDMDB_T1 POP_T2", "emulate", run, {
    stores: true,
    slot: "window",
    unless: [
      [0x000f0000, 0x000f0000, "the PC is its base"],
      [0x0000c000, 0x0000c000, "LR and PC are both in the list"],
      [0x00002000, 0x00002000, "SP is in the list"],
    ],
  }),
  line("STM_T2 STMDB_T1 PUSH_T2", "emulate", run, {
    stores: true,
    slot: "window",
    unless: [
      [0x000f0000, 0x000f0000, "the PC is its base"],
      [0x00008000, 0x00008000, "the PC is in the list"],
      [0x00002000, 0x00002000, "SP is in the list"],
    ],
  }),
  line("LDREX* STREX* LDAEX* STLEX* CLREX_T1", "reject", exclusive),
  line("LDA_T1 LDAB_T1 LDAH_T1 STL_T1 STLB_T1 STLH_T1", "reject", missing),
  line("PLD_lit_T1 PLI_lit_T1", "simulate", hint, { unless: [[0x00200000, 0x00200000, "bit 21 should be 0"]] }),
  line("PLD_imm_T1 PLD_imm_T2 PLDW_imm_T1 PLDW_imm_T2 PLI_imm_T1 PLI_imm_T2", "simulate", hint, {
    registers: "16 nopc",
  }),
  line("PLD_reg_T1 PLDW_reg_T1 PLI_reg_T1", "simulate", hint, { registers: "16 nopc, 0 nosppc" }),
  // Branches and hints.
  line("B_T3 B_T4 BL_imm_T1", "simulate", "branches: its target is computed"),
  line("BLX_imm_T2", "simulate", "branches: its target is computed", {
    unless: [[1, 1, "its target is no multiple of 4: it is UNDEFINED"]],
  }),
  line("TBB_T1 TBH_T1", "simulate", "branches: its target is read from a table", { registers: "16 nosp, 0 nosppc" }),
  line("NOP_T2 WFE_T2 WFI_T2", "simulate", hint),
  line("YIELD_T2 SEV_T2", "emulate", "is executed from a slot"),
  line("SEVL_T2 CSDB_T1 DBG_T1 HINT_T2", "reject", "is a hint without an entry in the kernel's table"),
  // The system.
  line("MRS_T1", "simulate", "reads the flags and mode saved by the trap", { registers: "8 nosppc" }),
  line("MRS_spsr_T1 MRS_banked_T1", "reject", "reads a register banked by mode"),
  line("MSR_reg_T1 MSR_banked_T1 CPS* BXJ_T1", "reject", state),
  line("DSB_T1 DMB_T1 ISB_T1 SSBB_T1 PSSBB_T1", "reject", "is a barrier, without an entry in the kernel's table"),
  line("SMC_T1 HVC_T1 UDF_T2 DCPS_T1", "reject", "traps"),
  line("ERET_T1 SUBS_pc_lr_T1 RFE* SRS*", "reject", "returns from an exception, or saves state for it"),
  line("CDP* MCR* MRC* MCRR* MRRC* LDC* STC* V* F*", "reject", own),
];
