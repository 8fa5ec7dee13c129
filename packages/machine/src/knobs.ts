/**
 * What differs between implementations of the one memory and fetch model. The defaults are the architecture's envelope for
 * ARMv7 (and for ARMv8 AArch32 with CTR.{IDC,DIC} = {0,0}): what holds under them holds on every core.
 */
export interface Knobs {
  /** CTR.IDC: stored instructions reach the point of unification without a data cache clean. ARMv7 has no such bit: 0. */
  readonly idc: boolean;
  /** CTR.DIC: stored instructions reach instruction fetch without an instruction cache invalidate. ARMv7 has no such bit: 0. */
  readonly dic: boolean;
  /** Bytes of one line for clean and invalidate (CTR.DminLine, CTR.IminLine), a power of two. */
  readonly lineBytes: number;
  /**
   * Bytes of Thumb code fetched as one: 2 is all that the architecture promises (ARM DDI 0487 E2.2.1); 4 fetches an
   * aligned pair at once, as many implementations do: folklore, not a promise.
   */
  readonly t32FetchBytes: 2 | 4;
  /**
   * CTR.L1Ip: does an invalidate by address reach what was fetched through another virtual address of the same memory (`pipt`)? A virtually
   * indexed cache promises only the address given (`vipt`): for the others everything must be invalidated.
   */
  readonly l1ip: "vipt" | "pipt";
}

/**
 * The architecture's envelope: no caches are coherent for fetch, Thumb code is fetched by halfwords, invalidates are by virtual address.
 *
 * @example
 * ```ts
 * architecture.t32FetchBytes; // 2
 * ```
 */
export const architecture: Knobs = { idc: false, dic: false, lineBytes: 64, t32FetchBytes: 2, l1ip: "vipt" };
