import { decode, type Insn, type Isa } from "@cmodx/codec";
import type { ElfImage, Place } from "@cmodx/elf";
import type { EditContext } from "@cmodx/patching";
import { withImage } from "../audit/read-report.js";
import { UsageError } from "../frame/usage-error.js";

/** A site in an image: the instruction that is there, and the function around it. */
export interface SiteCode {
  readonly isa: Isa;
  readonly address: number;
  readonly insn: Insn;
  readonly code: NonNullable<EditContext["code"]>;
}

/** Enough for any function that a site is in; branches from further away are the audit's to find. */
const MOST_BYTES = 0x10000;

/**
 * The site at an address or symbol (`name`, `name+0x10`) of a linked image.
 *
 * @throws {UsageError} when there is no code that can be read there
 */
export function readSiteCode(file: string, at: number | string, isa: Isa | undefined): SiteCode {
  return withImage(file, (image) => {
    const place = placeOf(image, at);
    const set = isa ?? image.isaAt(place).isa;
    if (set === undefined)
      throw new UsageError(file, `it does not say which instruction set ${told(at)} is in`, "give --isa");
    if (image.header.codeEndian === "big") {
      throw new UsageError(file, "its code is big-endian", "leave --image out, and give --from");
    }
    const { start, end } = around(image, place, set);
    const bytes = image.read({ ...place, address: start }, end - start);
    const insn = bytes && decode(set, bytes, place.address - start, place.address);
    if (bytes === undefined || insn === undefined) {
      throw new UsageError(file, `it has no code at ${told(at)}`, "give an address or a symbol in its text");
    }
    return { isa: set, address: place.address, insn, code: { address: start, bytes } };
  });
}

/** The run of instructions that the place is in, or of its function where that is shorter. */
function around(image: ElfImage, place: Place, isa: Isa): { start: number; end: number } {
  const { address, section } = place;
  let [start, end] = [address, address + 4];
  if (section === undefined) return { start, end };
  for (const run of image.codeRuns(section)) {
    if (run.isa === isa && run.start <= address && address < run.end) [start, end] = [run.start, run.end];
  }
  const offset = image.symbolAt(place)?.offset ?? 0;
  return { start: Math.max(start, address - offset), end: Math.min(end, address + MOST_BYTES) };
}

function placeOf(image: ElfImage, at: number | string): Place {
  if (image.relocatable) {
    throw new UsageError(
      "--image",
      "a relocatable file has no addresses yet",
      "give a linked image, or use `cmodx audit`",
    );
  }
  if (typeof at === "number") return image.locate(at);
  const [, name = "", offset = "0"] = /^(.+?)(?:\+(0x[0-9a-f]+|[0-9]+))?$/i.exec(at) ?? [];
  const index = image.symbols.find(name);
  if (index < 0)
    throw new UsageError("--at", `there is no symbol "${name}" in the image`, "see `cmodx audit` for its sites");
  return image.locate(image.symbols.address(index) + Number(offset));
}

function told(at: number | string): string {
  return typeof at === "number" ? `0x${at.toString(16)}` : at;
}
