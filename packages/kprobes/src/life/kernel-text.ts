import type { Isa } from "@cmodx/codec";
import type { CodeMemory } from "@cmodx/patching";

/** A module's place in memory. Ranges are half open. */
export interface Module {
  readonly name: string;
  /** `coming` until its init has run. */
  state: "coming" | "live" | "going";
  readonly core: readonly [start: number, end: number];
  readonly init: readonly [start: number, end: number];
}

/** A function that an address lies in. */
export interface FunctionPlace {
  readonly name: string;
  readonly start: number;
  /** Bytes. */
  readonly size: number;
}

/** What a kernel knows of its own text: all that registering a probe asks. Addresses are without the Thumb bit. */
export interface KernelText {
  /** What the kernel is built of, and so what its probes decode. */
  readonly isa: Isa;
  readonly memory: CodeMemory;
  /** The address of a symbol. */
  lookup(name: string): number | undefined;
  /** How many symbols have this name, where more than one may; otherwise one that {@link KernelText.lookup} finds is the only. */
  count?(name: string): number;
  /** Whether a module of this name is there. */
  hasModule?(name: string): boolean;
  functionAt(address: number): FunctionPlace | undefined;
  /** Whether the address lies in the kernel's own text, init text included while it exists. */
  isCoreText(address: number): boolean;
  moduleAt(address: number): Module | undefined;
  /** A call site of the function tracer. */
  isFtraceSite(address: number): boolean;
  isJumpLabel(address: number): boolean;
  isBug(address: number): boolean;
  /** Ranges that no probe may be in, with the name of what is there: the entries of `_kprobe_blacklist`. */
  readonly blacklist: readonly { readonly start: number; readonly end: number; readonly name: string }[];
  /** Whether the architecture forbids probes there: entry text, `.kprobes.text`, … */
  isForbidden(address: number): boolean;
}

/** What a {@link listedText} is made of; what is left out is empty. */
export interface ListedText {
  readonly isa: Isa;
  readonly memory: CodeMemory;
  readonly functions: readonly { readonly name: string; readonly start: number; readonly size: number }[];
  readonly modules?: readonly Module[];
  readonly ftraceSites?: readonly number[];
  readonly jumpLabels?: readonly number[];
  readonly bugs?: readonly number[];
  readonly blacklist?: KernelText["blacklist"];
  readonly forbidden?: readonly (readonly [start: number, end: number])[];
}

/**
 * A kernel's text as lists say it. Core text is what the functions cover, outside of modules.
 *
 * @param lists - functions with their sizes in bytes, the blacklist, jump labels, call sites
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 * const memory = bytesMemory(0x8000, new Uint8Array(16));
 * const text = listedText({ isa: "a32", memory, functions: [{ name: "f", start: 0x8000, size: 16 }] });
 * text.functionAt(0x8008)?.name; // "f"
 * ```
 */
export function listedText(lists: ListedText): KernelText {
  const functions = [...lists.functions].sort((a, b) => a.start - b.start);
  const names = new Map(functions.map(({ name, start }) => [name, start]));
  const [ftraceSites, jumpLabels, bugs] = [lists.ftraceSites, lists.jumpLabels, lists.bugs].map(
    (list) => new Set(list),
  );
  const covering = (address: number) => {
    const at = lastAtOrBelow(functions, address);
    return at !== undefined && address < at.start + at.size ? at : undefined;
  };
  const moduleAt = (address: number) =>
    lists.modules?.find((one) => within(address, one.core) || within(address, one.init));
  return {
    isa: lists.isa,
    memory: lists.memory,
    lookup: (name) => names.get(name),
    count: (name) => functions.filter((one) => one.name === name).length,
    hasModule: (name) => lists.modules?.some((one) => one.name === name) ?? false,
    functionAt: covering,
    isCoreText: (address) => covering(address) !== undefined && moduleAt(address) === undefined,
    moduleAt,
    isFtraceSite: (address) => ftraceSites!.has(address),
    isJumpLabel: (address) => jumpLabels!.has(address),
    isBug: (address) => bugs!.has(address),
    blacklist: lists.blacklist ?? [],
    isForbidden: (address) => lists.forbidden?.some((range) => within(address, range)) ?? false,
  };
}

export function within(address: number, [start, end]: readonly [number, number]): boolean {
  return address >= start && address < end;
}

/** The last of entries sorted by start that begins at or below an address. */
function lastAtOrBelow<T extends { readonly start: number }>(sorted: readonly T[], address: number): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.start <= address) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : sorted[low - 1];
}
