import type { GuestMemory } from "./guest-memory.js";
import { coreBytes, mostSites, siteForms } from "./layout.js";
import type { Program } from "./node.js";
import { decodeAt, record } from "./record.js";

/** An instruction that is going to be changed, and what it may become. */
export interface PatchSite {
  readonly address: number;
  /** The bytes of each form, all of the same length: 2 or 4. */
  readonly forms: readonly Uint8Array[];
}

/** What one form of a site does, where that is no more than to go somewhere. */
interface Way {
  readonly form: number;
  /** The address it goes on at, bit 0 set for Thumb, and the one it leaves in LR. */
  readonly to: number;
  readonly link: number | undefined;
}

/** A declared site as code is compiled around it. */
export interface Guard {
  /** Where a core says which form it is in: bytes behind the core's cells. */
  readonly at: number;
  readonly size: number;
  /** The form that is there now. */
  readonly form: number;
  readonly others: readonly Way[];
}

interface Site extends PatchSite {
  readonly index: number;
  readonly size: number;
  readonly numbers: readonly number[];
}

/** None of a site's forms. */
const unknownForm = 255;

type Read = (address: number, size: number) => number;

/**
 * Declared sites. Code that is compiled around one looks at the form it is in, which each core has a byte for: a change of form is a store to
 * that byte, and nothing is compiled again.
 */
export class Sites {
  readonly #memory: GuestMemory;
  readonly #bytes: Uint8Array;
  /** By the address of each halfword of theirs. */
  readonly #at = new Map<number, Site>();
  /** By the number of each line they lie in. */
  readonly #lines = new Map<number, Site[]>();
  #count = 0;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.shared.buffer);
  }

  /** Undefined where there are too many, or the declaration is of no instruction, or overlaps another. */
  declare({ address, forms }: PatchSite): Site | undefined {
    const size = forms[0]?.length ?? 0;
    const known = this.#at.get(address);
    if ((size !== 2 && size !== 4) || (address & 1) !== 0) return undefined;
    if (forms.some((form) => form.length !== size) || (known === undefined && this.#count >= mostSites))
      return undefined;
    if (known !== undefined && (known.address !== address || known.size !== size)) return undefined;
    if (size === 4 && (this.#at.get(address + 2)?.address ?? address) !== address) return undefined;
    // Forms declared before stay what it may become.
    const others = known?.forms.filter((form) => !forms.some((one) => numberOf(one) === numberOf(form))) ?? [];
    const copies = [...forms.map((form) => form.slice()), ...others];
    if (copies.length >= unknownForm) return undefined;
    const site = { address, forms: copies, size, index: known?.index ?? this.#count++, numbers: copies.map(numberOf) };
    for (let at = 0; at < size; at += 2) this.#at.set(address + at, site);
    for (const line of new Set([lineOf(address), lineOf(address + size - 1)])) {
      const others = (this.#lines.get(line) ?? []).filter((one) => one.address !== address);
      this.#lines.set(line, [...others, site]);
    }
    return site;
  }

  /** Is it declared already, with these forms or more? */
  knows({ address, forms }: PatchSite): boolean {
    const known = this.#at.get(address);
    return known?.address === address && forms.every((form) => isAmong(known, form));
  }

  get size(): number {
    return this.#count;
  }

  /** Is the byte one of a declared site's? */
  has(address: number): boolean {
    return this.#at.has(address & ~1);
  }

  /** Notes the forms that stand in memory in the lines of a range, or everywhere, for all cores. */
  look(address?: number, size = 1): void {
    if (address === undefined) for (const site of new Set(this.#at.values())) this.#lookAt(site);
    else
      for (let line = lineOf(address); line <= lineOf(address + size - 1); line++) {
        const sites = this.#lines.get(line);
        if (sites !== undefined) for (let i = 0; i < sites.length; i++) this.#lookAt(sites[i]!);
      }
  }

  readonly #read: Read = (address, size) => this.#memory.fetch(address, size);

  #lookAt(site: Site): void {
    const form = formOf(site, this.#read);
    for (let i = 0; i < this.#memory.cores; i++) this.#bytes[i * coreBytes + siteForms + site.index] = form;
  }

  /** How to compile the instruction at an address; undefined where no site is, "left" where the interpreter must have it. */
  guard(address: number, isa: "a32" | "t32", read: Read): Guard | "left" | undefined {
    const site = this.#at.get(address);
    if (site === undefined) return undefined;
    const form = formOf(site, read);
    if (site.address !== address || form === unknownForm) return "left";
    const { index, size, forms } = site;
    const others = forms.flatMap((bytes, i) => (i === form ? [] : wayOf(bytes, i, address, isa)));
    return { at: siteForms + index, size, form, others };
  }
}

function isAmong({ size, numbers }: Site, form: Uint8Array): boolean {
  return form.length === size && numbers.includes(numberOf(form));
}

const lineOf = (address: number): number => Math.floor(address / 64);

function formOf({ address, size, numbers }: Site, read: Read): number {
  try {
    const whole = size === 2 || (address & 3) === 0;
    const now = whole ? read(address, size) : read(address, 2) | (read(address + 2, 2) << 16);
    const form = numbers.indexOf(now);
    return form < 0 ? unknownForm : form;
  } catch {
    // Nothing can be fetched there.
    return unknownForm;
  }
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((bits, byte) => (bits << 8) | byte, 0);
}

/** A form that does nothing, branches or calls, whatever the flags are. */
function wayOf(bytes: Uint8Array, form: number, address: number, isa: "a32" | "t32"): Way[] {
  const half = (at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
  const first = isa === "t32" ? half(0) : (half(0) | (half(2) << 16)) >>> 0;
  const program = record(decodeAt(isa, address, first, () => half(2), 0));
  if (program.size !== bytes.length) return [];
  const key = (to: number, of: string): number => to | (of === "t32" ? 1 : 0);
  let to = key(address + program.size, isa);
  let link: number | undefined;
  for (const { op, args, number, text } of effectsOf(program)) {
    if (op === "branch") to = key(number, text === "" ? isa : text);
    else if (op === "setregister" && number === 14 && args[0]!.op === "constant") link = args[0]!.number;
    else return [];
  }
  return [{ form, to, link }];
}

const effectsOf = ({ nodes }: Program): Program["nodes"] => nodes.filter(({ op }) => op !== "constant");
