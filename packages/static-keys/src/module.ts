import type { JumpEntry } from "./jump-entry.js";
import type { StaticKey } from "./static-key.js";

/** Addresses from `start` up to, not including, `end`. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

export function contains({ start, end }: AddressRange, address: number): boolean {
  return address >= start && address < end;
}

/** What a loadable module brings. */
export interface ModuleImage {
  readonly name: string;
  readonly text: readonly AddressRange[];
  readonly initText?: readonly AddressRange[];
  readonly entries: readonly JumpEntry[];
  /** Keys that the module defines. */
  readonly keys?: readonly StaticKey[];
}

/**
 * A module that is loaded, or on its way.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const labels = new StaticKeys({ patcher: memoryPatcher(bytesMemory(0, new Uint8Array(0))) });
 * labels.init([], []);
 * const text = [{ start: 0x10000, end: 0x11000 }];
 * const module = labels.loadModule({ name: "demo", text, entries: [], keys: [] });
 * module?.state; // "coming"
 * module?.hasText(0x10004); // true
 * ```
 */
export class Module {
  readonly image: ModuleImage;
  state: "coming" | "live" | "going" = "coming";
  /** Its sites, sorted. */
  entries: readonly JumpEntry[];

  /**
   * Takes a module as it is loaded; {@link StaticKeys.loadModule} does.
   *
   * @param image - its name, its text, its own keys
   * @param entries - its jump table, sorted
   */
  constructor(image: ModuleImage, entries: readonly JumpEntry[]) {
    this.image = image;
    this.entries = entries;
  }

  /**
   * Whether an address is text of this module that is still there.
   *
   * @param address - of a byte
   */
  hasText(address: number): boolean {
    const { text, initText = [] } = this.image;
    return [...text, ...(this.state === "live" ? [] : initText)].some((range) => contains(range, address));
  }

  /**
   * Whether an address is init text of this module that is still there.
   *
   * @param address - of a byte
   */
  hasInitText(address: number): boolean {
    return (this.image.initText ?? []).some((range) => contains(range, address));
  }
}
