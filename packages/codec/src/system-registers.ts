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
 * Names by `opc1 CRn CRm`, those of opc2 0, 1, … in a row; those of CRn 7 and 8 are operations. It is text because that is what an import reads fastest.
 * In order: identification; control; translation and faults; maintenance of caches and branch predictors, and the CP15 forms of the
 * barriers; maintenance of TLBs; performance monitors; memory attributes, vectors, context and timers.
 */
const nameLines = `
0 0 0 MIDR CTR TCMTR TLBTR - MPIDR REVIDR; 0 0 1 ID_PFR0 ID_PFR1 ID_DFR0 ID_AFR0 ID_MMFR0 ID_MMFR1 ID_MMFR2 ID_MMFR3;
0 0 2 ID_ISAR0 ID_ISAR1 ID_ISAR2 ID_ISAR3 ID_ISAR4 ID_ISAR5; 1 0 0 CCSIDR CLIDR - - - - - AIDR; 2 0 0 CSSELR;
4 0 0 VPIDR - - - - VMPIDR; 0 1 0 SCTLR ACTLR CPACR; 0 1 1 SCR SDER NSACR; 4 1 0 HSCTLR HACTLR;
4 1 1 HCR HDCR HCPTR HSTR - - - HACR; 0 2 0 TTBR0 TTBR1 TTBCR; 4 2 0 - - HTCR; 4 2 1 - - VTCR; 0 3 0 DACR;
0 5 0 DFSR IFSR; 0 5 1 ADFSR AIFSR; 4 5 1 HADFSR HAIFSR; 4 5 2 HSR; 0 6 0 DFAR - IFAR; 4 6 0 HDFAR - HIFAR - HPFAR;
0 7 1 ICIALLUIS - - - - - BPIALLIS; 0 7 4 PAR; 0 7 5 ICIALLU ICIMVAU - - CP15ISB - BPIALL BPIMVA;
0 7 6 - DCIMVAC DCISW; 0 7 8 ATS1CPR ATS1CPW ATS1CUR ATS1CUW ATS12NSOPR ATS12NSOPW ATS12NSOUR ATS12NSOUW;
4 7 8 ATS1HR ATS1HW; 0 7 10 - DCCMVAC DCCSW - CP15DSB CP15DMB; 0 7 11 - DCCMVAU; 0 7 14 - DCCIMVAC DCCISW;
0 8 3 TLBIALLIS TLBIMVAIS TLBIASIDIS TLBIMVAAIS; 0 8 5 ITLBIALL ITLBIMVA ITLBIASID; 0 8 6 DTLBIALL DTLBIMVA DTLBIASID;
0 8 7 TLBIALL TLBIMVA TLBIASID TLBIMVAA; 4 8 3 TLBIALLHIS TLBIMVAHIS - - TLBIALLNSNHIS;
4 8 7 TLBIALLH TLBIMVAH - - TLBIALLNSNH; 0 9 12 PMCR PMCNTENSET PMCNTENCLR PMOVSR PMSWINC PMSELR PMCEID0 PMCEID1;
0 9 13 PMCCNTR PMXEVTYPER PMXEVCNTR; 0 9 14 PMUSERENR PMINTENSET PMINTENCLR PMOVSSET; 0 10 2 PRRR NMRR;
0 10 3 AMAIR0 AMAIR1; 4 10 2 HMAIR0 HMAIR1; 4 10 3 HAMAIR0 HAMAIR1; 0 12 0 VBAR MVBAR; 0 12 1 ISR; 4 12 0 HVBAR;
0 13 0 FCSEIDR CONTEXTIDR TPIDRURW TPIDRURO TPIDRPRW; 4 13 0 - - HTPIDR; 0 14 0 CNTFRQ; 0 14 1 CNTKCTL;
0 14 2 CNTP_TVAL CNTP_CTL; 0 14 3 CNTV_TVAL CNTV_CTL; 4 14 1 CNTHCTL; 4 14 2 CNTHP_TVAL CNTHP_CTL
`;

/** Made when they are first asked for. */
let names: ReadonlyMap<string, string> | undefined;

function makeNames(): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  for (const [, place, row] of nameLines.matchAll(/(\d+ \d+ \d+) ([^;]+)/g))
    row!.trim().split(" ").forEach((name, opc2) => {
      if (name !== "-") made.set(`${place} ${opc2}`, name);
    });
  return made;
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
const forUsers = /^(CP15|TPIDRURW|PM(?!INTEN|USERENR)|CNT[PV]_)/;
const forUsersToRead = /^(TPIDRURO|CNTFRQ|CNT[PV]CT|PMUSERENR)$/;

/** Whether an instruction accesses a register or does an operation of CP15 that is not for User mode. */
export function isPrivileged(insn: Insn): boolean {
  const { name, access } = systemRegister(insn) ?? {};
  return name !== undefined && !forUsers.test(name) && !(access === "read" && forUsersToRead.test(name));
}
