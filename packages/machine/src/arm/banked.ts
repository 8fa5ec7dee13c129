import { field, type Insn } from "@cmodx/codec";
import { type Operations, savedStatus } from "../pseudocode/operations.js";
import type { Semantic } from "./semantics.js";

/** Modes by their numbers, besides those of extensions that there are not. */
const [usr, fiq, irq, svc, abt, und, sys] = [0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f] as const;

/** The core stops where it is in one of these modes. */
function unpredictableIn<V>(m: Operations<V>, modes: readonly number[], what: string): void {
  const mode = m.binary("and", m.system("cpsr"), m.constant(0x1f));
  for (const one of modes) {
    m.when(m.binary("eq", mode, m.constant(one)), { branch: false, results: [] }, () =>
      m.unpredictable(`${what} in ${one === usr ? "User" : one === sys ? "System" : "that"} mode`),
    );
  }
}

/** Neither mode has an SPSR, and both have the registers that others call User mode's. */
export function unpredictableAtUserAndSystem<V>(m: Operations<V>, what: string): void {
  unpredictableIn(m, [usr, sys], what);
}

/** What MRS and MSR (Banked register) name by R and SYSm (ARM DDI 0406C, banked register
 * transfers): the register's mode, its number, where it may not be named. */
function bankedOf(
  insn: Insn,
): { readonly mode: number; readonly n: number; readonly not: readonly number[] } | undefined {
  const [r, m, m1] = [field(insn, "R")!, field(insn, "M")!, field(insn, "M1")!];
  if (m === 0) {
    const n = 8 + (m1 & 7);
    if (n === 15 || (r === 1 && m1 !== 14)) return undefined;
    if (m1 >= 8) return { mode: fiq, n: r === 1 ? savedStatus : n, not: [usr, fiq] };
    // R8 to R12 are those of all modes but FIQ.
    return { mode: usr, n, not: n < 13 ? [usr, irq, svc, abt, und, sys] : [usr, sys] };
  }
  const mode = [irq, svc, abt, und][m1 >> 1];
  if (mode === undefined || (r === 1 && (m1 & 1) === 1)) return undefined;
  return { mode, n: r === 1 ? savedStatus : (m1 & 1) === 1 ? 13 : 14, not: [usr, mode] };
}

/** The semantic of MRS or MSR for a banked register. */
const throughBank =
  (move: <V>(m: Operations<V>, insn: Insn, mode: number, n: number) => void): Semantic =>
  (m, insn) => {
    const at = bankedOf(insn);
    if (at === undefined) return m.unpredictable(`${insn.mnemonic} of a register of an extension that there is not`);
    unpredictableIn(m, at.not, `${insn.mnemonic} of that banked register`);
    move(m, insn, at.mode, at.n);
  };

/** MRS (Banked register). */
export const moveFromBanked: Semantic = throughBank((m, insn, mode, n) =>
  m.setRegister(field(insn, "Rd")!, m.banked(mode, n)),
);
/** MSR (Banked register). */
export const moveToBanked: Semantic = throughBank((m, insn, mode, n) =>
  m.setBanked(mode, n, m.register(field(insn, "Rn")!)),
);
