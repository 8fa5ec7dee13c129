/**
 * The versions of the architecture whose lists of concurrently modifiable instructions differ.
 *
 * @example
 * ```ts
 * ARCHITECTURES; // ["armv7", "armv8-aarch32"]
 * ```
 */
export const ARCHITECTURES = ["armv7", "armv8-aarch32"] as const;
/** A version of the architecture with a list of its own. */
export type Architecture = (typeof ARCHITECTURES)[number];

/**
 * The instructions that may be changed while other cores execute them, as each version of the architecture lists them.
 *
 * Both the instruction before and the one after must be listed; then every execution is of one or of the other. The lists
 * are data because four tools that check this carry four different ones: whoever disagrees can read and cite ours.
 */
export interface Lists {
  /** A32 instructions, changed as a whole: the fetch of an A32 instruction is single-copy atomic. */
  readonly a32: ReadonlySet<string>;
  /** T32 instructions of 16 bits, changed as a whole. */
  readonly t16: ReadonlySet<string>;
  /** 16-bit instructions that may take the place of the first halfword of a `BL` or `BLX`, and the other way round. */
  readonly t16ForBranchWithLink: ReadonlySet<string>;
  /** 32-bit T32 instructions whose first halfword may become that of another of the same kind. */
  readonly firstHalfword: ReadonlySet<string>;
  /** 32-bit T32 instructions whose second halfword may become that of another of the same kind. */
  readonly secondHalfword: ReadonlySet<string>;
}

const HALFWORDS = {
  firstHalfword: new Set(["BL", "BLX"]),
  secondHalfword: new Set(["BL", "BLX", "B.W", "Bcc.W"]),
};

/**
 * Which instructions each version of the architecture lists as concurrently modifiable, by their CMODX class (ARM DDI 0406C A3.5.4, ARM DDI
 * 0487 E2.2.5).
 *
 * @example
 * ```ts
 * LISTS.armv7.a32.has("NOP"); // true
 * LISTS.armv7.t16.has("BX"); // false
 * LISTS["armv8-aarch32"].t16.has("BX"); // true
 * ```
 */
export const LISTS: Readonly<Record<Architecture, Lists>> = {
  // The quotations of A3.5.4 at hand give both whole-instruction lists and leave the halfword paragraph out. The
  // halfword rules here are version 8's, cut to what version 7 lists: anything allowed under both texts is allowed.
  armv7: {
    a32: new Set(["B", "BL", "BKPT", "HVC", "NOP", "SMC", "SVC"]),
    t16: new Set(["B", "BKPT", "NOP", "SVC"]),
    t16ForBranchWithLink: new Set(["B", "BKPT", "SVC"]),
    ...HALFWORDS,
  },
  "armv8-aarch32": {
    a32: new Set(["B", "BL", "BKPT", "HVC", "ISB", "NOP", "SMC", "SVC"]),
    t16: new Set(["B", "BKPT", "BLX", "BX", "NOP", "SVC"]),
    t16ForBranchWithLink: new Set(["B", "BKPT", "BLX", "BX", "SVC"]),
    ...HALFWORDS,
  },
};
