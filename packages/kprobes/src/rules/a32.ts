import { linesFor, type Rule } from "../rule.js";

// What a kprobe does with each row of A32. @see linux arch/arm/probes/decode-arm.c, arch/arm/probes/kprobes/actions-arm.c

const line = linesFor("a32", 4);
const returns = [[0x0010f000, 0x0010f000, "the flag-setting form with Rd = PC returns from an exception"]] as const;
const fields = { usage: "fields" } as const;
const four = { ...fields, registers: "16 nopc, 12 nopc, 8 nopc, 0 nopc" } as const;
const three = { ...fields, registers: "16 nopc, 8 nopc, 0 nopc" } as const;
const dnm = { ...fields, registers: "16 nopc, 12 nopc, 0 nopc" } as const;
const dm = { ...fields, registers: "12 nopc, 0 nopc" } as const;
const bytePc = [[0x0040f000, 0x0040f000, "a byte cannot be moved from or to the PC"]] as const;
const pair = [
  [0x0000e000, 0x0000e000, "the pair of registers holds the PC"],
  [0x01200000, 0x00200000, "P = 0 with W = 1 is UNPREDICTABLE"],
] as const;
const run = "is executed from a slot, with its registers replaced";
const hint = "is simulated as a NOP";
const own = "accesses registers that are not the kernel's to touch";
const state = "changes the processor's state or mode";
const exclusive = "belongs to a sequence of exclusive accesses, which a trap would clear";

