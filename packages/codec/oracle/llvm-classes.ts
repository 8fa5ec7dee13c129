interface Class {
  /** The kinds and rows that belong to it. */
  readonly keys: RegExp;
  readonly why: string;
}

/**
 * Why words differ from LLVM's C API, which gives no text to a word that it marks, either. What each class may have is counted
 * row by row in vectors/llvm-space.txt: one word more fails the run.
 */
export const llvmClasses: Readonly<Record<string, Class>> = {
  "stricter: UNPREDICTABLE": {
    keys: /^.32 unpredictable: /,
    why: "a clause of the manual that LLVM does not check; its text is ours",
  },
  "stricter: should-be bits": {
    keys: /^.32 should-be bits: /,
    why: "LLVM ignores a (0) or (1) of the diagram; its text is ours",
  },
  "newer than the oracles": {
    keys: /LLVM does not decode it: (CRC32|HLT|SETPAN|LDA|STL|DCPS)/,
    why: "ARMv8 encodings; LLVM is told ARMv7-A",
  },
  "LLVM: SP or PC shifted": {
    keys: /a32 LLVM does not decode it: ([A-Z]{3}_reg|(ASR|LSL|LSR|ROR)_imm|RRX)_A1/,
    why: "LLVM marks a shifted Rm that is SP or PC; ARMv7-A deprecates the one and allows both",
  },
  "LLVM: MCRR2 with one register": {
    keys: /a32 LLVM does not decode it: MCRR2_A1/,
    why: "LLVM marks Rt == Rt2 as for MRRC2; the manual forbids that of MRRC2, which writes them",
  },
  "LLVM: LDRD and STRD with writeback to SP": {
    keys: /t32 LLVM does not decode it: (LDRD|STRD)_imm_T1/,
    why: "LLVM marks Rn == 13 with writeback; the manual has no such clause",
  },
  "LLVM: STRD takes an offset for a register": {
    keys: /a32 LLVM does not decode it: STRD_imm_A1/,
    why: "LLVM marks imm4L == 15 in the immediate form as if it were Rm",
  },
  "LLVM: lists past d31": {
    keys: /unpredictable, other text: V(LD[1-4]|ST[1-4]|TB[LX])/,
    why: "LLVM wraps or prints system registers; the text counts on past d31, as GNU's",
  },
  "LLVM: RFE without a base": {
    keys: /(should-be bits|unpredictable), other text: RFE/,
    why: "LLVM prints the mode for the base register of an RFE whose should-be bits are wrong",
  },
  "LLVM: one register pushed": {
    keys: /t32 unpredictable, other text: (POP|PUSH)_T2/,
    why: "a list of one register is UNPREDICTABLE in the wide POP and PUSH, which is how we name it; LLVM says ldm and stmdb",
  },
  "a later name of a hint": { keys: /t32 other text: HINT_T2/, why: "hints of v8-M: NOP in ARMv7-A" },
  "LLVM: LDC2 and STC2 of 10 and 11": {
    keys: /unallocated, other text: no row/,
    why: "coprocessors 10 and 11 are floating-point and Advanced SIMD, which have nothing here; LLVM says stc2 or ldc2",
  },
};

/** The class that a count belongs to; undefined when it is not explained. */
export function classOf(key: string): string | undefined {
  return Object.keys(llvmClasses).find((name) => llvmClasses[name]!.keys.test(key));
}
