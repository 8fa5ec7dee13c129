import { cell } from "./layout.js";

// What MRC, MRS and VMRS read, and MCR, MSR and VMSR write, by the name that the instruction's meaning gives it.

/** SCTLR.M and EE. */
const translation = (1 << 0) | (1 << 25);

/** FPEXC.EN. */
const enabled = 1 << 30;

/** What of a value written to a register this machine does not model. */
export function unmodelled(state: string, value: number): string | undefined {
  if (state === "fpsid") return undefined;
  if (state === "fpexc") return (value & enabled) === 0 ? "floating point that is not enabled" : undefined;
  if (systemCells[state] === undefined) return `writing ${state}`;
  if (state === "cpsr" && (value & 0x200) !== 0) return "big-endian data";
  if (state === "fpscr" && (value & 0x07ff0000) !== 0)
    return `FPSCR 0x${(value >>> 0).toString(16)}: a rounding mode, flushing to zero, default NaNs or vectors`;
  if (state === "sctlr" && (value & translation) !== 0) return "address translation by page tables, or big-endian data";
  return undefined;
}

/** What reads the same whatever is written, as far as it may be: a core without a name, with lines of 64 bytes. */
export const identification: Readonly<Record<string, number>> = {
  midr: 0x410fc000,
  ctr: 0x84448004 | 0,
  mpidr: 0x80000000 | 0,
  // VFPv4 with Advanced SIMD, 32 doubles, no trapped exceptions; enabled for good.
  fpsid: 0x41023000,
  mvfr0: 0x10110222,
  mvfr1: 0x11111111,
  fpexc: enabled,
};

/** What PL0 may read, and but for one also write. */
export const unprivileged: ReadonlySet<string> = new Set(["cpsr", "fpscr", "fpscr.nzcv", "tpidruro", "tpidrurw"]);

export const systemCells: Readonly<Record<string, number>> = {
  cpsr: cell.cpsr,
  spsr: cell.spsr,
  vbar: cell.vbar,
  sctlr: cell.sctlr,
  dfsr: cell.dfsr,
  ifsr: cell.ifsr,
  dfar: cell.dfar,
  ifar: cell.ifar,
  fpscr: cell.fpscr,
  "fpscr.nzcv": cell.fpscrFlags,
  tpidruro: cell.tpidruro,
  tpidrurw: cell.tpidrurw,
  tpidrprw: cell.tpidrprw,
};
