// biome-ignore-all format: rows of names, several a line
import { field } from "./decode.js";
import type { Insn } from "./insn.js";

/** A register or an operation of CP15, by the name the architecture gives it. */
export interface SystemRegister {
  /** `DCCMVAU`, `CTR`, `SCTLR`, … */
  readonly name: string;
  /** Whether the instruction reads it (MRC, MRRC) or writes it (MCR, MCRR). */
  readonly access: "read" | "write";
  /** `operation` where writing makes something happen and there is no register: cache, TLB and branch predictor. */
  readonly kind: "register" | "operation";
}

/**
 * Names by `opc1 CRn CRm opc2`; those of CRn 7 and 8 are operations. It is text because that is what an import reads fastest.
 */
const nameLines = `
# Identification.
0 0 0 0 MIDR; 0 0 0 1 CTR; 0 0 0 2 TCMTR; 0 0 0 3 TLBTR; 0 0 0 5 MPIDR; 0 0 0 6 REVIDR
0 0 1 0 ID_PFR0; 0 0 1 1 ID_PFR1; 0 0 1 2 ID_DFR0; 0 0 1 3 ID_AFR0
0 0 1 4 ID_MMFR0; 0 0 1 5 ID_MMFR1; 0 0 1 6 ID_MMFR2; 0 0 1 7 ID_MMFR3
0 0 2 0 ID_ISAR0; 0 0 2 1 ID_ISAR1; 0 0 2 2 ID_ISAR2; 0 0 2 3 ID_ISAR3
0 0 2 4 ID_ISAR4; 0 0 2 5 ID_ISAR5
1 0 0 0 CCSIDR; 1 0 0 1 CLIDR; 1 0 0 7 AIDR; 2 0 0 0 CSSELR
4 0 0 0 VPIDR; 4 0 0 5 VMPIDR
# Control.
0 1 0 0 SCTLR; 0 1 0 1 ACTLR; 0 1 0 2 CPACR
0 1 1 0 SCR; 0 1 1 1 SDER; 0 1 1 2 NSACR
4 1 0 0 HSCTLR; 4 1 0 1 HACTLR; 4 1 1 0 HCR; 4 1 1 1 HDCR; 4 1 1 2 HCPTR; 4 1 1 3 HSTR
4 1 1 7 HACR
# Translation and faults.
0 2 0 0 TTBR0; 0 2 0 1 TTBR1; 0 2 0 2 TTBCR; 4 2 0 2 HTCR; 4 2 1 2 VTCR; 0 3 0 0 DACR
0 5 0 0 DFSR; 0 5 0 1 IFSR; 0 5 1 0 ADFSR; 0 5 1 1 AIFSR
4 5 1 0 HADFSR; 4 5 1 1 HAIFSR; 4 5 2 0 HSR
0 6 0 0 DFAR; 0 6 0 2 IFAR; 4 6 0 0 HDFAR; 4 6 0 2 HIFAR; 4 6 0 4 HPFAR
# Cache and branch predictor maintenance, and the CP15 forms of the barriers.
0 7 1 0 ICIALLUIS; 0 7 1 6 BPIALLIS; 0 7 4 0 PAR
0 7 5 0 ICIALLU; 0 7 5 1 ICIMVAU; 0 7 5 4 CP15ISB; 0 7 5 6 BPIALL; 0 7 5 7 BPIMVA
0 7 6 1 DCIMVAC; 0 7 6 2 DCISW
0 7 8 0 ATS1CPR; 0 7 8 1 ATS1CPW; 0 7 8 2 ATS1CUR; 0 7 8 3 ATS1CUW
0 7 8 4 ATS12NSOPR; 0 7 8 5 ATS12NSOPW; 0 7 8 6 ATS12NSOUR; 0 7 8 7 ATS12NSOUW
4 7 8 0 ATS1HR; 4 7 8 1 ATS1HW
0 7 10 1 DCCMVAC; 0 7 10 2 DCCSW; 0 7 10 4 CP15DSB; 0 7 10 5 CP15DMB
0 7 11 1 DCCMVAU; 0 7 14 1 DCCIMVAC; 0 7 14 2 DCCISW
# TLB maintenance.
0 8 3 0 TLBIALLIS; 0 8 3 1 TLBIMVAIS; 0 8 3 2 TLBIASIDIS; 0 8 3 3 TLBIMVAAIS
0 8 5 0 ITLBIALL; 0 8 5 1 ITLBIMVA; 0 8 5 2 ITLBIASID
0 8 6 0 DTLBIALL; 0 8 6 1 DTLBIMVA; 0 8 6 2 DTLBIASID
0 8 7 0 TLBIALL; 0 8 7 1 TLBIMVA; 0 8 7 2 TLBIASID; 0 8 7 3 TLBIMVAA
4 8 3 0 TLBIALLHIS; 4 8 3 1 TLBIMVAHIS; 4 8 3 4 TLBIALLNSNHIS
4 8 7 0 TLBIALLH; 4 8 7 1 TLBIMVAH; 4 8 7 4 TLBIALLNSNH
# Performance monitors.
0 9 12 0 PMCR; 0 9 12 1 PMCNTENSET; 0 9 12 2 PMCNTENCLR; 0 9 12 3 PMOVSR; 0 9 12 4 PMSWINC
0 9 12 5 PMSELR; 0 9 12 6 PMCEID0; 0 9 12 7 PMCEID1; 0 9 13 0 PMCCNTR; 0 9 13 1 PMXEVTYPER; 0 9 13 2 PMXEVCNTR
0 9 14 0 PMUSERENR; 0 9 14 1 PMINTENSET; 0 9 14 2 PMINTENCLR
0 9 14 3 PMOVSSET
# Memory attributes, vectors, context, timers.
0 10 2 0 PRRR; 0 10 2 1 NMRR; 0 10 3 0 AMAIR0; 0 10 3 1 AMAIR1
4 10 2 0 HMAIR0; 4 10 2 1 HMAIR1; 4 10 3 0 HAMAIR0; 4 10 3 1 HAMAIR1
0 12 0 0 VBAR; 0 12 0 1 MVBAR; 0 12 1 0 ISR; 4 12 0 0 HVBAR
0 13 0 0 FCSEIDR; 0 13 0 1 CONTEXTIDR; 0 13 0 2 TPIDRURW; 0 13 0 3 TPIDRURO; 0 13 0 4 TPIDRPRW
4 13 0 2 HTPIDR
0 14 0 0 CNTFRQ; 0 14 1 0 CNTKCTL; 0 14 2 0 CNTP_TVAL; 0 14 2 1 CNTP_CTL
0 14 3 0 CNTV_TVAL; 0 14 3 1 CNTV_CTL
4 14 1 0 CNTHCTL; 4 14 2 0 CNTHP_TVAL; 4 14 2 1 CNTHP_CTL
`;

