import { type ElfImage, findTable, kprobeBlacklist, type Place } from "@cmodx/elf";

/** Text that the linker script gathers because no kprobe may be in it. @see linux kernel/kprobes.c, arch/arm/probes/kprobes/core.c */
const texts = ["kprobes", "noinstr", "entry", "irqentry", "idmap"] as const;
const sections: ReadonlySet<string> = new Set([".kprobes.text", ".noinstr.text", ".entry.text"]);

/** Where kprobes are refused: the functions of the blacklist, and whole runs of text. */
export class Unprobeable {
  /** Starts and ends, sorted and disjoint, for a linked image. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** By section and start, for a relocatable one: it has a handful. */
  readonly #parts: { readonly start: Place; readonly end: number }[] = [];

  constructor(image: ElfImage) {
    const ranges = [...areas(image), ...functions(image)];
    if (image.relocatable) this.#parts = ranges;
    for (const { start, end } of ranges.sort((a, b) => a.start.address - b.start.address)) {
      const last = this.#ends.length - 1;
      if (last >= 0 && start.address <= this.#ends[last]!) this.#ends[last] = Math.max(this.#ends[last]!, end);
      else {
        this.#starts.push(start.address);
        this.#ends.push(end);
      }
    }
  }

  has({ section, address }: Place): boolean {
    if (section !== undefined && sections.has(section.name)) return true;
    if (this.#parts.length > 0) {
      return this.#parts.some(
        ({ start, end }) => start.section === section && address >= start.address && address < end,
      );
    }
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address < this.#ends[low - 1]!;
  }
}

function* areas(image: ElfImage): Generator<{ start: Place; end: number }> {
  if (image.relocatable) return;
  for (const name of texts) {
    const [first, last] = [image.symbols.find(`__${name}_text_start`), image.symbols.find(`__${name}_text_end`)];
    if (first < 0 || last < 0) continue;
    const start = image.locate(image.symbols.address(first));
    if (start.address < image.symbols.address(last)) yield { start, end: image.symbols.address(last) };
  }
}

function* functions(image: ElfImage): Generator<{ start: Place; end: number }> {
  for (const entry of findTable(image, kprobeBlacklist)?.entries() ?? []) {
    const place = entry.function;
    const hit = place.external === undefined ? image.symbolAt(place) : undefined;
    if (hit === undefined) continue;
    const start = place.address - hit.offset;
    yield { start: { section: place.section, address: start }, end: start + image.symbols.size[hit.index]! };
  }
}
