import {
  bugTable,
  type ElfImage,
  findTable,
  jumpTable,
  kprobeBlacklist,
  mcountTable,
  type Place,
  type Section,
  symbolTypes,
} from "@cmodx/elf";
import { bytesMemory, type CodeMemory } from "@cmodx/patching";
import { type KernelText, within } from "./kernel-text.js";

/** Runs of text in which the architecture forbids probes. @see linux arch/arm/probes/kprobes/core.c */
const forbiddenTexts = ["irqentry", "entry", "idmap", "kprobes"] as const;

/** Runs of text whose functions Linux puts into its list, after those of the table. @see linux kernel/kprobes.c */
const listedTexts = ["kprobes", "noinstr"] as const;

const underscores = (name: string): number => name.length - name.replace(/^_+/, "").length;

/** What begins in a range of addresses, each up to the next: labels count, but for those that mark what is code. */
function functionsWithin({ symbols }: ElfImage, from: number, to: number): KernelText["blacklist"][number][] {
  const names = new Map<number, string>();
  for (let i = 0; i < symbols.count; i++) {
    const address = symbols.address(i);
    if (address < from || address >= to || !symbols.defined(i) || symbols.mapping(i) !== 0) continue;
    if (symbols.type(i) !== symbolTypes.function && symbols.type(i) !== symbolTypes.none) continue;
    const name = symbols.name(i);
    // Of several names of one place the kernel shows the one with the fewest underscores before it.
    const known = names.get(address);
    if (name !== "" && (known === undefined || underscores(name) < underscores(known))) names.set(address, name);
  }
  const starts = [...names.keys()].sort((a, b) => a - b);
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? to, name: names.get(start)! }));
}

/**
 * The text of a linked kernel as its file says it. Writing changes a copy, not the file.
 *
 * @param image - a vmlinux with symbols; a file without them has no functions, so no probe can be registered
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const text = imageText(openElf(memorySource(readFileSync("samples/sites-arm.elf"))));
 * text.isa; // "a32"
 * text.functionAt(text.lookup("square")! + 4)?.name; // "square"
 * ```
 */
export function imageText(image: ElfImage): KernelText {
  const { symbols } = image;
  const addressOf = (name: string): number | undefined => {
    const index = symbols.find(name);
    return index < 0 || !symbols.defined(index) ? undefined : symbols.address(index);
  };
  const isa = image.isaAt(image.locate(addressOf("_stext") ?? image.header.entry)).isa ?? "a32";
  const sites = (
    table: { entries(): Iterable<{ readonly [name: string]: unknown }> } | undefined,
    field: string,
  ): Set<number> => new Set(Array.from(table?.entries() ?? [], (entry) => (entry[field] as Place).address));
  const functionAt = (address: number) => {
    const hit = image.symbolAt(image.locate(address));
    return hit && { name: hit.name, start: address - hit.offset, size: symbols.size[hit.index]! };
  };
  const blacklist = [
    ...Array.from(findTable(image, kprobeBlacklist)?.entries() ?? []).flatMap(({ function: place }) => {
      const hit = image.symbolAt(place);
      if (hit === undefined) return [];
      const start = place.address - hit.offset;
      return [{ start, end: start + symbols.size[hit.index]!, name: hit.name }];
    }),
    ...listedTexts.flatMap((name) => {
      const [start, end] = [addressOf(`__${name}_text_start`), addressOf(`__${name}_text_end`)];
      return start === undefined || end === undefined ? [] : functionsWithin(image, start, end);
    }),
  ];
  const forbidden = forbiddenTexts.flatMap((name) => {
    const [start, end] = [addressOf(`__${name}_text_start`), addressOf(`__${name}_text_end`)];
    return start === undefined || end === undefined ? [] : [[start, end] as const];
  });
  const [ftraceSites, jumpLabels, bugs] = [
    sites(findTable(image, mcountTable), "site"),
    sites(findTable(image, jumpTable), "code"),
    sites(findTable(image, bugTable), "site"),
  ];
  return {
    isa: isa === "t32" ? "t32" : "a32",
    memory: imageMemory(image),
    lookup: addressOf,
    functionAt,
    isCoreText: (address) => image.executable(image.locate(address)),
    moduleAt: () => undefined,
    isFtraceSite: (address) => ftraceSites.has(address),
    isJumpLabel: (address) => jumpLabels.has(address),
    isBug: (address) => bugs.has(address),
    blacklist,
    isForbidden: (address) => forbidden.some((range) => within(address, range)),
  };
}

/** The sections of an image as memory, each copied when it is first read. */
function imageMemory(image: ElfImage): CodeMemory {
  const copies = new Map<Section, CodeMemory | undefined>();
  const memoryAt = (address: number): CodeMemory | undefined => {
    const { section } = image.locate(address);
    if (section === undefined) return undefined;
    if (!copies.has(section)) {
      const bytes = image.read({ section, address: section.address }, section.size);
      copies.set(section, bytes && bytesMemory(section.address, bytes.slice()));
    }
    return copies.get(section);
  };
  return {
    read: (address, size) => memoryAt(address)?.read(address, size),
    write: (address, bytes) => memoryAt(address)?.write(address, bytes),
  };
}
