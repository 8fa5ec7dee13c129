import { type ElfImage, findTable, IntervalMap, kprobeBlacklist, type Place } from "@cmodx/elf";

/** Text that the linker script gathers because no kprobe may be in it. @see linux kernel/kprobes.c, arch/arm/probes/kprobes/core.c */
const texts = ["kprobes", "noinstr", "entry", "irqentry", "idmap"] as const;
const sections: ReadonlySet<string> = new Set([".kprobes.text", ".noinstr.text", ".entry.text"]);

/** Where kprobes are refused: the functions of the blacklist, and whole runs of text. */
export class Unprobeable {
  /** Of a linked image. */
  readonly #ranges: IntervalMap;
  /** By section and start, for a relocatable one: it has a handful. */
  readonly #parts: readonly Range[];

  constructor(image: ElfImage) {
    const ranges = [...areas(image), ...functions(image)];
    this.#parts = image.relocatable ? ranges : [];
    const linked = image.relocatable ? [] : ranges;
    this.#ranges = new IntervalMap(
      linked.map(({ start, end }) => ({ start: start.address, length: end - start.address })),
    );
  }

  has({ section, address }: Place): boolean {
    if (section !== undefined && sections.has(section.name)) return true;
    const inside = ({ start, end }: Range) => start.section === section && address >= start.address && address < end;
    return this.#parts.some(inside) || this.#ranges.find(address) >= 0;
  }
}

interface Range {
  readonly start: Place;
  readonly end: number;
}

function* areas(image: ElfImage): Generator<Range> {
  if (image.relocatable) return;
  for (const name of texts) {
    const [first, last] = [image.symbols.find(`__${name}_text_start`), image.symbols.find(`__${name}_text_end`)];
    if (first < 0 || last < 0) continue;
    const start = image.locate(image.symbols.address(first));
    if (start.address < image.symbols.address(last)) yield { start, end: image.symbols.address(last) };
  }
}

function* functions(image: ElfImage): Generator<Range> {
  for (const entry of findTable(image, kprobeBlacklist)?.entries() ?? []) {
    const place = entry.function;
    const hit = place.external === undefined ? image.symbolAt(place) : undefined;
    if (hit === undefined) continue;
    const start = place.address - hit.offset;
    yield { start: { section: place.section, address: start }, end: start + image.symbols.size[hit.index]! };
  }
}
