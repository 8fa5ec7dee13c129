import type { BarrierOption } from "../rules/barrier.js";
import type { Fpscr } from "./floating-point.js";

/**
 * Pure operations on two 32-bit words. Shifts and rotations take amounts of 0 to 31. `lt` to `leu` and `eq` give 0 or 1. `mulh` and `mulhu`
 * are the high words of the signed and unsigned products; `div` and `divu` give 0 for a divisor of 0, as SDIV and UDIV do.
 */
export type Binary =
  | "add"
  | "sub"
  | "mul"
  | "mulh"
  | "mulhu"
  | "div"
  | "divu"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "sar"
  | "rotr"
  | "eq"
  | "lt"
  | "ltu"
  | "le"
  | "leu";

/** `clz`: leading zeros, 32 of 0; `eqz`: 1 for 0, else 0. */
export type Unary = "clz" | "eqz";

/** What stands for a mode's SPSR among its registers: no mode has a PC of its own. */
export const savedStatus = 15;

/** Arithmetic of the VFP extension: the FPSCR says how, and the exceptions that are met accumulate in it. */
export type FloatBinary = "fadd" | "fsub" | "fmul" | "fdiv";
export type FloatUnary = "fsqrt";
/**
 * To and from integers (`u` unsigned; towards zero and saturating, `round` as the FPSCR says); between the precisions. Single precision values
 * and integers are words, double precision ones are doubles.
 */
export type Convert =
  | "f32_s32"
  | "f32_u32"
  | "f64_s32"
  | "f64_u32"
  | "s32_f32"
  | "u32_f32"
  | "s32_f64"
  | "u32_f64"
  | "round_s32_f32"
  | "round_u32_f32"
  | "round_s32_f64"
  | "round_u32_f64"
  | "f32_f64"
  | "f64_f32";

/** What "compute" does: it goes by the FPSCR, and says there what exceptions it met and whether it saturated. */
export type Apply = (words: readonly number[], fpscr: Fpscr) => number;

export type Flag = "N" | "Z" | "C" | "V" | "Q";

/** What a memory access asks for beyond its size. */
export interface Access {
  /** MemA: it faults when it is not aligned to its size; without it MemU, which need not be aligned. */
  readonly aligned?: boolean;
  /** Load-acquire, store-release. */
  readonly ordered?: boolean;
  readonly exclusive?: boolean;
  /** As if from PL0. */
  readonly unprivileged?: boolean;
}

/** Ways an instruction raises an exception by being executed. */
export type Trap = "undefined" | "svc" | "bkpt";

/** State outside the core registers that MRS, MSR, MRC, VMRS and their kin reach. */
export type SystemState =
  /** Mode, mask and execution state bits of the CPSR; the flags have operations of their own. */
  | "cpsr"
  | "spsr"
  | "fpscr"
  | "fpscr.nzcv"
  | "fpsid"
  | "fpexc"
  | "fpinst"
  | "fpinst2"
  | "mvfr0"
  | "mvfr1"
  | "tpidruro"
  | "tpidrurw"
  | "tpidrprw"
  | "vbar"
  | "sctlr"
  | "dfsr"
  | "ifsr"
  | "dfar"
  | "ifar"
  | "ctr"
  | "mpidr"
  | "midr";

/** What is waited for or told by a hint. */
export type Hint = "nop" | "yield" | "wfe" | "wfi" | "sev" | "sevl";

/**
 * The operations that the meaning of every instruction is written in, once, over values of any kind `V`: values with views in exploration,
 * nodes of a program when running. Nothing here looks at a value, so that one description serves all.
 */
export interface Operations<V> {
  constant(value: number): V;
  unary(operation: Unary, x: V): V;
  binary(operation: Binary, x: V, y: V): V;
  /** `x` when the condition is not 0, else `y`. */
  select(condition: V, x: V, y: V): V;
  /** The carry out of bit 31 of x + y + carry (0 or 1), and the signed overflow. */
  carryOut(x: V, y: V, carry: V): V;
  overflow(x: V, y: V, carry: V): V;

  /** R0 to R14 of the current mode. */
  register(n: number): V;
  setRegister(n: number, value: V): void;
  /** 0 or 1. */
  flag(flag: Flag): V;
  /** Sets those given, and keeps the others. */
  setFlags(flags: { readonly [F in Flag]?: V }): void;
  /** APSR.GE, a number of 4 bits. */
  ge(): V;
  setGe(value: V): void;
  /** ConditionHolds() for the four bits of a condition: 0 or 1. */
  conditionHolds(condition: number): V;

  /** 1, 2 or 4 bytes, zero-extended. */
  load(address: V, size: number, access?: Access): V;
  store(address: V, value: V, size: number, access?: Access): void;
  /** LDREXD: both words at once. */
  loadPair(address: V, access?: Access): readonly [V, V];
  /** STREX of 1, 2, 4 bytes; 0 when it stored, 1 when not. With `high` it is STREXD. */
  storeExclusive(address: V, value: V, size: number, access?: Access, high?: V): V;
  clearExclusive(): void;

  /** The words of the extension registers: S0 to S31, and up to 63 those of D16 to D31. */
  word(n: number): V;
  setWord(n: number, value: V): void;
  double(n: number): V;
  setDouble(n: number, value: V): void;
  /** A double from its low and high word, and either word of a double. */
  joined(low: V, high: V): V;
  half(double: V, high: boolean): V;
  float(operation: FloatBinary | FloatUnary, size: 32 | 64, x: V, y?: V): V;
  convert(operation: Convert, x: V): V;
  /** A word that a function makes of words: arithmetic on elements, or of a precision, that the operations here have no part of. */
  compute(apply: Apply, args: readonly V[]): V;
  /** FPCompare(): N, Z, C, V in bits 3 to 0. `signals`: quiet NaNs are invalid too. */
  compare(size: 32 | 64, x: V, y: V, signals: boolean): V;

  /** Does the rest only when the condition is not 0: an instruction that branches on it, or one whose `results` it decides. */
  when(condition: V, what: { readonly branch: boolean; readonly results: readonly number[] }, then: () => void): void;
  /** On at a fixed address, in the same instruction set or another. */
  branch(target: number, isa?: "a32" | "t32"): void;
  /** BranchWritePC: on at a computed address in the same instruction set. */
  branchWritePC(target: V): void;
  /** BXWritePC: bit 0 of the address chooses the instruction set. */
  exchangeWritePC(target: V): void;
  /** On at the address, and with the status register, that an exception return restores. */
  exceptionReturn(target: V, status?: V): void;
  trap(kind: Trap, returnTo: number, immediate: number): void;

  /** ITSTATE after an IT instruction. */
  startItBlock(it: number): void;
  hint(hint: Hint): void;
  dmb(option: BarrierOption): void;
  dsb(option: BarrierOption): void;
  isb(): void;
  cleanDcache(address: V): void;
  invalidateIcache(address: V | "all", scope: "broadcast" | "local"): void;
  invalidatePredictor(): void;
  system(state: SystemState): V;
  setSystem(state: SystemState, value: V): void;
  /** A core register of another mode, by the number of the mode; its SPSR by {@link savedStatus}. */
  banked(mode: number, n: number): V;
  setBanked(mode: number, n: number, value: V): void;

  /** The architecture says nothing about what the core does next: it stops. */
  unpredictable(reason: string): void;
  /** The access is not as aligned as the instruction says. */
  alignmentFault(address: V, kind: "read" | "write"): void;
  /** This machine does not know what the core does next: it stops. */
  unimplemented(what: string): void;
}
