import type { Encoding } from "./encoding.js";

/** A page of the manual by the names of its rows, without the encoding: `$1` and so on are parts of a name. */
type Page = readonly [names: RegExp, title: string, letter: string | undefined];

/**
 * The manual's pages whose title is not the row's mnemonic by itself, a line each: how the names start, the title, and a letter where
 * a row's is another one than the manual's, because the manual has what are two rows of ours on one page. The first that fits is
 * taken. It is text because that is what an import reads fastest.
 */
const pageLines = String.raw`
MOVW$ = MOV (immediate)
(ADD|SUB|LDRB?|LDRH|STRB?|STRH)_imm$ = $1 (immediate, %)
(ADD|MOV|LDR)_reg$ = $1 (register, %)
ADD_sp_imm$ = ADD (SP plus immediate)
SUB_sp_imm$ = SUB (SP minus immediate)
ADD_sp_reg$ = ADD (SP plus register, %)
SUB_sp_reg$ = SUB (SP minus register)
SUBS_pc_lr$ = SUBS PC, LR (%)
(\w+)_rsr$ = $1 (register-shifted register)
PLDW?_imm$ = PLD, PLDW (immediate)
PLDW?_reg$ = PLD, PLDW (register)
PLI_imm$ = PLI (immediate, literal)
PLI_lit$ = PLI (immediate, literal) = 3
BLX?_imm$ = BL, BLX (immediate)
CBN?Z$ = CBNZ, CBZ
TB[BH]$ = TBB, TBH
SVC$ = SVC (previously SWI)
SMC$ = SMC (previously SMI)
PKH = PKH
SMLA[BT][BT]$ = SMLABB, SMLABT, SMLATB, SMLATT
SMLAL[BT][BT]$ = SMLALBB, SMLALBT, SMLALTB, SMLALTT
SMUL[BT][BT]$ = SMULBB, SMULBT, SMULTB, SMULTT
(SMLA|SMUL)W[BT]$ = $1WB, $1WT
(SMLAD|SMUAD|SMLSD|SMUSD|SMLALD|SMLSLD)X$ = $1
(SMMLA|SMMLS|SMMUL)R$ = $1
LDM\w*_user$ = LDM (User registers)
LDM\w*_return$ = LDM (exception return)
STM\w*_user$ = STM (User registers)
LDM$ = LDM/LDMIA/LDMFD (%)
LDMDA$ = LDMDA/LDMFA
LDMDB$ = LDMDB/LDMEA
LDMIB$ = LDMIB/LDMED
STM$ = STM (STMIA, STMEA)
STMDA$ = STMDA (STMED)
STMDB$ = STMDB (STMFD)
STMIB$ = STMIB (STMFA)
POP$ = POP (%)
(RFE|CPS|SRS)(?:[DI][AB]|_mode|I[ED])?(?:_mode)?$ = $1
MRS_spsr$ = MRS
(MRS|MSR)_banked$ = $1 (Banked register)
SWPB?$ = SWP, SWPB
CRC32[BHW]$ = CRC32
CRC32C[BHW]$ = CRC32C
DCPS$ = DCPS1, DCPS2, DCPS3
LDC2L?(_option)?$ = LDC, LDC2 (immediate) = 2
LDCL?(_option)?$ = LDC, LDC2 (immediate)
STC2L?(_option)?$ = STC, STC2 = 2
STCL?(_option)?$ = STC, STC2
(CDP|MCR|MRC|MCRR|MRRC)2$ = $1, $12 = 2
(CDP|MCR|MRC|MCRR|MRRC)$ = $1, $12
# Floating-point: the manual has Advanced SIMD's encoding of a page before it.
VML[AS]_f\d+$ = VMLA, VMLS (floating-point) = 2
VNML[AS]_ = VNMLA, VNMLS, VNMUL
VNMUL_ = VNMLA, VNMLS, VNMUL = 2
(VMUL|VADD|VSUB)_f\d+$ = $1 (floating-point) = 2
VFM[AS]_f\d+$ = VFMA, VFMS = 2
VFM[AS]_simd = VFMA, VFMS
VFNM[AS]_ = VFNMA, VFNMS
VCVT[BT]_ = VCVTB, VCVTT
VCMPE?_ = VCMP, VCMPE
VCVT_(f64_f32|f32_f64)$ = VCVT (between double-precision and single-precision)
VCVT_(f16_f32|f32_f16)$ = VCVT (between half-precision and single-precision, Advanced SIMD)
VCVT_simd_int$ = VCVT (between floating-point and integer, Advanced SIMD)
VCVT_\w+_simd$ = VCVT (between floating-point and fixed-point, Advanced SIMD)
VCVT_\w*fix = VCVT (between floating-point and fixed-point, Floating-point)
VCVTR?_\w*int = VCVT, VCVTR (between floating-point and integer, Floating-point)
VMOV_(to|from)_single$ = VMOV (between ARM core register and single-precision register)
VMOV_to_scalar = VMOV (ARM core register to scalar)
VMOV_from_scalar = VMOV (scalar to ARM core register)
VMOV_\w+_two_singles$ = VMOV (between two ARM core registers and two single-precision registers)
VMOV_\w+_double$ = VMOV (between two ARM core registers and a doubleword extension register)
VDUP_core = VDUP (ARM core register)
VDUP_scalar = VDUP (scalar)
F(LD|ST)M = V$1M
V(LD|ST)M = V$1M
(VMRS|VMSR|VLDR|VSTR|VPUSH|VPOP|VDIV|VSQRT)_ = $1
# Advanced SIMD.
(VHADD|VHSUB)_ = VHADD, VHSUB
VRHADD_ = VRHADD
VABA$ = VABA, VABAL
VABAL$ = VABA, VABAL = 2
VABD_int$ = VABD, VABDL (integer)
VABDL$ = VABD, VABDL (integer) = 2
(VMAX|VMIN)_int$ = VMAX, VMIN (integer)
(VMAX|VMIN)_simd = VMAX, VMIN (floating-point)
(VPMAX|VPMIN)_int$ = VPMAX, VPMIN (integer)
(VPMAX|VPMIN)_f = VPMAX, VPMIN (floating-point)
VB(SL|IT|IF)$ = VBIF, VBIT, VBSL
(VCEQ|VCGE|VCGT)_reg_simd = $1 (register) = 2
(VCEQ|VCGE|VCGT)_reg = $1 (register)
(VC[EGL][QTE])_zero = $1 (immediate #0)
VACG[ET]_ = VACGE, VACGT, VACLE, VACLT
VML[AS]_int$ = VMLA, VMLAL, VMLS, VMLSL (integer)
VML[AS]L$ = VMLA, VMLAL, VMLS, VMLSL (integer) = 2
VML[AS]_simd = VMLA, VMLS (floating-point)
VML[AS]_scalar = VMLA, VMLAL, VMLS, VMLSL (by scalar)
VML[AS]L_scalar = VMLA, VMLAL, VMLS, VMLSL (by scalar) = 2
VMUL_(int|poly)$ = VMUL, VMULL (integer and polynomial)
VMULL(_poly)?$ = VMUL, VMULL (integer and polynomial) = 2
VMUL_scalar = VMUL, VMULL (by scalar)
VMULL_scalar = VMUL, VMULL (by scalar) = 2
VQDML[AS]L = VQDMLAL, VQDMLSL
(VQDMULL|VQDMULH|VQRDMULH) = $1
(VADD|VSUB)[LW]$ = $1L, $1W
VREV = VREV16, VREV32, VREV64
VQSHLU?_imm$ = VQSHL, VQSHLU (immediate)
VQ(R?)SHRU?N$ = VQ$1SHRN, VQ$1SHRUN
VQMOVU?N$ = VQMOVN, VQMOVUN
VTB[LX]$ = VTBL, VTBX
(VMOV|VMVN|VORR|VBIC)_imm = $1 (immediate)
VMOV_reg = VMOV (register)
(VABS|VNEG|VMOVL|VSHLL)_ = $1
(VQ?R?SHL)_reg$ = $1 (register)
(VADD|VSUB|VABD|VMUL|VPADD)_(simd_)?f = $1 (floating-point)
(VADD|VSUB|VPADD)_int$ = $1 (integer)
(VRECPS|VRSQRTS)_ = $1
V(LD|ST)1_[01]+$ = V$11 (multiple single elements)
V(LD|ST)([234])_[01]+$ = V$1$2 (multiple $2-element structures)
VLD1_lane = VLD1 (single element to one lane)
VST1_lane = VST1 (single element from one lane)
VLD([234])_lane = VLD$1 (single $1-element structure to one lane)
VST([234])_lane = VST$1 (single $1-element structure from one lane)
VLD1_all = VLD1 (single element to all lanes)
VLD([234])_all = VLD$1 (single $1-element structure to all lanes)
# The rest that has a form in brackets.
(\w+)_imm$ = $1 (immediate)
(\w+)_reg$ = $1 (register)
(\w+)_lit$ = $1 (literal)
`;