/** Made when they are first asked for. */
let names: ReadonlyMap<string, string> | undefined;

function makeNames(): ReadonlyMap<string, string> {
  return new Map([...nameLines.matchAll(/(\d+ \d+ \d+ \d) (\w+)/g)].map(([, numbers, name]) => [numbers!, name!]));
}

/** 64-bit registers by `opc1 CRm`. */
const doubles: Readonly<Record<string, string>> = {
  "0 2": "TTBR0", "1 2": "TTBR1", "4 2": "HTTBR", "6 2": "VTTBR", "0 7": "PAR",
  "0 14": "CNTPCT", "1 14": "CNTVCT", "2 14": "CNTP_CVAL", "3 14": "CNTV_CVAL", "4 14": "CNTVOFF",
  "6 14": "CNTHP_CVAL",
};

/**
 * What an MCR, MRC, MCRR or MRRC of coprocessor 15 is about; undefined for every other instruction and for numbers
 * without a name in ARMv7.
 *
 * @param insn - a decoded instruction
 * @returns the register or operation
 * @example
 * ```ts
 * systemRegister(decodeA32(0xee070f3b))?.name; // mcr p15, 0, r0, c7, c11, 1: "DCCMVAU"
 * ```
 */
export function systemRegister(insn: Insn): SystemRegister | undefined {
  const match = /^(MCR|MRC|MCRR|MRRC)_[AT]1$/.exec(insn.encoding?.id ?? "");
  if (match === null || field(insn, "coproc") !== 15) return undefined;
  const access = match[1]!.startsWith("MC") ? "write" : "read";
  const numbers = (...fields: string[]): string => fields.map((name) => field(insn, name)).join(" ");
  if (match[1]!.length === 4) {
    const name = doubles[numbers("opc1", "CRm")];
    return name === undefined ? undefined : { name, access, kind: "register" };
  }
  names ??= makeNames();
  const name = names.get(numbers("opc1", "CRn", "CRm", "opc2"));
  if (name === undefined) return undefined;
  const operation = (field(insn, "CRn") === 7 && name !== "PAR") || field(insn, "CRn") === 8;
  return { name, access, kind: operation ? "operation" : "register" };
}

/** What User mode may access, or be allowed to: barriers, its thread's numbers, counters and timers. */
const forUsers = { any: /^(CP15|TPIDRURW|PM(?!INTEN|USERENR)|CNT[PV]_)/, read: /^(TPIDRURO|CNTFRQ|CNT[PV]CT|PMUSERENR)$/ };

/** Whether an instruction accesses a register or does an operation of CP15 that is not for User mode. */
export function isPrivileged(insn: Insn): boolean {
  const { name, access } = systemRegister(insn) ?? {};
  return name !== undefined && !forUsers.any.test(name) && !(access === "read" && forUsers.read.test(name));
}
