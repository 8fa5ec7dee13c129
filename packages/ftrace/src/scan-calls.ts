import type { Isa } from "@cmodx/codec";
import { decodeA32, decodeT32, effects } from "@cmodx/codec";
import type { ElfImage, Section } from "@cmodx/elf";
import type { CallRecord } from "./image-calls.js";

const PUSH_LR = { a32: 0xe52de004, t32: 0xb500 } as const;

/**
 * The calls that `-pg` put at the beginning of functions, found in the text: programs have no `__mcount_loc`, which only a kernel's
 * build makes. A call of `__gnu_mcount_nc` right behind a `push {lr}` is one.
 *
 * @param image - a linked program with symbols
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const records = scanRecords(openElf(memorySource(readFileSync("samples/sites-thumb2.elf"))));
 * records.map(({ name }) => name).slice(0, 3); // ["trace_call", "square", "triangle"]
 * ```
 */
export function scanRecords(image: ElfImage): CallRecord[] {
  const { symbols } = image;
  const index = symbols.find("__gnu_mcount_nc");
  if (index < 0 || !symbols.defined(index) || image.header.codeEndian !== "little") return [];
  const callee = (symbols.address(index) & ~1) >>> 0;
  return image.sections
    .filter((section) => section.executable && section.inFile)
    .flatMap((section) => sectionCalls(image, section, callee))
    .toSorted((a, b) => a.ip - b.ip);
}

function sectionCalls(image: ElfImage, section: Section, callee: number): CallRecord[] {
  const bytes = image.read({ section, address: section.address }, section.size);
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: CallRecord[] = [];
  for (const { isa, start, end } of runsOf(image, section)) {
    for (const ip of callsIn(view, isa, start - section.address, end - section.address, section.address, callee)) {
      const name = image.symbolAt({ section, address: ip })?.name ?? `0x${ip.toString(16)}`;
      records.push({ isa, ip, name, init: false });
    }
  }
  return records;
}

function* runsOf(image: ElfImage, section: Section): Generator<{ isa: Isa; start: number; end: number }> {
  for (const run of image.codeRuns(section)) yield run;
}

function* callsIn(view: DataView, isa: Isa, from: number, to: number, base: number, callee: number): Generator<number> {
  const push = isa === "a32" ? 4 : 2;
  for (let at = from; at + push + 4 <= to; at += push) {
    const found = isa === "a32" ? view.getUint32(at, true) : view.getUint16(at, true);
    if (found !== PUSH_LR[isa]) continue;
    const ip = base + at + push;
    const insn =
      isa === "a32"
        ? decodeA32(view.getUint32(at + 4, true), ip)
        : decodeT32(view.getUint16(at + 2, true), view.getUint16(at + 4, true), ip);
    if ((insn.mnemonic === "bl" || insn.mnemonic === "blx") && effects(insn).branch?.target === callee) yield ip;
  }
}
