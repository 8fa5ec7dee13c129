import { type Encoding, type Insn, inItBlock } from "@cmodx/codec";
import { hasMeaning } from "../src/arm/meaning.js";
import { fpscrBits } from "../src/pseudocode/floating-point.js";
import { Compiler } from "../src/run/compiler.js";
import { cell, type Machine, type RunCore } from "../src/run/index.js";
import { decodeAt } from "../src/run/record.js";
import type { Random } from "./random.js";
import {
  code,
  codeBytes,
  enter,
  hashOf,
  nowhere,
  type Outcome,
  type Snippet,
  scratch,
  scratchBytes,
  snippetAt,
  stateOf,
} from "./snippet.js";

/** Instructions that qemu-arm cannot be asked about. */
const outOfReach: readonly (readonly [RegExp, string])[] = [
  [/^SVC_/, "calls Linux under qemu-arm"],
  [/^SETEND_/, "UNPREDICTABLE data from then on: this machine is little-endian"],
  [
    /^(HLT|DCPS|ERET|SUBS_pc|RFE|SRS|LDM\w*_(user|return)|STM\w*_user|MRS_spsr|MRS_banked|MSR_banked|SETPAN|BXJ)/,
    "UNPREDICTABLE or UNDEFINED at PL0",
  ],
  [/^(WFE|WFI|SEV|YIELD)/, "wait for other processors"],
];

/** The rows the oracle draws from, and why it leaves out the others that have a meaning. */
export function rowsInScope(encodings: readonly Encoding[]): {
  readonly rows: readonly Encoding[];
  readonly left: ReadonlyMap<string, number>;
} {
  const left = new Map<string, number>();
  const rows = encodings.filter((encoding) => {
    const why = outOfReach.find(([pattern]) => pattern.test(encoding.id))?.[1];
    const known = hasMeaning({ encoding } as Insn);
    if (why !== undefined || !known) {
      const reason = why ?? "no meaning: the machine stops there and says so";
      left.set(reason, (left.get(reason) ?? 0) + 1);
      return false;
    }
    return true;
  });
  return { rows, left };
}

/** Linux's own breakpoints, which qemu-arm answers as Linux does: another signal than for other undefined instructions. */
const linuxBreakpoints: ReadonlySet<number> = new Set([0xde01, 0xe7f001f0, 0xf7f0a000]);

/** Coprocessors that qemu-arm has and this machine has not. */
const beyond: ReadonlySet<number> = new Set([1, 2, 8, 9, 12, 13, 14, 15]);

/** Words that are not compared although the row is. */
function isExcluded({ word, encoding }: Insn, core: RunCore): boolean {
  const [kind, size, ...words] = (encoding!.spec.memory ?? "").split(" ");
  // UNPREDICTABLE: a store-exclusive of another size than the load-exclusive before it.
  const open = core.cells[cell.exclusiveSize]!;
  const mismatch = kind === "store" && words.includes("exclusive") && open !== 0 && open !== Number(size);
  // CP14 and CP15 differ between implementations, CP8, CP9, CP12 and CP13 are later extensions', and qemu-arm emulates the FPA in CP1 and CP2.
  const coprocessor = /^(CDP|MCR|MRC|MRRC|LDC|STC)/.test(encoding!.id) && beyond.has((word >>> 8) & 15);
  return coprocessor || mismatch || linuxBreakpoints.has(word);
}

const wordOf = (encoding: Encoding, random: Random): number => {
  const { mask, value, shouldMask, shouldValue } = encoding.pattern;
  const fixed = mask | shouldMask | 0;
  const word = (random.word() & ~fixed) | value | shouldValue;
  return encoding.size === 2 ? word & 0xffff : word >>> 0;
};

/** A word of the row that the architecture defines, undefined when a few dozen draws had none. */
export function drawInsn(encoding: Encoding, address: number, it: number, random: Random): Insn | undefined {
  for (let i = 0; i < 60; i++) {
    let word = wordOf(encoding, random);
    // Most words of a conditional row execute.
    if (encoding.hasCond && encoding.isa === "a32" && random.below(3) > 0)
      word = ((word & 0x0fffffff) | 0xe0000000) >>> 0;
    const insn =
      encoding.size === 4 && encoding.isa === "t32"
        ? decodeAt("t32", address, word >>> 16, () => word & 0xffff, it)
        : decodeAt(encoding.isa, address, word, () => 0, it);
    if (insn.encoding === encoding && (insn.status === "ok" || (insn.status === "undefined" && i === 0))) return insn;
  }
  return undefined;
}

