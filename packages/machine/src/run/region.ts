import { isWide, nextIt } from "@cmodx/codec";
import { type Program, refusals } from "./node.js";
import { decodeAt, record } from "./record.js";

/** Instructions that are entered only at the first. */
export interface Block {
  readonly address: number;
  readonly programs: readonly Program[];
  /** Addresses of the blocks it may go on at, inside the region, in no order: one twice where it has two ways there. */
  readonly next: readonly number[];
  /** Where it goes on behind its last instruction; undefined when it does not. */
  readonly through: number | undefined;
}

/** Code that is compiled as one function: what is reached from an entry without calls and returns. */
export interface Region {
  readonly entry: number;
  readonly isa: "a32" | "t32";
  readonly blocks: ReadonlyMap<number, Block>;
}

/** What instructions do, by address and instruction set, and the bits they had: functions overlap, and are compiled again. */
export type Recorded = Map<number, { readonly first: number; readonly second: number; readonly program: Program }>;
const mostRecorded = 2 ** 15;

export type FetchCode = (address: number, size: number) => number;

const mostInstructions = 600;
/** Instructions of other functions that one region may have, and of one of them. */
const mostInlined = 200;
const mostOfLeaf = 16;
/** How far from the entry code still belongs to the same function. */
const reach = 0x4000;

/**
 * Finds the region that starts at an address.
 *
 * @param mayInline - may the instruction at an address be part of another function's region? Where this is left out, none may.
 * @param recorded - what is known of instructions already, and from now on
 */
export function regionAt(
  entry: number,
  isa: "a32" | "t32",
  fetch: FetchCode,
  mayInline: (address: number) => boolean = () => false,
  recorded: Recorded = new Map(),
): Region {
  const programs = new Map<number, Program>();
  const inlined = new Map<number, readonly Program[]>();
  let room = mostInlined;
  const leaders = new Set<number>([entry]);
  const work = [entry];
  const inside = (address: number): boolean => Math.abs(address - entry) < reach;
  const add = (address: number): void => {
    if (!inside(address)) return;
    leaders.add(address);
    if (!programs.has(address)) work.push(address);
  };
  while (work.length > 0) {
    let address = work.pop()!;
    let it = 0;
    while (programs.size < mostInstructions) {
      const known = programs.get(address);
      // In an IT block on one way and not on another it is two instructions: such code is the interpreter's.
      if (known !== undefined && known.it !== it) return { entry, isa, blocks: new Map() };
      if (known !== undefined) break;
      const program = programAt(address, isa, it, fetch, recorded);
      if (program === undefined) break;
      programs.set(address, program);
      it = program.followingIt;
      const call = isCall(program);
      for (const target of targetsOf(program)) if (!call) add(target);
      const leaf =
        call && mayInline(address)
          ? leafOf(program, (at) => (mayInline(at) ? programAt(at, isa, 0, fetch, recorded) : undefined))
          : [];
      if (leaf.length > 0 && leaf.length <= room) {
        inlined.set(address, leaf);
        room -= leaf.length;
      }
      for (const target of tableOf(program, fetch)) add(target);
      address += program.size;
      if (!fallsThrough(program)) break;
    }
  }
  const blocks = new Map<number, Block>();
  for (const leader of leaders)
    if (programs.has(leader)) blocks.set(leader, blockAt(leader, programs, inlined, leaders, fetch));
  return { entry, isa, blocks };
}

function blockAt(
  leader: number,
  programs: ReadonlyMap<number, Program>,
  inlined: ReadonlyMap<number, readonly Program[]>,
  leaders: ReadonlySet<number>,
  fetch: FetchCode,
): Block {
  const own: Program[] = [];
  const next: number[] = [];
  const isBlock = (at: number): boolean => leaders.has(at) && programs.has(at);
  let address = leader;
  for (;;) {
    const program = programs.get(address);
    if (program === undefined) return { address: leader, programs: own, next, through: address };
    own.push(...(inlined.get(address) ?? [program]));
    if (!isCall(program)) for (const target of targetsOf(program)) if (isBlock(target)) next.push(target);
    for (const target of tableOf(program, fetch)) if (isBlock(target)) next.push(target);
    address += program.size;
    if (!fallsThrough(program)) return { address: leader, programs: own, next, through: undefined };
    if (isBlock(address)) {
      next.push(address);
      return { address: leader, programs: own, next, through: address };
    }
  }
}

function programAt(
  address: number,
  isa: "a32" | "t32",
  it: number,
  fetch: FetchCode,
  recorded: Recorded,
): Program | undefined {
  try {
    const first = fetch(address, isa === "a32" ? 4 : 2) >>> 0;
    const second = isa === "t32" && isWide(first) ? fetch(address + 2, 2) : 0;
    const key = address + (isa === "t32" ? 1 : 0);
    const known = recorded.get(key);
    if (known !== undefined && known.first === first && known.second === second && known.program.it === it)
      return known.program;
    const insn = decodeAt(isa, address, first, () => second, it);
    const program = record(insn, nextIt(it, insn));
    if (recorded.size >= mostRecorded) recorded.clear();
    recorded.set(key, { first, second, program });
    return program;
  } catch {
    // Nothing can be fetched there: whoever gets there meets the fault in the interpreter.
    return undefined;
  }
}

