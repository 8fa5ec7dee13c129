import type { Isa } from "@cmodx/codec";
import { type ElfImage, findTable, mcountTable, relocationOfWord } from "@cmodx/elf";
import { type CodeMemory, type Edit, imageMemory, insnIn } from "@cmodx/patching";
import { matches, type Pattern } from "@cmodx/trace";
import { callNop, callOf, stateOf, unexpected } from "./call-site.js";
import { FtraceError } from "./ftrace-error.js";

/** A traced function's call: where the compiler put `push {lr}; bl __gnu_mcount_nc`, the address of the `bl`. */
export interface CallRecord {
  readonly isa: Isa;
  readonly ip: number;
  /** The function, as `available_filter_functions` names it. */
  readonly name: string;
  /** In text that is freed after boot. */
  readonly init: boolean;
}

/** The traced functions of an ELF image, over a copy of its bytes. */
export interface ImageCalls {
  /** In the order of their addresses. */
  readonly records: readonly CallRecord[];
  readonly memory: CodeMemory;
  readonly bytes: Uint8Array;
  /** What a switched-on site calls: `ftrace_caller`, its twin for init text, or what the sites were built to call. */
  readonly tracer: { readonly text: number; readonly init: number };
  /** `__gnu_mcount_nc`, which the compiler's calls go to. */
  readonly built: number;
  /** The instruction set of that: a call from the other one is a BLX. */
  readonly builtIsa: Isa;
}

/**
 * Reads the call sites of an image.
 *
 * @param image - a linked kernel or program
 * @param bytes - the whole file; they are changed when sites are switched
 * @throws {FtraceError} `E_RECORDS` for an image without a table of them, or whose calls the linker has not made yet;
 *   `E_TRACER` where no symbol says what to call
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const bytes = readFileSync("samples/sites-arm.elf");
 * const { records } = callsOf(openElf(memorySource(bytes)), bytes);
 * records.map(({ name }) => name).slice(0, 3); // ["trace_call", "square", "triangle"]
 * ```
 */
export function callsOf(image: ElfImage, bytes: Uint8Array): ImageCalls {
  const table = findTable(image, mcountTable);
  if (table === undefined) throw recordsError("has no __mcount_loc", "use an image built with CONFIG_DYNAMIC_FTRACE");
  if (image.header.codeEndian !== "little") throw recordsError("has big-endian code", "link it with --be8");
  if (image.relocatable && [...table.entries()].some(({ site }) => relocationOfWord(image, site) !== undefined)) {
    throw recordsError(
      "waits for the linker at its call sites",
      "link it first: a relocation would be applied over the change",
    );
  }
  const records = tableRecords(image);
  const built = symbolOf(image, ["__gnu_mcount_nc"]);
  const text = symbolOf(image, ["ftrace_caller"]) ?? built;
  if (built === undefined || text === undefined) {
    throw new FtraceError({
      code: "E_TRACER",
      what: "the image has no symbol __gnu_mcount_nc, so what its sites called is not known",
      remedy: "use an image with symbols",
      facts: {},
    });
  }
  return {
    records,
    memory: imageMemory(image, bytes),
    bytes,
    tracer: { text, init: symbolOf(image, ["ftrace_caller_from_init"]) ?? text },
    built,
    builtIsa: image.isaAt(image.locate(built)).isa ?? records[0]?.isa ?? "a32",
  };
}

/** The records of the image's `__mcount_loc`, in the order of their addresses. */
export function tableRecords(image: ElfImage): CallRecord[] {
  const records = [...(findTable(image, mcountTable)?.entries() ?? [])].map(({ site }) => {
    const isa = image.isaAt(site).isa ?? ((site.flags & 1) === 1 ? "t32" : undefined);
    if (isa === undefined)
      throw recordsError(`does not say whether ${hex(site.address)} is ARM or Thumb`, "keep its symbols");
    const name = image.symbolAt(site)?.name ?? hex(site.address);
    return { isa, ip: site.address, name, init: site.section?.name === ".init.text" };
  });
  return records.toSorted((a, b) => a.ip - b.ip);
}

/** What a site is to be: calling the tracer, switched off, or as the compiler left it. */
export type CallWish = "on" | "off" | "built";

/**
 * The records that a pattern names; an index counts from 1, as in `available_filter_functions`.
 *
 * @param calls - the call sites of an image
 * @param pattern - from {@link parsePattern}
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { parsePattern } from "@cmodx/trace";
 *
 * const bytes = readFileSync("samples/sites-arm.elf");
 * const calls = callsOf(openElf(memorySource(bytes)), bytes);
 * selectRecords(calls, parsePattern("s*")).map(({ name }) => name); // ["square", "setup"]
 * ```
 */
export function selectRecords({ records }: Pick<ImageCalls, "records">, pattern: Pattern): CallRecord[] {
  if (pattern.kind === "index") return records.slice(Number(pattern.search) - 1, Number(pattern.search));
  return records.filter(({ name }) => matches(pattern, name));
}

/**
 * The edits that make `records` what is wished; none for a site that is so already.
 *
 * @param calls - the call sites of an image
 * @param records - which of them
 * @param wish - what they are to be: a call of the tracer, or none
 * @throws {FtraceError} `E_CALL_SITE` where a site holds something else than a call or what switches one off, or the tracer is
 *   out of reach
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const bytes = readFileSync("samples/sites-arm.elf");
 * const calls = callsOf(openElf(memorySource(bytes)), bytes);
 * callEdits(calls, calls.records, "off").map(({ to }) => to.mnemonic).slice(0, 2); // ["add", "add"]
 * ```
 */
export function callEdits(calls: ImageCalls, records: readonly CallRecord[], wish: CallWish): Edit[] {
  const { memory, tracer, built, builtIsa } = calls;
  return records.flatMap(({ isa, ip: address, init }) => {
    const from = insnIn(memory, isa, address);
    const state = stateOf(from);
    if (state === "other") throw unexpected(from);
    if (wish === "off" && state === "nop") return [];
    const target = wish === "built" ? built : init ? tracer.init : tracer.text;
    const to = wish === "off" ? callNop(isa, address) : callOf(isa, address, target, target === built ? builtIsa : isa);
    return from.word === to.word ? [] : [{ isa, address, from, to }];
  });
}

function symbolOf(image: ElfImage, names: readonly string[]): number | undefined {
  for (const name of names) {
    const index = image.symbols.find(name);
    if (index >= 0 && image.symbols.defined(index)) return (image.symbols.address(index) & ~1) >>> 0;
  }
  return undefined;
}

function recordsError(what: string, remedy: string): FtraceError {
  return new FtraceError({ code: "E_RECORDS", what: `the image ${what}`, remedy, facts: {} });
}

function hex(address: number): string {
  return `0x${(address >>> 0).toString(16)}`;
}
