import { bytesOf, type Insn, type Isa, parse } from "@cmodx/codec";
import type { InitialBytes, Observation, Site } from "@cmodx/machine";
import { type Edit, editSize } from "../edit.js";
import type { Plan } from "../protocols/plan.js";
import type { Change, Literal } from "../protocols/protocol.js";
import { isInsn } from "../units.js";

/** What one execution of an instruction of the plan's code is, to the properties. */
type Part = "old" | "new" | "between" | "neutral" | "wrong";

/** An executed instruction by its part, and which of the plan's changes it belongs to. */
export interface Played {
  readonly change: number;
  readonly part: Part;
}

/** What the sites hold at first: the old instructions, or something the plan does not expect. */
export type Start = "old" | "foreign";

type Executed = Extract<Observation, { event: "execute" }>;

/** A place where executing cores fetch from, what it holds at first, and what executing it means. */
interface Piece {
  readonly change: number;
  readonly site: Site;
  readonly bytes: Uint8Array;
  partOf(units: readonly number[]): Part;
}

/** The code of a plan: its sites, the veneers they branch to, and the targets of loads of PC. */
export class SiteMap {
  /** Where control goes behind the plan's code: an address that is none of it. */
  readonly leave: number;
  readonly memory: readonly InitialBytes[];
  readonly #pieces: ReadonlyMap<number, Piece>;
  readonly #literals: ReadonlyMap<number, Literal>;

  constructor({ changes }: Plan, start: Start) {
    const pieces = changes.flatMap((change, i) => piecesOf(change, i, start));
    this.#pieces = new Map(pieces.map((piece) => [piece.site.address, piece]));
    this.#literals = new Map(changes.flatMap(({ edit, literal }) => (literal ? [[edit.address, literal]] : [])));
    this.leave = Math.max(...pieces.map(({ site }) => site.address + site.size));
    this.memory = [
      ...pieces.map(({ site, bytes }) => ({ address: site.address, bytes })),
      ...changes.flatMap(({ literal }) => (literal === undefined ? [] : [word(literal, start)])),
    ];
  }

  get sites(): readonly Site[] {
    return [...this.#pieces.values()].map(({ site }) => site);
  }

  has(address: number): boolean {
    return this.#pieces.has(address);
  }

  /** The literal that the instruction at `address` loads PC from. */
  literalAt(address: number): Literal | undefined {
    return this.#literals.get(address);
  }

  played({ address, units }: Executed): Played {
    const piece = this.#pieces.get(address);
    return piece === undefined ? { change: -1, part: "wrong" } : { change: piece.change, part: piece.partOf(units) };
  }
}

function piecesOf({ edit, placeholder, island, literal }: Change, change: number, start: Start): Piece[] {
  const { isa, address, from, to } = edit;
  if (literal !== undefined) {
    // The site never changes; which target is reached tells old from new.
    const load = (units: readonly number[]): Part => (isInsn(units, from) ? "neutral" : "wrong");
    const old = start === "old" ? literal.from : elsewhere(literal);
    return [
      { change, site: { address, size: from.size }, bytes: bytesOf(from), partOf: load },
      target(isa, old, change, start === "old" ? "old" : "neutral"),
      target(isa, literal.to, change, "new"),
    ];
  }
  const held = start === "old" ? from : foreign(edit);
  const part = (units: readonly number[]): Part => {
    if (start === "foreign") return isInsn(units, held) ? "neutral" : "wrong";
    if (isInsn(units, to)) return "new";
    if (isInsn(units, from)) return "old";
    return placeholder !== undefined && isInsn(units, placeholder) ? "between" : "wrong";
  };
  const site: Piece = { change, site: { address, size: editSize(edit) }, bytes: initial(held, to), partOf: part };
  if (island === undefined) return [site];
  const veneer = { address: island.address, size: editSize(island) };
  const inside = (units: readonly number[]): Part => (isInsn(units, island.to) ? "neutral" : "wrong");
  return [site, { change, site: veneer, bytes: bytesOf(island.from), partOf: inside }];
}

/** The old instruction; what lies behind a narrow one is what the new one needs there. */
function initial(from: Insn, to: Insn): Uint8Array {
  const [before, after] = [bytesOf(from), bytesOf(to)];
  return Uint8Array.from([...before, ...after.slice(before.length)]);
}

/** One instruction that leaves, at an address that a literal holds. */
function target(isa: Isa, literal: number, change: number, part: Part): Piece {
  const address = literal & ~1;
  const nop = insn(isa, address, "nop");
  return { change, site: { address, size: nop.size }, bytes: bytesOf(nop), partOf: () => part };
}

/** Somewhere that neither target is. */
function elsewhere({ from, to }: Literal): number {
  return from + 0x40 === to ? from + 0x80 : from + 0x40;
}

function word(literal: Literal, start: Start): InitialBytes {
  const value = start === "old" ? literal.from : elsewhere(literal);
  return { address: literal.address, bytes: [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff) };
}

/** An instruction of the old one's size that the plan knows nothing of. */
function foreign({ isa, address, from, to }: Edit): Insn {
  const wide = isa === "t32" && from.size === 4 ? ".w" : "";
  const candidates = ["udf", "svc"].map((name) => (name === "svc" && wide ? "udf.w #2" : `${name}${wide} #1`));
  const made = candidates.map((text) => insn(isa, address, text));
  return made.find(({ word: each }) => each !== from.word && each !== to.word) ?? from;
}

function insn(isa: Isa, address: number, text: string): Insn {
  const parsed = parse(text, { isa, address });
  if (!parsed.ok) throw new Error(`${text} is in ${isa}`);
  return parsed.insn;
}
