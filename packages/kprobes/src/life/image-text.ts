import {
  bugTable,
  type ElfImage,
  findTable,
  jumpTable,
  kprobeBlacklist,
  mcountTable,
  type Place,
  type Section,
} from "@cmodx/elf";
import { bytesMemory, type CodeMemory } from "@cmodx/patching";
import { type KernelText, lastAtOrBelow } from "./kernel-text.js";

/** Runs of text in which the architecture forbids probes. @see linux arch/arm/probes/kprobes/core.c */
const forbiddenTexts = ["irqentry", "entry", "idmap", "kprobes"] as const;

/**
 * The text of a linked kernel as its file says it. Writing changes a copy, not the file.
 *
 * @param image - a vmlinux with symbols; a file without them has no functions, so no probe can be registered
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
  const blacklist = Array.from(findTable(image, kprobeBlacklist)?.entries() ?? []).flatMap(({ function: place }) => {
    const hit = image.symbolAt(place);
    if (hit === undefined) return [];
    const start = place.address - hit.offset;
    return [{ start, end: start + symbols.size[hit.index]!, name: hit.name }];
  });
  const forbidden = forbiddenTexts.flatMap((name) => {
    const [start, end] = [addressOf(`__${name}_text_start`), addressOf(`__${name}_text_end`)];
    return start === undefined || end === undefined ? [] : [[start, end] as const];
  });
  const sorted = [...blacklist].sort((a, b) => a.start - b.start);
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
    blacklist: sorted,
    isForbidden: (address) => {
      const at = lastAtOrBelow(sorted, address);
      if (at !== undefined && address < at.end) return true;
      return forbidden.some(([start, end]) => address >= start && address < end);
    },
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
