import type { JumpEntry } from "./jump-entry.js";
import type { Module } from "./module.js";

/** Entries that a module has for a key. */
export interface KeyUse {
  readonly module: Module;
  readonly entries: readonly JumpEntry[];
}

/**
 * A static key: a counter that is read by instructions instead of loads. Made by {@link staticKey}; switched by
 * {@link StaticKeys}, whose fields these are to change.
 *
 * @example
 * ```ts
 * const key = staticKey("tracing", { address: 0xa000, initially: true });
 * key.initiallyTrue; // true
 * key.count; // 1
 * ```
 */
export class StaticKey {
  readonly name: string;
  /** Where it is in memory: what its entries name it by. */
  readonly address: number;
  /** `DEFINE_STATIC_KEY_TRUE`. */
  readonly initiallyTrue: boolean;
  /** -1 while the first enable is in progress, 0 off, n on with n users. */
  enabled: number;
  /** In memory that is read-only after init: modules that use it are patched once and not remembered. */
  sealed = false;
  /** Entries of the object that defines the key. */
  entries: readonly JumpEntry[] = [];
  /** The module that defines it; none for a key of the kernel. */
  owner: Module | undefined;
  /** Modules that use it without owning it, the latest first. */
  users: KeyUse[] = [];

  /**
   * Makes a key; {@link staticKey} does.
   *
   * @param name - for texts
   * @param address - of the key in memory
   * @param initiallyTrue - what it was declared as
   */
  constructor(name: string, address: number, initiallyTrue: boolean) {
    this.name = name;
    this.address = address;
    this.initiallyTrue = initiallyTrue;
    this.enabled = initiallyTrue ? 1 : 0;
  }

  /** The number of users: an enable in progress counts as one. @see linux kernel/jump_label.c static_key_count */
  get count(): number {
    return this.enabled < 0 ? 1 : this.enabled;
  }

  /** Whether the kernel keeps a list for it rather than a pointer to its entries: a module uses somebody else's key. */
  get linked(): boolean {
    return this.users.length > 0;
  }
}

/**
 * Declares a key.
 *
 * @param name - of the key, for texts
 * @param options.address - of the key in memory; entries name it by this
 * @param options.initially - `DEFINE_STATIC_KEY_TRUE` or `_FALSE`
 *
 * @example
 * ```ts
 * staticKey("sched_debug", { address: 0xa000 }).enabled; // 0
 * ```
 */
export function staticKey(
  name: string,
  { address, initially = false }: { readonly address: number; readonly initially?: boolean },
): StaticKey {
  return new StaticKey(name, address, initially);
}