/**
 * The call and the function it calls as code in a row, where that function is a few instructions that neither branch nor touch LR, and the
 * return: what is then behind the call in the same block.
 */
function leafOf(call: Program, programAt: (address: number) => Program | undefined): Program[] {
  const [to, ...others] = call.nodes.filter(({ op }) => op === "branch" || op === "when" || op === "exchange");
  if (to?.op !== "branch" || to.text !== "" || others.length > 0 || call.it !== 0) return [];
  const leaf = [without(call, to)];
  for (let address = to.number; leaf.length <= mostOfLeaf; ) {
    const program = programAt(address);
    if (program === undefined || program.followingIt !== 0 || isCall(program)) return [];
    if (program.nodes.some(({ op, number }) => op === "setregister" && number === 14)) return [];
    const back = program.nodes.find(({ op }) => leaving.has(op));
    if (back === undefined) leaf.push({ ...program, inlined: true });
    else {
      const isReturn = back.op === "exchange" && back.args[0]!.op === "register" && back.args[0]!.number === 14;
      return isReturn && program.nodes.length === 2 ? [...leaf, { ...without(program, back), inlined: true }] : [];
    }
    address += program.size;
  }
  return [];
}

/** A program that does all but go elsewhere. */
function without(program: Program, branch: Program["nodes"][number]): Program {
  const nodes = program.nodes.filter((node) => node !== branch && !branch.args.includes(node));
  return { ...program, nodes, branch: undefined, ends: false };
}

/** Does the instruction leave a return address? */
export function isCall({ branch }: Program): boolean {
  return branch === "bl" || branch === "blx";
}

/** Addresses that the instruction names, in its own instruction set. */
function targetsOf({ nodes }: Program): number[] {
  return nodes.filter(({ op, text }) => op === "branch" && text === "").map(({ number }) => number);
}

const leaving = new Set<string>(["branch", "branchto", "exchange", "return", "trap", ...refusals]);

/** Can the instruction go on behind itself? */
export function fallsThrough(program: Program): boolean {
  if (isCall(program)) return true;
  let depth = 0;
  for (const { op } of program.nodes) {
    if (op === "when") depth++;
    else if (op === "end") depth--;
    else if (depth === 0 && leaving.has(op)) return false;
  }
  return true;
}

const mostEntries = 512;
const tables = new WeakMap<Program, readonly number[]>();

/**
 * The targets of a jump through a table: `ldr pc, [pc, …]`, TBB, TBH. The table's end is not known; entries that are no address near by
 * end it. A target that is missed costs time only: the jump compares, and leaves the region where it finds none.
 */
function tableOf(program: Program, fetch: FetchCode): readonly number[] {
  let targets = tables.get(program);
  if (targets === undefined) {
    targets = readTable(program, fetch);
    tables.set(program, targets);
  }
  return targets;
}

/** `add pc, pc, …, lsl #2`: what follows are branches, the default first. */
function readBranches(program: Program, fetch: FetchCode): number[] {
  const target = program.nodes.find(({ op }) => op === "exchange")?.args[0];
  const [base, index] = target?.op === "add" ? target.args : [];
  if (base?.op !== "constant" || index?.op !== "shl" || program.size !== 4) return [];
  const targets: number[] = [];
  try {
    for (let at = base.number >>> 0; targets.length < mostEntries; at += 4) {
      // An unconditional branch.
      if (fetch(at, 4) >>> 24 !== 0xea) break;
      targets.push(at);
    }
  } catch {
    // As below.
  }
  return targets;
}

/** The targets found for a jump of a region. */
export function knownTable(program: Program): readonly number[] {
  return tables.get(program) ?? [];
}

function readTable(program: Program, fetch: FetchCode): number[] {
  const load = program.nodes.find(({ op }) => op === "load");
  const leave = program.nodes.find(({ op }) => op === "exchange" || op === "branchto");
  const base = load?.args[0]?.op === "add" ? load.args[0].args.find(({ op }) => op === "constant") : undefined;
  if (leave !== undefined && load === undefined) return readBranches(program, fetch);
  if (load === undefined || leave === undefined || base === undefined) return [];
  const thumb = program.branch === "table";
  const targets = new Set<number>();
  let least = Number.POSITIVE_INFINITY;
  try {
    for (let i = 0; i < mostEntries; i++) {
      const at = ((base.number >>> 0) + i * load.number) >>> 0;
      // A table of distances ends where the nearest target begins.
      if (thumb && at >= least) break;
      const value = fetch(at, load.number) >>> 0;
      const target = thumb ? (base.number >>> 0) + 2 * value : value;
      if (Math.abs(target - program.address) >= reach / 4 || (!thumb && (target & 3) !== 0)) break;
      targets.add(target);
      least = Math.min(least, target > program.address ? target : least);
    }
  } catch {
    // The end of what can be read is the end of the table.
  }
  return [...targets];
}
