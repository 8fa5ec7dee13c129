import { cell } from "./layout.js";
import { vectorBase } from "./modes.js";

// What MRC, MRS and VMRS read, and MCR, MSR and VMSR write, by the name that the instruction's meaning gives it.

/** SCTLR.M, A and EE. */
const [translation, alignment, bigEndian] = [1 << 0, 1 << 1, 1 << 25];

/** FPSCR.Len, FZ16 and Stride: ARMv7's vectors, which an implementation need not have, and a later extension. */
const vectors = 0x003f0000;

/** Which bits can be written, where not all: of the FPSCR QC, AHP, DN, FZ, RMode and the cumulative exceptions, none of which is trapped. */
export const writableBits: Readonly<Record<string, number>> = { vbar: vectorBase, fpscr: 0x0fc0009f };

/** FPEXC.EN. */
const enabled = 1 << 30;

/** What of a value written to a register this machine does not model. */
export function unmodelled(state: string, value: number): string | undefined {
  if (state === "fpsid") return undefined;
  if (state === "fpexc") return (value & enabled) === 0 ? "floating point that is not enabled" : undefined;
  if (systemCells[state] === undefined) return `writing ${state}`;
  if (state === "cpsr" && (value & 0x200) !== 0) return "big-endian data";
  if (state === "fpscr" && (value & vectors) !== 0)
    return `FPSCR 0x${(value >>> 0).toString(16)}: vectors of the VFP, or half precision flushed to zero`;
  if (state !== "sctlr") return undefined;
  if ((value & translation) !== 0) return "address translation by page tables";
  if ((value & alignment) !== 0) return "alignment faults of all accesses";
  if ((value & bigEndian) !== 0) return "big-endian data";
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