export const a32: readonly Rule[] = [
  // Data processing.
  line("TST_imm_A1 TEQ_imm_A1 CMP_imm_A1 CMN_imm_A1", "emulate", run, {
    ...fields,
    registers: "16 any",
    unless: returns,
  }),
  line("MOV_imm_A1 MVN_imm_A1", "emulate", run, { ...fields, registers: "12 any", unless: returns }),
  line(
    "AND_imm_A1 EOR_imm_A1 SUB_imm_A1 RSB_imm_A1 ADD_imm_A1 ADC_imm_A1 SBC_imm_A1 RSC_imm_A1 ORR_imm_A1 BIC_imm_A1",
    "emulate",
    run,
    { ...fields, registers: "16 any, 12 any", unless: returns },
  ),
  line("TST_reg_A1 TEQ_reg_A1 CMP_reg_A1 CMN_reg_A1", "emulate", run, {
    ...fields,
    registers: "16 any, 0 any",
    unless: returns,
  }),
  line("MOV_reg_A1 MVN_reg_A1 LSL_imm_A1 LSR_imm_A1 ASR_imm_A1 ROR_imm_A1 RRX_A1", "emulate", run, {
    ...fields,
    registers: "12 any, 0 any",
    unless: returns,
  }),
  line(
    "AND_reg_A1 EOR_reg_A1 SUB_reg_A1 RSB_reg_A1 ADD_reg_A1 ADC_reg_A1 SBC_reg_A1 RSC_reg_A1 ORR_reg_A1 BIC_reg_A1",
    "emulate",
    run,
    { ...fields, registers: "16 any, 12 any, 0 any", unless: returns },
  ),
  line("TST_rsr_A1 TEQ_rsr_A1 CMP_rsr_A1 CMN_rsr_A1", "emulate", run, { ...three, unless: returns }),
  line("MVN_rsr_A1 LSL_reg_A1 LSR_reg_A1 ASR_reg_A1 ROR_reg_A1", "emulate", run, {
    ...fields,
    registers: "12 nopc, 8 nopc, 0 nopc",
    unless: returns,
  }),
  line(
    "AND_rsr_A1 EOR_rsr_A1 SUB_rsr_A1 RSB_rsr_A1 ADD_rsr_A1 ADC_rsr_A1 SBC_rsr_A1 RSC_rsr_A1 ORR_rsr_A1 BIC_rsr_A1",
    "emulate",
    run,
    { ...four, unless: returns },
  ),
  line("MOVW_A2 MOVT_A1", "emulate", run, { registers: "12 nopc" }),
  // Multiplies.
  line("MUL_A1 SMULWB_A1 SMULWT_A1 SMULBB_A1 SMULTB_A1 SMULBT_A1 SMULTT_A1", "emulate", run, three),
  line("MLA_A1 MLS_A1 SMLABB_A1 SMLATB_A1 SMLABT_A1 SMLATT_A1 SMLAWB_A1 SMLAWT_A1", "emulate", run, four),
  line(
    "UMAAL_A1 UMULL_A1 UMLAL_A1 SMULL_A1 SMLAL_A1 SMLALBB_A1 SMLALTB_A1 SMLALBT_A1 SMLALTT_A1 SMLALD_A1 SMLALDX_A1",
    "emulate",
    run,
    four,
  ),
  line("SMLSLD_A1 SMLSLDX_A1", "emulate", run, four),
  line("SMUAD_A1 SMUADX_A1 SMUSD_A1 SMUSDX_A1 SMMUL_A1 SMMULR_A1 USAD8_A1", "emulate", run, three),
  line("SMLAD_A1 SMLADX_A1 SMLSD_A1 SMLSDX_A1 SMMLA_A1 SMMLAR_A1 SMMLS_A1 SMMLSR_A1 USADA8_A1", "emulate", run, four),
  line("SDIV_A1 UDIV_A1", "reject", "has no entry in the kernel's table", three),
  // Saturating, parallel and other media instructions.
  line("QADD_A1 QSUB_A1 QDADD_A1 QDSUB_A1 SEL_A1 PKHBT_A1 PKHTB_A1", "emulate", run, dnm),
  line("SSAT_A1 USAT_A1 SSAT16_A1 USAT16_A1", "emulate", run, dm),
  line(
    "SADD16_A1 SASX_A1 SSAX_A1 SSUB16_A1 SADD8_A1 SSUB8_A1 UADD16_A1 UASX_A1 USAX_A1 USUB16_A1 UADD8_A1 USUB8_A1",
    "emulate",
    run,
    dnm,
  ),
  line(
    "QADD16_A1 QASX_A1 QSAX_A1 QSUB16_A1 QADD8_A1 QSUB8_A1 UQADD16_A1 UQASX_A1 UQSAX_A1 UQSUB16_A1 UQADD8_A1 UQSUB8_A1",
    "emulate",
    run,
    dnm,
  ),
  line(
    "SHADD16_A1 SHASX_A1 SHSAX_A1 SHSUB16_A1 SHADD8_A1 SHSUB8_A1 UHADD16_A1 UHASX_A1 UHSAX_A1 UHSUB16_A1 UHADD8_A1 UHSUB8_A1",
    "emulate",
    run,
    dnm,
  ),
  line("SXTAB16_A1 SXTAB_A1 SXTAH_A1 UXTAB16_A1 UXTAB_A1 UXTAH_A1", "emulate", run, dnm),
  line("SXTB16_A1 SXTB_A1 SXTH_A1 UXTB16_A1 UXTB_A1 UXTH_A1 REV_A1 REV16_A1 RBIT_A1 REVSH_A1", "emulate", run, dm),
  line("CLZ_A1", "emulate", run, { registers: "12 nopc, 0 nopc" }),
  line("SBFX_A1 UBFX_A1 BFI_A1", "emulate", run, dm),
  line("BFC_A1", "emulate", run, { ...fields, registers: "12 nopc" }),
  line("CRC32*", "reject", "has no entry in the kernel's table", {
    registers: "16 nopc, 12 nopc, 0 nopc",
    usage: "fields",
  }),
  // Loads and stores.
  line("LDR_imm_A1 LDR_lit_A1 LDRB_imm_A1 LDRB_lit_A1 POP_A2", "emulate", run, {
    ...fields,
    registers: "16 nopcwb, 12 any",
    unless: bytePc,
  }),
  line("LDR_reg_A1 LDRB_reg_A1", "emulate", run, {
    ...fields,
    registers: "16 nopcwb, 12 any, 0 nopc",
    unless: bytePc,
  }),
  line("STR_imm_A1 STRB_imm_A1 PUSH_A2", "emulate", run, {
    ...fields,
    registers: "16 nopcwb, 12 any",
    stores: true,
    unless: bytePc,
  }),
  line("STR_reg_A1 STRB_reg_A1", "emulate", run, {
    ...fields,
    registers: "16 nopcwb, 12 any, 0 nopc",
    stores: true,
    unless: bytePc,
  }),
  line("LDRH_imm_A1 LDRH_lit_A1 LDRSB_imm_A1 LDRSB_lit_A1 LDRSH_imm_A1 LDRSH_lit_A1", "emulate", run, {
    ...fields,
    registers: "16 nopcwb, 12 nopc",
  }),
  line("LDRH_reg_A1 LDRSB_reg_A1 LDRSH_reg_A1", "emulate", run, {
    ...fields,
    registers: "16 nopcwb, 12 nopc, 0 nopc",
  }),
  line("STRH_imm_A1", "emulate", run, { ...fields, registers: "16 nopcwb, 12 nopc", stores: true }),
  line("STRH_reg_A1", "emulate", run, { ...fields, registers: "16 nopcwb, 12 nopc, 0 nopc", stores: true }),
  line("LDRD_imm_A1 LDRD_lit_A1 STRD_imm_A1", "emulate", run, {
    usage: "pair",
    registers: "16 nopcwb, 12 nopc",
    stores: true,
    unless: pair,
  }),
  line("LDRD_reg_A1 STRD_reg_A1", "emulate", run, {
    usage: "pair",
    registers: "16 nopcwb, 12 nopc, 0 nopc",
    stores: true,
    unless: pair,
  }),
  line("LDMDA_A1 LDM_A1 LDMDB_A1 LDMIB_A1 STMDA_A1 STM_A1 STMDB_A1 STMIB_A1 POP_A1 PUSH_A1", "emulate", run, {
    usage: "list",
    stores: true,
    slot: "window",
  }),
  line(
    "LDRT* LDRBT* LDRHT* LDRSBT* LDRSHT* STRT* STRBT* STRHT*",
    "reject",
    "accesses memory as an unprivileged program",
  ),
  line(
    "LDMDA_user_A1 LDM_user_A1 LDMDB_user_A1 LDMIB_user_A1 STMDA_user_A1 STM_user_A1 STMDB_user_A1 STMIB_user_A1",
    "reject",
    "accesses the registers of User mode",
  ),
  line("LDMDA_return_A1 LDM_return_A1 LDMDB_return_A1 LDMIB_return_A1", "reject", "returns from an exception"),
  line("SWP_A1 SWPB_A1", "reject", "is deprecated, and may be UNDEFINED from ARMv6 on"),
  line("LDREX* STREX* LDAEX* STLEX*", "reject", exclusive),
  line("LDA_A1 LDAB_A1 LDAH_A1 STL_A1 STLB_A1 STLH_A1", "reject", "has no entry in the kernel's table"),
  // Branches and hints.
  line("B_A1 BL_imm_A1 BLX_imm_A2", "simulate", "branches: its target is computed"),
  line("BX_A1", "simulate", "branches: its target is read from a register"),
  line("BLX_reg_A1", "simulate", "branches: its target is read from a register", { registers: "0 nopc" }),
  line("PLD_imm_A1 PLDW_imm_A1 PLI_imm_A1 PLD_reg_A1 PLDW_reg_A1 PLI_reg_A1", "simulate", hint),
  line("NOP_A1 WFE_A1 WFI_A1", "simulate", hint, { usage: "none" }),
  line("YIELD_A1 SEV_A1", "emulate", "is executed from a slot", { usage: "none" }),
  line("SEVL_A1 CSDB_A1 DBG_A1 HINT_A1", "reject", "is a hint without an entry in the kernel's table"),
  // The system.
  line("MRS_A1", "simulate", "reads the flags and mode saved by the trap", { ...fields, registers: "12 nopc" }),
  line("MRS_spsr_A1 MRS_banked_A1", "reject", "reads a register banked by mode"),
  line("MSR_imm_A1 MSR_reg_A1 MSR_banked_A1 SETEND_A1 SETPAN_A1 CPS_mode_A1 CPSI*", "reject", state),
  line("DSB_A1 DMB_A1 ISB_A1 SSBB_A1 PSSBB_A1", "reject", "is a barrier, without an entry in the kernel's table"),
  line("CLREX_A1", "reject", exclusive),
  line("BXJ_A1", "reject", state),
  line("SVC_A1 BKPT_A1 HVC_A1 SMC_A1 HLT_A1 UDF_A1", "reject", "traps"),
  line("ERET_A1 RFE* SRS*", "reject", "returns from an exception, or saves state for it"),
  line("CDP* MCR* MRC* MCRR* MRRC* LDC* STC* V* F*", "reject", own),
];
