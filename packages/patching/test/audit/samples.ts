import { type ElfImage, memorySource, openElf } from "@cmodx/elf";
import { type AuditOptions, type AuditReport, audit, type Site, type SiteKind } from "@cmodx/patching";
import { type SampleName, sampleBytes, sampleNames } from "../../../elf/test/samples.js";

export { type SampleName, sampleBytes, sampleNames };

export function auditBytes(bytes: Uint8Array, options: Partial<AuditOptions> = {}): AuditReport {
  return audit(openElf(memorySource(bytes)), { path: "sample", ...options });
}

export function auditSample(name: SampleName, options: Partial<AuditOptions> = {}): AuditReport {
  return auditBytes(sampleBytes(name), options);
}

/** The site in a function, by kind; the first where there are several. */
export function siteIn(report: AuditReport, kind: SiteKind, symbol: string): Site {
  const found = report.sites.find((site) => site.kind === kind && site.symbol === symbol);
  if (found === undefined) throw new Error(`no ${kind} site in ${symbol}`);
  return found;
}

/** A sample that a test damages: bytes to write to and where things are in them. */
export class Damaged {
  readonly bytes: Uint8Array;
  readonly image: ElfImage;
  readonly #view: DataView;

  constructor(name: SampleName) {
    this.bytes = sampleBytes(name);
    this.image = openElf(memorySource(this.bytes));
    this.#view = new DataView(this.bytes.buffer);
  }

  /** File offset of an address in a linked sample. */
  offsetOf(address: number): number {
    const { section } = this.image.locate(address);
    return section!.offset + address - section!.address;
  }

  table(name: string): number {
    return this.image.sectionsNamed(name)[0]!.offset;
  }

  addressOf(symbol: string): number {
    return this.image.symbols.address(this.image.symbols.find(symbol));
  }

  word(offset: number): number {
    return this.#view.getUint32(offset, this.image.header.endian === "little");
  }

  write(offset: number, ...words: number[]): this {
    words.forEach((word, i) => {
      this.#view.setUint32(offset + 4 * i, word, this.image.header.endian === "little");
    });
    return this;
  }

  /** Loads all of it elsewhere, for a linked sample: branches count from where they are, so only what holds addresses changes. */
  move(distance: number, tables: readonly string[]): this {
    const image = openElf(memorySource(this.bytes));
    const loaded = image.sections.filter(({ allocated, size }) => allocated && size > 0);
    const moved = (address: number): number =>
      loaded.some(({ address: start, size }) => address >= start && address <= start + size)
        ? (address + distance) >>> 0
        : address;
    for (const { index } of image.segments) {
      const at = image.header.programHeaders.offset + image.header.programHeaders.entryBytes * index;
      this.write(at + 8, moved(this.word(at + 8)), moved(this.word(at + 12)));
    }
    const { symbols } = image;
    const symtab = image.sectionsNamed(".symtab")[0]!.offset;
    for (let i = 1; i < symbols.count; i++) {
      if (symbols.defined(i)) this.write(symtab + 16 * i + 4, moved(symbols.value[i]!));
    }
    for (const { offset, size } of tables.flatMap((name) => image.sectionsNamed(name))) {
      for (let at = offset; at < offset + size; at += 4) this.write(at, moved(this.word(at)));
    }
    for (const { headerOffset, address } of loaded) this.write(headerOffset + 12, (address + distance) >>> 0);
    return this;
  }

  report(): AuditReport {
    return auditBytes(this.bytes);
  }
}

/** A sample with other names, and where asked other values, for some of its symbols. */
export function renamed(
  name: SampleName,
  symbols: Readonly<Record<string, { readonly to: string; readonly value?: number }>>,
): Uint8Array {
  const damaged = new Damaged(name);
  const { image } = damaged;
  const table = image.sectionsNamed(".symtab")[0]!;
  const names = image.sections[table.link]!;
  const added = new TextEncoder().encode(
    `${Object.values(symbols)
      .map(({ to }) => `${to}\0`)
      .join("")}`,
  );
  const bytes = new Uint8Array(damaged.bytes.length + names.size + added.length);
  bytes.set(damaged.bytes);
  bytes.set(damaged.bytes.subarray(names.offset, names.offset + names.size), damaged.bytes.length);
  bytes.set(added, damaged.bytes.length + names.size);
  const view = new DataView(bytes.buffer);
  const little = image.header.endian === "little";
  view.setUint32(names.headerOffset + 16, damaged.bytes.length, little);
  view.setUint32(names.headerOffset + 20, names.size + added.length, little);
  let at = names.size;
  for (const [from, { to, value }] of Object.entries(symbols)) {
    const entry = table.offset + 16 * image.symbols.find(from);
    view.setUint32(entry, at, little);
    if (value !== undefined) view.setUint32(entry + 4, value, little);
    at += to.length + 1;
  }
  return bytes;
}