function bytesOf({ isa, word, size }: Insn): number[] {
  const halves = isa === "t32" && size === 4 ? [word >>> 16, word & 0xffff] : [word & 0xffff, word >>> 16];
  return halves.slice(0, size / 2).flatMap((half) => [half & 0xff, half >>> 8]);
}

/** The undefined instruction that ends a snippet. */
const end = { a32: [0xf0, 0x00, 0xf0, 0xe7], t32: [0x00, 0xde] } as const;

/** A value for a register: small, large, a pointer into the scratch memory, or to where nothing is. */
function registerValue(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return random.below(256);
    case 1:
      return random.one([0, -1, 0x80000000, 0x7fffffff, 1, 0x8000, 0xffff, 0x00ff00ff]) | 0;
    case 2:
    case 3:
    case 4:
      return scratch + 1536 + 8 * random.below(128);
    case 5:
      return (0x5a000000 + (random.below(0x400000) << 2) + random.below(2)) | 0;
    default:
      return random.word();
  }
}

/** A value for a word of the extension registers: any bits, or those of numbers that matter. */
function floatWord(random: Random): number {
  const interesting = [
    0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x7ff00000, 0x3ff00000,
    0x00000001, 0x007fffff, 0x4b000000, 0x4f000000,
  ];
  switch (random.below(6)) {
    case 0:
      return random.one(interesting) | 0;
    case 1:
    case 2:
      // Single precision of a middling size; as a high word, a double of one.
      return (random.below(2) << 31) | ((0x78 + random.below(0x20)) << 23) | random.below(0x800000) | 0;
    case 3:
      return (random.below(2) << 31) | ((0x3f8 + random.below(0x30)) << 20) | random.below(0x100000) | 0;
    default:
      return random.word();
  }
}

/** Of the FPSCR: exceptions and saturation that were met before, and how operations behave: half of the time as a program finds it. */
function floatStatus(random: Random): number {
  const { IOC, DZC, OFC, UFC, IXC, IDC, QC, RMode, FZ, DN, AHP } = fpscrBits;
  const before = random.word() & (random.one([0, IXC, -1]) & (IOC | DZC | OFC | UFC | IXC | IDC | QC));
  return random.below(2) === 0 ? before : before | (random.word() & random.one([FZ | DN, FZ, RMode | FZ | DN | AHP]));
}

export interface Drawn {
  readonly snippet: Snippet;
  /** What it did here. */
  readonly outcome: Outcome;
  readonly rows: readonly Encoding[];
  readonly insns: readonly Insn[];
}

/** Draws a snippet that starts with an instruction of each of the wanted rows, as far as they fit, running it here as it grows. */
export function drawSnippet(machine: Machine, wanted: readonly Encoding[], random: Random): Drawn {
  const isa = wanted[0]!.isa;
  const status = random.word() & 0xf80f0000;
  const extension = wanted.some(({ id }) => /^[VF]/.test(id));
  const draft: Snippet = {
    isa,
    bytes: new Uint8Array(0),
    seed: random.word() | 1,
    before: {
      r: Array.from({ length: 15 }, (_, i) =>
        i === 13 ? scratch + 2048 + 8 * random.below(16) : registerValue(random),
      ),
      cpsr: status,
      fpscr: (random.below(16) << 28) | (extension ? floatStatus(random) : 0),
      words: Array.from({ length: 64 }, () => (extension ? floatWord(random) : 0)),
    },
  };
  const core = enter(machine, draft);
  const bytes: number[] = [];
  const insns: Insn[] = [];
  for (const encoding of wanted) {
    const it = core.cells[cell.it]!;
    const room = inItBlock(it) || bytes.length <= 48;
    if (!room || bytes.length > 56) break;
    const taken = attempt(machine, core, encoding, bytes, random);
    if (taken === undefined) continue;
    insns.push(taken.insn);
    bytes.push(...bytesOf(taken.insn));
    if (taken.ends) break;
  }
  // Inside an IT block the last instruction may be skipped; behind it more undefined ones follow until the block ends.
  const tail = Array.from({ length: 5 }, () => end[isa]).flat();
  const snippet: Snippet = { ...draft, bytes: new Uint8Array([...bytes, ...tail].slice(0, 64)) };
  return { snippet, outcome: execute(machine, snippet), rows: insns.map(({ encoding }) => encoding!), insns };
}

