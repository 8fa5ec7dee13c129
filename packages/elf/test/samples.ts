import { readFileSync } from "node:fs";
import { type ElfImage, findTable, memorySource, openElf, tableLayouts } from "@cmodx/elf";

export const sampleNames = [
  "sites-arm.elf",
  "sites-thumb2.elf",
  "sites-thumb2-be8.elf",
  "kernel-thumb2.elf",
  "sites-arm.ko",
  "sites-thumb2.ko",
  "sites-thumb2-be8.ko",
] as const;

export type SampleName = (typeof sampleNames)[number];

export function sampleBytes(name: SampleName): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../samples/${name}`, import.meta.url)));
}

export function sample(name: SampleName): ElfImage {
  return openElf(memorySource(sampleBytes(name)));
}

/** A copy with 32-bit words replaced, in the byte order of the sample. */
export function patched(name: SampleName, words: Readonly<Record<number, number>>): Uint8Array {
  const bytes = sampleBytes(name);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, bytes[5] === 1);
  return bytes;
}

/** Asks an image for everything it can tell; gives how much that was. */
export function exercise(image: ElfImage): { sections: number; symbols: number; entries: number } {
  let entries = 0;
  for (const section of image.sections) {
    void section.name;
    image.relocationsOf(section);
  }
  const { symbols } = image;
  for (let i = 0; i < symbols.count; i++) if (symbols.defined(i)) image.locate(symbols.address(i));
  for (const layout of tableLayouts) {
    for (const entry of findTable(image, layout)?.entries() ?? []) {
      entries++;
      for (const name of Object.keys(layout.fields)) {
        const place = entry[name]!;
        image.isaAt(place);
        image.symbolAt(place);
        image.read(place, 4);
        image.executable(place);
      }
    }
  }
  return { sections: image.sections.length, symbols: symbols.count, entries };
}