function makePages(): readonly Page[] {
  const lines = pageLines.trim().split("\n");
  return lines
    .filter((line) => !line.startsWith("#"))
    .map((line) => {
      const [names, title, letter] = line.split(" = ");
      return [new RegExp(`^${names}`), title!, letter];
    });
}

/** Made when they are first asked for: an import makes none of them. */
let pages: readonly Page[] | undefined;

/** Hints without a name have no page: the tables of their opcodes. */
const hints: Readonly<Record<string, string>> = {
  HINT_A1: "MSR (immediate), and hints",
  HINT_T1: "If-Then, and hints",
  HINT_T2: "Change Processor State, and hints",
};

/** Pages of the two instruction sets that bear their names. */
const bySet: ReadonlySet<string> = new Set(["CPS", "SRS"]);

/**
 * Where the architecture manual has an encoding: the manual, the title of the instruction's page and the encoding's name there.
 * Encodings of ARMv8 are in DDI 0487, all others in DDI 0406C.
 *
 * @param row - a row of the table
 * @returns the manual, the page's title, and the encoding
 * @example
 * ```ts
 * manualReference(encoding("t32", "ADC_imm_T1")!); // "ARM DDI 0406C, ADC (immediate), encoding T1"
 * ```
 */
export function manualReference({ id, isa, arch }: Encoding): string {
  const [, name, set, number] = /^(\w+)_([AT])(\d)$/.exec(id)!;
  const manual = arch.startsWith("v8") ? "ARM DDI 0487" : "ARM DDI 0406C";
  const table = hints[id];
  if (table !== undefined) return `${manual}, ${table}`;
  pages ??= makePages();
  const [names, title, letter] = pages.find(([names]) => names.test(name!)) ?? [/.*/, "$&", undefined];
  const found = names.exec(name!)!;
  const plain = title.replace(/\$(\d|&)/g, (_, part: string) => found[part === "&" ? 0 : Number(part)] ?? "");
  const inSet = bySet.has(plain) ? `${plain} (%)` : plain;
  return `${manual}, ${inSet.replace("%", isa === "a32" ? "ARM" : "Thumb")}, encoding ${set}${letter ?? number}`;
}