/** Enough to run through the zeros behind a snippet. */
const steps = codeBytes;

/** Runs a snippet here: until an exception or a branch to nowhere, which are signals under qemu-arm. */
export function execute(machine: Machine, snippet: Snippet): Outcome {
  return untilSignal(machine, enter(machine, snippet), (core) => machine.step(core));
}

/** Snippets whose code is in one module. */
const together = 64;

/**
 * As {@link execute}, with as much of each compiled as can be: many to a module, and those modules forgotten, for what one costs grows with
 * how many there are. Accesses are expected at the scratch memory or, of every other snippet, looked at.
 */
export function executeCompiled(machine: Machine, snippets: readonly Snippet[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let from = 0; from < snippets.length; from += together) {
    const some = snippets.slice(from, from + together);
    let expected: number | undefined;
    const compiler = new Compiler(machine.memory, machine.routines, undefined, {
      single: false,
      handlers: false,
      stops: () => false,
      accessed: () => expected,
    });
    const prepared = some.map((snippet, i) => {
      expected = i % 2 === 0 ? scratch : undefined;
      const core = enter(machine, snippet);
      return compiler.prepare(core, core.cells[15]! | core.cells[cell.thumb]!) ?? [];
    });
    const made = compiler.instantiate(prepared);
    some.forEach((snippet, i) => {
      const core = enter(machine, snippet);
      compiler.invalidate();
      compiler.adopt(made[i]!);
      outcomes.push(
        untilSignal(machine, core, () => {
          if (core.cells[cell.it] === 0) compiler.enter(core, 1000);
          machine.step(core);
        }),
      );
    });
  }
  return outcomes;
}

function untilSignal(machine: Machine, core: RunCore, goOn: (core: RunCore) => void): Outcome {
  let signal = 0;
  for (let i = 0; i < steps && signal === 0; i++) {
    goOn(core);
    const { stopped } = core;
    if (stopped?.kind === "exception") signal = /BKPT/.test(stopped.reason) ? 5 : 4;
    else if (stopped?.kind === "fault") signal = /not aligned/.test(stopped.reason) ? 7 : 11;
    else if (stopped !== undefined) break;
  }
  return { after: stateOf(core), signal, memory: hashOf(machine) };
}

interface Taken {
  readonly insn: Insn;
  /** Does the snippet end here? */
  readonly ends: boolean;
}

function attempt(
  machine: Machine,
  core: RunCore,
  encoding: Encoding,
  bytes: readonly number[],
  random: Random,
): Taken | undefined {
  const address = snippetAt + bytes.length;
  const it = core.cells[cell.it]!;
  if (it !== 0 && /^(IT|CBZ|CBNZ)_/.test(encoding.id)) return undefined;
  const before = core.cells.slice(0, 128);
  for (let tries = 0; tries < 12; tries++) {
    const insn = drawInsn(encoding, address, it, random);
    if (insn === undefined) return undefined;
    if (isExcluded(insn, core)) continue;
    machine.memory.write(address, new Uint8Array([...bytesOf(insn), ...end[insn.isa]]));
    const memory = machine.memory.read(scratch, scratchBytes);
    core.stopped = undefined;
    machine.step(core);
    const stopped = core.stopped as RunCore["stopped"];
    if (stopped !== undefined) {
      if (stopped.kind === "exception") return { insn, ends: true };
    } else {
      const next = core.cells[15]! >>> 0;
      if (next === address + insn.size && core.cells[cell.thumb] === (insn.isa === "t32" ? 1 : 0))
        return { insn, ends: false };
      // Where nothing is, or forward into the zeros behind the snippet: never back, where it might stay for ever.
      const far = next >= nowhere[0] && next < nowhere[1] && (next < code - 64 || next > snippetAt + 64);
      if (far) return { insn, ends: true };
    }
    core.cells.set(before);
    machine.memory.write(scratch, memory);
  }
  return undefined;
}
