import { directTarget, type Isa, isWide } from "@cmodx/codec";
import type { ElfImage, Section } from "@cmodx/elf";
import { hexOf, insnOf, PlaceNames } from "./image-code.js";
import type { AuditReport, Site, SiteKind } from "./report.js";

/** What a running machine has in memory from an address on. */
export interface MemoryDump {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A place where memory differs from the image. */
export interface MemoryChange {
  readonly address: number;
  readonly section: string;
  readonly symbol: string | null;
  /** Bytes in the image and in memory, lower-case hex. */
  readonly image: string;
  readonly memory: string;
}

/** A site whose bytes in memory are one of the forms that Linux gives it, and which. */
export interface SwitchedSite extends MemoryChange {
  readonly kind: SiteKind;
  /** The transition that leads to what memory holds, or `patched` for a word that got an address offset. */
  readonly state: string;
  readonly key: string | null;
}

/** How a dump of a running kernel's text differs from its image. */
export interface MemoryComparison {
  readonly schema: "cmodx/audit-memory/1";
  readonly image: AuditReport["image"];
  /** Bytes of executable text that both have. */
  readonly compared: number;
  /** Sites by kind and state; `as built` where nothing has changed. */
  readonly states: Readonly<Partial<Record<SiteKind, Readonly<Record<string, number>>>>>;
  /** The sites that are not as built. */
  readonly switched: readonly SwitchedSite[];
  /** Breakpoints of kprobes, wherever they are. */
  readonly kprobes: readonly MemoryChange[];
  /** Changes that no table and no kprobe explains; at most 1,000 of them. */
  readonly unexplained: readonly MemoryChange[];
  readonly unexplainedCount: number;
}

const maxUnexplained = 1000;

/**
 * Compares an image with a dump of its text in memory: which sites are switched, and what has changed besides.
 *
 * @param image - the linked image that runs
 * @param report - the audit of the image, of every kind
 * @param dump - where it holds nothing of the image's text, or the image is relocatable, `compared` is 0
 *
 * @example
 * ```ts
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/kernel-thumb2.elf")));
 * const [text] = image.sectionsNamed(".text");
 * const bytes = image.read({ section: text, address: text!.address }, text!.size)!.slice();
 * bytes.set([0x00, 0xbf], 0); // somebody has written a nop
 * const found = compareMemory(image, audit(image, { path: "vmlinux" }), { address: text!.address, bytes });
 * found.unexplained.length; // 1
 * ```
 */
export function compareMemory(image: ElfImage, report: AuditReport, dump: MemoryDump): MemoryComparison {
  // The text of a relocatable file was changed all over when it was loaded, and has no addresses to be compared at.
  const texts = image.relocatable ? [] : image.sections.flatMap((section) => overlapOf(image, section, dump));
  const compared = texts.reduce((sum, { file }) => sum + file.length, 0);
  const order = image.header.codeEndian;
  const names = new PlaceNames(image);
  const states: Partial<Record<SiteKind, Record<string, number>>> = {};
  const switched: SwitchedSite[] = [];
  const explained = new Set<number>();
  for (const site of report.sites) {
    if (site.isa === null || site.bytes === null || site.kind === "kprobe_blacklist" || site.kind === "extable")
      continue;
    const text = texts.find(({ section, start, file }) => {
      const at = site.address - start;
      return section.name === site.section && at >= 0 && at + site.bytes!.length / 2 <= file.length;
    });
    if (text === undefined) continue;
    // Two Thumb instructions of 16 bits are replaced together.
    const size = site.kind === "smp_alt" ? 4 : site.bytes.length / 2;
    const [before, after] = [text.file, text.memory].map((bytes) =>
      bytes.subarray(site.address - text.start).subarray(0, size),
    );
    const state = stateOf(site, before!, after!, order, (address) => names.of(image.locate(address)));
    if (state === undefined) continue;
    const counts = states[site.kind] ?? {};
    states[site.kind] = counts;
    counts[state] = (counts[state] ?? 0) + 1;
    if (state === "as built") continue;
    for (let at = 0; at < size; at += 2) explained.add(site.address + at);
    const change = changeAt(names, text.section, site.address, before!, after!);
    switched.push({ ...change, kind: site.kind, state, key: site.key?.symbol ?? null });
  }
  return {
    schema: "cmodx/audit-memory/1",
    image: report.image,
    compared,
    states,
    switched,
    ...rest(image, names, texts, explained),
  };
}

interface Overlap {
  readonly section: Section;
  readonly start: number;
  readonly file: Uint8Array;
  readonly memory: Uint8Array;
}

function overlapOf(image: ElfImage, section: Section, dump: MemoryDump): Overlap[] {
  if (!section.executable || !section.inFile) return [];
  // From even addresses on, since changes are looked for by halfwords.
  const start = Math.max(section.address, dump.address + (dump.address & 1));
  const end = Math.min(section.address + section.size, dump.address + dump.bytes.length);
  const length = (end - start) & ~1;
  if (end <= start || length <= 0) return [];
  const file = image.read({ section, address: start }, length);
  const at = start - dump.address;
  return file === undefined ? [] : [{ section, start, file, memory: dump.bytes.subarray(at, at + length) }];
}

/** What a site is now; undefined where nothing that is known leads there. */
function stateOf(
  { kind, isa, address, transitions }: Site,
  before: Uint8Array,
  after: Uint8Array,
  order: "little" | "big",
  nameOf: (address: number) => string | null,
): string | undefined {
  const memory = hexOf(after);
  if (memory === hexOf(before)) return "as built";
  const found = transitions.find(({ to }) => to.bytes === memory);
  if (found !== undefined) return found.name;
  const [second] = transitions.slice(1);
  if (kind === "smp_alt" && second !== undefined && memory === `${transitions[0]!.to.bytes}${second.to.bytes}`) {
    return "uniprocessor";
  }
  const [was, is] = [insnOf(before, isa!, address, order), insnOf(after, isa!, address, order)];
  if (was === undefined || is === undefined) return undefined;
  if (kind === "pv_table" && was.mnemonic === is.mnemonic) return "patched";
  if (kind === "idiv" && is.mnemonic === "bx") return "boot";
  const target = directTarget(is);
  const callee = target === undefined ? null : nameOf(target);
  // Another of the tracer's entries, or the function of the only tracer.
  if (kind === "mcount" && is.mnemonic === "bl" && callee !== null && /^ftrace_/.test(callee)) return "on";
  return kind === "ftrace_call" && is.mnemonic === was.mnemonic && callee !== null ? "on" : undefined;
}

/** Undefined instructions that kprobes write. @see linux arch/arm/include/asm/kprobes.h */
const breakpoints: Readonly<Record<Isa, ReadonlySet<string>>> = {
  a32: new Set(["f801f0e7"]),
  t32: new Set(["18de", "f0f718a0"]),
};

/** What has changed outside of the sites that are explained: runs of halfwords, cut where instructions end. */
function rest(image: ElfImage, names: PlaceNames, texts: readonly Overlap[], explained: ReadonlySet<number>) {
  const kprobes: MemoryChange[] = [];
  const unexplained: MemoryChange[] = [];
  let unexplainedCount = 0;
  for (const { section, start, file, memory } of texts) {
    for (let at = 0; at < file.length; ) {
      const address = start + at;
      if ((file[at] === memory[at] && file[at + 1] === memory[at + 1]) || explained.has(address)) {
        at += 2;
        continue;
      }
      const { isa } = image.isaAt({ section, address });
      const begin = isa === "a32" ? Math.max(0, at - (address & 2)) : at;
      const wide = isa !== "t32" || isWide(file[at]! | (file[at + 1]! << 8));
      const size = Math.min(wide ? 4 : 2, file.length - begin);
      const [before, after] = [file, memory].map((bytes) => bytes.subarray(begin, begin + size));
      const known = isa !== undefined && breakpoints[isa].has(hexOf(after!));
      if (known) kprobes.push(changeAt(names, section, start + begin, before!, after!));
      else {
        unexplainedCount++;
        if (unexplained.length < maxUnexplained)
          unexplained.push(changeAt(names, section, start + begin, before!, after!));
      }
      at = begin + Math.max(size, 2);
    }
  }
  return { kprobes, unexplained, unexplainedCount };
}

function changeAt(
  names: PlaceNames,
  section: Section,
  address: number,
  before: Uint8Array,
  after: Uint8Array,
): MemoryChange {
  const symbol = names.of({ section, address });
  return { address, section: section.name, symbol, image: hexOf(before), memory: hexOf(after) };
}
