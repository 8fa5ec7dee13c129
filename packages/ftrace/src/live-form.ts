import { bytesOf, encodeBranch, type Insn, type Isa, parse } from "@cmodx/codec";
import { type CodeMemory, type Edit, insnIn } from "@cmodx/patching";
import type { DynRecord } from "./record.js";
import { branchTo, type SiteChange, type SiteForm } from "./site-form.js";

/** Room beside the program for the code that live sites lead to. */
export interface LiveRoom {
  /** The stub of an A32 site: {@link STUB_BYTES} bytes. */
  stubOf(record: DynRecord): number;
  /** What a T32 site calls in order to come to `target`: {@link assembleShim} made for it. */
  shimOf(target: number): number;
}

/** `push {lr}`, `bl`, `b`. */
export const STUB_BYTES = 12;
/** `push {ip}`, `b`. */
export const SHIM_BYTES = 8;

/**
 * Sites that may change while cores execute them: every change is one that the architecture lists.
 *
 * A32: the site's two words become NOPs, and a stub beside the program holds what they were. The second word changes between NOP and B to
 * the stub; the stub's BL changes its target.
 *
 * T32: `push {lr}` becomes `mov ip, lr`, which may always be executed, and a shim pushes IP. The BL's first halfword changes between
 * itself and a 16-bit B over the second; to call somebody else the second changes meanwhile.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const form = new LiveForm({ stubOf: () => 0xa000, shimOf: () => 0xb000 }, () => 0x9000);
 * const site = Uint8Array.of(0x04, 0xe0, 0x2d, 0xe5, 0xfe, 0x03, 0x00, 0xeb);
 * const memory = bytesMemory(0x7ffc, new Uint8Array(0x4000));
 * memory.write(0x7ffc, site);
 * const change = form.initialise(memory, new DynRecord({ isa: "a32", ip: 0x8000, name: "vfs_read" }));
 * change.ok && change.edits.length > 0; // true
 * ```
 */
export class LiveForm implements SiteForm {
  readonly #room: LiveRoom;
  /** The target that a T32 site's second halfword belongs to. */
  readonly #wired = new Map<DynRecord, number>();
  readonly #first: (record: DynRecord) => number;

  /**
   * @param room - where the words and entries of the sites may lie
   * @param first - what a site is wired to before it calls anybody: the common entry
   */
  constructor(room: LiveRoom, first: (record: DynRecord) => number) {
    this.#room = room;
    this.#first = first;
  }

  /**
   * Gives a site the form that can be switched live, before anybody executes it.
   *
   * @param memory - of the code
   * @param record - of the site
   */
  initialise(memory: CodeMemory, record: DynRecord): SiteChange {
    const { isa, ip } = record;
    const start = ip - (isa === "a32" ? 4 : 2);
    if (memory.read(start, ip + 4 - start) === undefined) return { ok: false, failure: "-EFAULT" };
    const edit = (address: number, to: Insn): Edit => ({ isa, address, from: insnIn(memory, isa, address), to });
    if (isa === "a32") {
      const stub = this.#room.stubOf(record);
      const code = [insn("push {lr}", isa, stub), this.#stubCall(record, this.#first(record)), back(stub, ip)];
      if (code.some((each) => each === undefined) || branchTo(isa, ip, stub, "b") === undefined) return REFUSED;
      for (const each of code) memory.write(each!.address, bytesOf(each!));
      return { ok: true, edits: [edit(start, insn("nop", isa, start)), edit(ip, insn("nop", isa, ip))] };
    }
    const target = this.#first(record);
    const call = this.#call(record, target);
    if (call === undefined) return REFUSED;
    this.#wired.set(record, target);
    // First all of the call, whose second halfword stays; then what leads over it.
    const off = { isa, address: ip, from: call, to: over(ip) };
    return { ok: true, edits: [edit(start, insn("mov ip, lr", isa, start)), edit(ip, call), off] };
  }

  /**
   * The edits that take a site from one target to another; undefined is a site that calls nobody.
   *
   * @param memory - of the code
   * @param record - of the site
   * @param from - address of what it calls now
   * @param to - address of what it is to call
   */
  change(memory: CodeMemory, record: DynRecord, from: number | undefined, to: number | undefined): SiteChange {
    const actual = memory.read(record.ip, 4);
    if (actual === undefined) return { ok: false, failure: "-EFAULT" };
    const edits = record.isa === "a32" ? this.#a32(record, from, to) : this.#t32(record, from, to);
    const [first] = edits ?? [];
    // What is at the site must be what this has put there.
    const held = from === undefined ? this.#off(record) : this.#on(record, from);
    const found = insnIn(memory, record.isa, record.ip);
    if (edits === undefined || held === undefined || found.word !== held.word || found.size !== held.size)
      return { ok: false, failure: "-EINVAL", actual };
    return { ok: true, edits: first === undefined ? [] : edits };
  }

  /**
   * The edit of a site's switch.
   *
   * @param isa - the site's instruction set
   * @param at - address of the instruction that is switched
   * @param to - address of what it is to branch to; undefined for a NOP
   */
  toggle(isa: Isa, at: number, to: number | undefined): Insn {
    return (to === undefined ? undefined : branchTo(isa, at, to, "b", 2)) ?? insn("nop", isa, at);
  }

  #off({ isa, ip }: DynRecord): Insn {
    return isa === "a32" ? insn("nop", isa, ip) : over(ip);
  }

