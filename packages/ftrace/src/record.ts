import type { Isa } from "@cmodx/codec";

/**
 * Bits of a record's flags: what is wanted of it, and (`*_EN`) what is in memory.
 *
 * @example
 * ```ts
 * RECORD.ENABLED !== RECORD.REGS; // true
 * ```
 *
 * @see linux include/linux/ftrace.h
 */
export const RECORD: Readonly<
  Record<
    | "ENABLED"
    | "REGS"
    | "REGS_EN"
    | "TRAMP"
    | "TRAMP_EN"
    | "IPMODIFY"
    | "DISABLED"
    | "DIRECT"
    | "DIRECT_EN"
    | "CALL_OPS"
    | "CALL_OPS_EN"
    | "TOUCHED"
    | "MODIFIED",
    number
  >
> = {
  ENABLED: 1 << 31,
  REGS: 1 << 30,
  REGS_EN: 1 << 29,
  TRAMP: 1 << 28,
  TRAMP_EN: 1 << 27,
  IPMODIFY: 1 << 26,
  DISABLED: 1 << 25,
  DIRECT: 1 << 24,
  DIRECT_EN: 1 << 23,
  CALL_OPS: 1 << 22,
  CALL_OPS_EN: 1 << 21,
  TOUCHED: 1 << 20,
  MODIFIED: 1 << 19,
};

/** Bits 18 to 0 count the ops that trace the function. */
export const COUNT_MASK = 0x7ffff;

/**
 * A traced function's call: its flags change as ops come and go.
 *
 * @example
 * ```ts
 * const record = new DynRecord({ isa: "a32", ip: 0x8000, name: "vfs_read" });
 * record.set(RECORD.ENABLED, true);
 * record.has(RECORD.ENABLED); // true
 * record.count; // 0
 * ```
 */
export class DynRecord {
  readonly isa: Isa;
  /** Address of the `bl`; bit 0 is clear in T32 too. */
  readonly ip: number;
  readonly name: string;
  /** The module it is in; none for the kernel's own. */
  readonly module: string | undefined;
  /** In text that is freed after boot. */
  readonly init: boolean;
  flags = 0;
  /** What the site calls now; undefined while it is off. */
  target: number | undefined;

  /**
   * Makes the record of a site without flags.
   *
   * @param at - the site: its instruction set, its address, its function and module
   */
  constructor(at: {
    readonly isa: Isa;
    readonly ip: number;
    readonly name: string;
    readonly module?: string;
    readonly init?: boolean;
  }) {
    this.isa = at.isa;
    this.ip = at.ip;
    this.name = at.name;
    this.module = at.module;
    this.init = at.init ?? false;
  }

  get count(): number {
    return this.flags & COUNT_MASK;
  }

  /**
   * Whether a flag is set.
   *
   * @param bit - one of the flags' masks
   */
  has(bit: number): boolean {
    return (this.flags & bit) !== 0;
  }

  /**
   * Sets a flag, or clears it.
   *
   * @param bit - one of the flags' masks
   * @param on - what it becomes
   */
  set(bit: number, on: boolean): void {
    this.flags = on ? this.flags | bit : this.flags & ~bit;
  }

  /** As `available_filter_functions` names it. */
  get listed(): string {
    return this.module === undefined ? this.name : `${this.name} [${this.module}]`;
  }
}
