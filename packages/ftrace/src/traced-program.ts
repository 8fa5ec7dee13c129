import type { ElfImage } from "@cmodx/elf";
import type { FunctionOf } from "@cmodx/trace";
import { type CallRecord, tableRecords } from "./image-calls.js";
import { scanRecords } from "./scan-calls.js";

/** A function, and where in it an address is. */
export interface FunctionPlace {
  readonly name: string;
  readonly offset: number;
  /** In bytes; 0 where the symbol does not say. */
  readonly size: number;
}

/** Who has names for addresses. */
export interface FunctionNames {
  /** @param address - without the Thumb bit */
  functionAt(address: number): FunctionPlace | undefined;
}

/** What is to be known of a program to trace it. */
export interface TracedProgram extends FunctionNames {
  /** Its calls of `__gnu_mcount_nc`. */
  readonly records: readonly CallRecord[];
  /** Its bytes as it was built: somebody's breakpoint may be in the text now. */
  read(address: number, size: number): Uint8Array | undefined;
  /** Where nothing is, in reach of its calls: the lowest address and the one behind the highest. */
  readonly bounds: { readonly lowest: number; readonly highest: number };
}

/**
 * A program as its file says it.
 *
 * @param image - a linked program, little-endian
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const program = tracedProgram(openElf(memorySource(readFileSync("samples/sites-arm.elf"))));
 * program.functionAt(program.records[1]!.ip)?.name; // "square"
 * ```
 */
export function tracedProgram(image: ElfImage): TracedProgram {
  const found = tableRecords(image);
  const used = image.segments.filter(({ memoryBytes }) => memoryBytes > 0);
  return {
    records: found.length > 0 ? found : scanRecords(image),
    ...functionNames(image),
    read: (address, size) => image.read(image.locate(address), size),
    bounds: {
      lowest: Math.min(...used.map(({ address }) => address)),
      highest: Math.max(...used.map(({ address, memoryBytes }) => address + memoryBytes)),
    },
  };
}

/**
 * The function symbols of an image.
 *
 * @param image - linked, with its symbol table
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const square = image.symbols.address(image.symbols.find("square"));
 * functionNames(image).functionAt(square + 4)?.offset; // 4
 * ```
 */
export function functionNames(image: ElfImage): FunctionNames {
  return {
    functionAt: (address) => {
      const hit = image.symbolAt(image.locate(address));
      return hit === undefined
        ? undefined
        : { name: hit.name, offset: hit.offset, size: image.symbols.size[hit.index] ?? 0 };
    },
  };
}

/**
 * The functions of an image, for the `.function` of event filters.
 *
 * @param image - linked, with its symbol table
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * functionOf(image)("square")?.start === image.symbols.address(image.symbols.find("square")); // true
 * functionOf(image)("nowhere"); // undefined
 * ```
 */
export function functionOf(image: ElfImage): FunctionOf {
  const { symbols } = image;
  return (wanted) => {
    const index =
      typeof wanted === "string" ? symbols.find(wanted) : (image.symbolAt(image.locate(wanted & ~1))?.index ?? -1);
    if (index < 0 || !symbols.defined(index)) return undefined;
    const start = (symbols.address(index) & ~1) >>> 0;
    return { start, end: start + (symbols.size[index] ?? 0) };
  };
}