  #on(record: DynRecord, target: number): Insn | undefined {
    if (record.isa === "t32") return this.#call(record, target);
    return branchTo("a32", record.ip, this.#room.stubOf(record), "b");
  }

  #a32(record: DynRecord, from: number | undefined, to: number | undefined): Edit[] | undefined {
    const { isa, ip } = record;
    const leave = this.#on(record, 0);
    const nop = this.#off(record);
    const before = this.#wired.get(record) ?? this.#first(record);
    const [stub, wanted] = [this.#stubCall(record, before), this.#stubCall(record, to ?? before)];
    if (leave === undefined || stub === undefined || wanted === undefined) return undefined;
    this.#wired.set(record, to ?? before);
    const retarget = stub.word === wanted.word ? [] : [{ isa, address: stub.address, from: stub, to: wanted }];
    if (to === undefined) return [{ isa, address: ip, from: leave, to: nop }];
    return from === undefined ? [...retarget, { isa, address: ip, from: nop, to: leave }] : retarget;
  }

  #t32(record: DynRecord, from: number | undefined, to: number | undefined): Edit[] | undefined {
    const { isa, ip: address } = record;
    const wired = from ?? this.#wired.get(record) ?? this.#first(record);
    const [held, wanted] = [this.#call(record, wired), this.#call(record, to ?? wired)];
    if (held === undefined || wanted === undefined) return undefined;
    this.#wired.set(record, to ?? wired);
    if (to === undefined) return [{ isa, address, from: held, to: over(address) }];
    const retarget = held.word === wanted.word ? [] : [{ isa, address, from: held, to: wanted }];
    return from === undefined ? [{ isa, address, from: over(address), to: held }, ...retarget] : retarget;
  }

  #call({ ip }: DynRecord, target: number): Insn | undefined {
    return branchTo("t32", ip, this.#room.shimOf(target), "bl");
  }

  #stubCall(record: DynRecord, target: number): Insn | undefined {
    return branchTo("a32", this.#room.stubOf(record) + 4, target, "bl");
  }
}

const REFUSED: SiteChange = { ok: false, failure: "-EINVAL" };

/** Pushes what the site has put into IP, and goes on as if the site had called `target`. */
export function assembleShim(at: number, target: number): Uint8Array {
  const push = insn("push.w {ip}", "t32", at);
  const go = branchTo("t32", at + push.size, target, "b");
  if (go === undefined) throw new Error("a shim lies beside the tracer's code");
  return Uint8Array.from([...bytesOf(push), ...bytesOf(go)]);
}

/** The last word of a stub, which leads behind the site. */
function back(stub: number, ip: number): Insn | undefined {
  return branchTo("a32", stub + 8, ip + 4, "b");
}

/** A 16-bit B over the BL's second halfword. */
function over(ip: number): Insn {
  const made = encodeBranch({ isa: "t32", kind: "b", width: 2 }, ip, ip + 4);
  if (!made.ok) throw new Error("four bytes are in reach of a 16-bit branch");
  return made.insn;
}

function insn(text: string, isa: Isa, address: number): Insn {
  const parsed = parse(text, { isa, address });
  if (!parsed.ok) throw new Error(`${text} is in ${isa}`);
  return parsed.insn;
}
