import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeT32, type Effects, effects, encode, encodings, fields, type Insn } from "@cmodx/codec";
import { decodeProbe, drawInstances, random } from "./draw.js";
import { flagBits, Machine, type Outcome, type Trial, windowBase, windowSize } from "./machine.js";
import type { Probe } from "./tools.js";

/** What execution showed of a word. Registers as in `RegisterSet`, core bit 15 the PC. */
export interface Observed {
  readonly insn: Insn;
  reads: { core: number; simd: number; flags: Set<string> };
  writes: { core: number; simd: number; flags: Set<string> };
  loads: boolean;
  /** Bytes of memory it wrote; 0 when none. */
  stored: number;
  branched: boolean;
  ran: boolean;
  wrong: string[];
}

/** Instructions that leave user mode, wait, or change what the model has no word for. */
const notRun =
  /^(IT_|SVC|HVC|SMC|BKPT|HLT|UDF|WFI|WFE|SETEND|SETPAN|RFE|SRS|ERET|DBG|YIELD|CPS|CLREX|BXJ|LDC|STC|CDP|MCR|MRC|MRRC|MSR_banked|MRS_banked|LDM_user|STM_user|LDM_exception|VMRS|VMSR|DCPS|LEAVEX|ENTERX)/;

/** Where sums overflow and products saturate. */
const extremes = [0x7fffffff, 0x80000000, 0x80008000, 0x7fff7fff, 0x00018000];

/** What elements are equal to each other, or to 0. */
const even = [0, 0x80000000, 0x00010001, 0x3f800000];

/** What running a word cannot show of what it does, and why. */
const unseeable: readonly { readonly id: RegExp; readonly what: RegExp; readonly why: string }[] = [
  { id: /^(PLD|PLDW|PLI)_/, what: /./, why: "a hint: nothing shows" },
  { id: /_lit_/, what: /^load$/, why: "the code around it is the same in every trial" },
  { id: /^(STREX|STLEX)/, what: /^(store|read|write Rd)/, why: "no monitor is open, so nothing is stored" },
  { id: /^(NOP|HINT|SEV|SEVL|YIELD|CSDB|DMB|DSB|ISB)/, what: /^read [NZCV]$/, why: "nothing shows whether it ran" },
];

/** `turn`: all core registers are the extreme whose turn it is, for some results come of one of them alone. */
function randomState(insn: Insn, next: () => number, turn?: number): { core: Uint32Array; simd: Uint32Array } {
  const touchesMemory = insn.encoding!.spec.memory !== undefined || insn.operands.some(({ kind }) => kind === "mem");
  const branches = effects(insn).branch !== undefined;
  const middle = windowBase + windowSize / 2;
  // Now and then all registers are such that sums overflow, or that elements are equal.
  const extreme = next() % 3 === 0 || turn !== undefined;
  const same = next() % 2 === 0 ? next() : undefined;
  const only = turn === undefined && same === undefined ? undefined : extremes[(turn ?? same!) % extremes.length]!;
  const core = new Uint32Array(15).map(() => {
    if (touchesMemory) return middle + (next() % 64) * 8;
    if (branches) return next() % 4 === 0 ? 0 : (next() | 0xf0000000) >>> 0;
    if (extreme) return only ?? extremes[next() % extremes.length]!;
    const kind = next() % 6;
    if (kind === 0) return next() % 40;
    if (kind === 1) return ~(next() % 40);
    return kind === 2 ? extremes[next() % extremes.length]! : next();
  });
  for (const operand of insn.operands)
    if (
      operand.kind === "mem" &&
      operand.offset.index !== undefined &&
      operand.offset.index < 15 &&
      operand.offset.index !== operand.base
    )
      core[operand.offset.index] = (next() % 8) * 8;
  const last = insn.operands.at(-1);
  if (
    /^(TBB|TBH)/.test(insn.encoding!.id) ||
    (touchesMemory && last?.kind === "reg" && last.field === "Rm" && last.reg < 15)
  )
    core[(last as { reg: number }).reg] = (next() % 8) * 8;
  return {
    core,
    simd: new Uint32Array(64).map(() =>
      extreme ? even[next() % even.length]! : next() % 3 === 0 ? 0x3f800000 + (next() % 0x1000000) : next(),
    ),
  };
}

const letters = Object.keys(flagBits);
const flagsOf = (text: string): string[] =>
  letters.filter((letter) => (letter === "GE" ? text.includes("GE") : text.includes(letter)));
const userFlags = Object.values(flagBits).reduce((a, b) => a | b, 0);

/** The same instruction with its result in r0, where it goes to the PC; undefined for others. */
function intoRegister(insn: Insn): Insn | undefined {
  if (effects(insn).branch?.kind !== "alu") return undefined;
  const raw = fields(insn);
  const toPc = raw["Rd"] === (insn.size === 2 ? 7 : 15);
  return toPc ? encode(insn.encoding!, { ...raw, Rd: 0, ...(raw["D"] !== undefined && { D: 0 }) }) : undefined;
}

/** Whether nothing lies at an address: the program, its stack, the window, the code, and the kernel's page are elsewhere. */
function isEmpty(address: number): boolean {
  const region = address >>> 28;
  if (region === 0) return address < 0x8000;
  return region === 15 ? address < 0xffff0000 : region < 4 || region > 6;
}

/** Runs trials. A computed branch to where something lies runs what is there: then nothing can be said of the word. */
function runTrials(machine: Machine, trials: readonly Trial[]): Outcome[] {
  const probes = trials.flatMap((trial, i) => {
    const insn = intoRegister(trial.insn);
    return insn === undefined ? [] : [{ i, trial: { ...trial, insn } }];
  });
  const lost = new Set<number>();
  const results = probes.length === 0 ? [] : machine.run(probes.map(({ trial }) => trial));
  results.forEach(({ core, ran }, n) => {
    if (ran && !isEmpty(core[0]!)) lost.add(probes[n]!.i);
  });
  return machine.run(trials).map((outcome, i) => (lost.has(i) ? { ...outcome, ran: false } : outcome));
}

/** Runs a word under some states and compares what happens with `effects`. */
export function observe(machine: Machine, insns: readonly Insn[], states: number, next: () => number): Observed[] {
  const trials: Trial[] = [];
  const plans: {
    insn: Insn;
    claimed: Effects;
    runs: { base: number; kind: string; reg?: number; letter?: string }[];
    from: number;
  }[] = [];
  for (const [turn, insn] of insns.entries()) {
    const claimed = effects(insn);
    const runs: { base: number; kind: string; reg?: number; letter?: string }[] = [];
    const from = trials.length;
    for (let s = 0; s < states; s++) {
      const first = s === 0;
      const { core, simd } = randomState(insn, next, first ? turn : undefined);
      // Q, which nothing but MSR clears, is first seen to be set.
      const flags = next() & userFlags & (first ? ~flagBits["Q"]! : -1);
      const memorySeed = 1 + (next() % 4);
      const base: Trial = { insn, core, simd, flags, slot: 0, memorySeed };
      const at = trials.length;
      const add = (kind: string, change: Partial<Trial>, more: { reg?: number; letter?: string } = {}): void => {
        runs.push({ base: at, kind, ...more });
        trials.push({ ...base, ...change });
      };
      add("base", {});
      add("moved", { slot: 1 });
      add("memory", { flip: "all" });
      // Everything at once that it is said not to read.
      const other = randomState(insn, next);
      const unread = core.map((value, n) => ((claimed.reads.core >> n) & 1 ? value : other.core[n]!));
      const unreadSimd = simd.map((value, n) => ((claimed.reads.simd >>> (n >> 1)) & 1 ? value : ~other.simd[n]!));
      let unreadFlags = next() & userFlags;
      for (const letter of flagsOf(claimed.readsFlags))
        unreadFlags = (unreadFlags & ~flagBits[letter]!) | (flags & flagBits[letter]!);
      add("unread", { core: unread, simd: unreadSimd, flags: unreadFlags });
      for (let n = 0; n < 15; n++)
        if ((claimed.reads.core >> n) & 1) {
          for (const value of [other.core[n]!, core[n]! ^ 8, core[n]! ^ 0x01]) {
            const changed = core.slice();
            changed[n] = value;
            add("core", { core: changed }, { reg: n });
          }
        }
      for (let n = 0; n < 32; n++)
        if ((claimed.reads.simd >>> n) & 1) {
          const changed = simd.slice();
          changed[2 * n] = ~changed[2 * n]!;
          changed[2 * n + 1] = ~changed[2 * n + 1]!;
          add("simd", { simd: changed }, { reg: n });
        }
      for (const letter of flagsOf(claimed.readsFlags)) add("flag", { flags: flags ^ flagBits[letter]! }, { letter });
    }
    plans.push({ insn, claimed, runs, from });
  }
  const outcomes = runTrials(machine, trials);
  return plans.map(({ insn, claimed, runs, from }) => {
    const seen: Observed = {
      insn,
      reads: { core: 0, simd: 0, flags: new Set() },
      writes: { core: 0, simd: 0, flags: new Set() },
      loads: false,
      stored: 0,
      branched: false,
      ran: false,
      wrong: [],
    };
    runs.forEach((run, i) => {
      const trial = trials[from + i]!;
      const out = outcomes[from + i]!;
      const base = trials[run.base]!;
      const first = outcomes[run.base]!;
      if (!out.ran || !first.ran) return;
      seen.ran = true;
      noteWrites(seen, trial, out, claimed);
      if (run.kind === "base") return;
      const differing = differences(base, first, trial, out);
      if (run.kind === "moved") {
        // The word that is written to LR, and what is read relative to the PC, move with it.
        if (differing.some((what) => !what.startsWith("pc"))) {
          if (claimed.branch?.link !== true) seen.reads.core |= 0x8000;
        }
      } else if (run.kind === "memory") {
        if (differing.length > 0) seen.loads = true;
        const both = new Set([...first.changed, ...out.changed].map((change) => change >>> 8));
        seen.stored = Math.max(seen.stored, both.size);
      } else if (run.kind === "unread") {
        for (const what of differing) seen.wrong.push(`${what} depends on more than it reads`);
      } else if (run.kind === "simd" && merges(run.reg!, base, first, out)) {
        seen.reads.simd = (seen.reads.simd | (1 << run.reg!)) >>> 0;
      } else if (differing.length > 0) {
        if (run.kind === "core") seen.reads.core |= 1 << run.reg!;
        if (run.kind === "simd") seen.reads.simd = (seen.reads.simd | (1 << run.reg!)) >>> 0;
        if (run.kind === "flag") seen.reads.flags.add(run.letter!);
      }
    });
    judge(seen, claimed);
    return seen;
  });
}

/** Whether a D register is written in part, so that the rest of it is kept. */
function merges(n: number, trial: Trial, first: Outcome, out: Outcome): boolean {
  const places = [2 * n, 2 * n + 1];
  return places.some((at) => first.simd[at] !== trial.simd[at]) && places.some((at) => first.simd[at] !== out.simd[at]);
}

/** The results that differ between two runs, not counting what passes through unchanged in both. */
function differences(a: Trial, outA: Outcome, b: Trial, outB: Outcome): string[] {
  const found: string[] = [];
  if (outA.pc !== outB.pc || outA.thumb !== outB.thumb) found.push("pc");
  for (let n = 0; n < 15; n++)
    if (outA.core[n] !== outB.core[n] && !(outA.core[n] === a.core[n] && outB.core[n] === b.core[n]))
      found.push(`r${n}`);
  for (let n = 0; n < 64; n++) {
    for (let byte = 0; byte < 32; byte += 8) {
      const of = (words: Uint32Array): number => (words[n]! >>> byte) & 0xff;
      if (of(outA.simd) !== of(outB.simd) && !(of(outA.simd) === of(a.simd) && of(outB.simd) === of(b.simd))) {
        found.push(`d${n >> 1}`);
        break;
      }
    }
  }
  for (const [letter, bits] of Object.entries(flagBits))
    for (let bit = bits & -bits, rest = bits; rest !== 0; rest &= rest - 1, bit = rest & -rest) {
      const passes = ((outA.flags ^ a.flags) & bit) === 0 && ((outB.flags ^ b.flags) & bit) === 0;
      if (((outA.flags ^ outB.flags) & bit) !== 0 && !passes) {
        found.push(letter);
        break;
      }
    }
  if (outA.fpscr !== outB.fpscr) found.push("fpscr");
  if (a.flip === b.flip && outA.changed.join() !== outB.changed.join()) found.push("memory");
  return found;
}

function noteWrites(seen: Observed, trial: Trial, out: Outcome, claimed: Effects): void {
  const { insn } = seen;
  for (let n = 0; n < 15; n++) if (out.core[n] !== trial.core[n]) seen.writes.core |= 1 << n;
  for (let n = 0; n < 64; n++)
    if (out.simd[n] !== trial.simd[n]) seen.writes.simd = (seen.writes.simd | (1 << (n >> 1))) >>> 0;
  for (const letter of letters)
    if (((out.flags ^ trial.flags) & flagBits[letter]!) !== 0) seen.writes.flags.add(letter);
  const thumb = insn.isa === "t32";
  if (out.pc !== insn.size || out.thumb !== thumb) {
    seen.branched = true;
    seen.writes.core |= 0x8000;
    const { branch } = claimed;
    if (
      branch?.target !== undefined &&
      insn.address + out.pc !== branch.target &&
      ((insn.address + out.pc) | 0) !== (branch.target | 0)
    )
      seen.wrong.push(`went to ${out.pc}, not to ${branch.target - insn.address}`);
    if (out.thumb !== thumb && branch !== undefined && !branch.interworking)
      seen.wrong.push("changed the instruction set");
  }
}

function judge(seen: Observed, claimed: Effects): void {
  const { writes, wrong, insn } = seen;
  const extra = (seenBits: number, claimedBits: number): number => (seenBits & ~claimedBits) >>> 0;
  if (extra(writes.core, claimed.writes.core))
    wrong.push(`writes core ${extra(writes.core, claimed.writes.core).toString(16)}`);
  if (extra(writes.simd, claimed.writes.simd))
    wrong.push(`writes simd ${extra(writes.simd, claimed.writes.simd).toString(16)}`);
  for (const letter of writes.flags)
    if (!flagsOf(claimed.writesFlags).includes(letter)) wrong.push(`writes flag ${letter}`);
  if (extra(seen.reads.core, claimed.reads.core)) wrong.push("reads the PC");
  if (seen.loads && claimed.memory?.load !== true) wrong.push("loads");
  if (seen.stored > 0 && claimed.memory?.store !== true) wrong.push("stores");
  if (
    seen.stored > 0 &&
    claimed.memory?.store === true &&
    seen.stored !== claimed.memory.size &&
    claimed.memory.size > 0
  )
    wrong.push(`stores ${seen.stored} bytes, not ${claimed.memory.size}`);
  if (seen.branched && claimed.branch === undefined) wrong.push("branches");
  if (insn.status !== "ok") wrong.push("is not ok");
}

/** What is claimed, by the fields of the row that claim it, and whether it was seen. */
function claims(seen: Observed, claimed: Effects): Map<string, boolean> {
  const made = new Map<string, boolean>();
  const note = (what: string, saw: boolean): void => {
    made.set(what, saw || made.get(what) === true);
  };
  const fields = (n: number, simd: boolean): string => {
    const names = seen.insn.operands.flatMap((operand) => {
      if (!simd && operand.kind === "reg" && operand.reg === n) return [operand.field];
      if (!simd && operand.kind === "mem")
        return [...(operand.base === n ? ["base"] : []), ...(operand.offset.index === n ? ["index"] : [])];
      if (!simd && operand.kind === "list" && (operand.regs >> n) & 1) return ["list"];
      if (simd && operand.kind === "vreg") {
        const covers =
          operand.size === "s"
            ? operand.reg >> 1 === n
            : operand.size === "d"
              ? operand.reg === n
              : operand.reg === n >> 1;
        return covers ? [operand.field] : [];
      }
      return [];
    });
    return names.length > 0
      ? names.join("+")
      : n === 15 && !simd
        ? "pc"
        : n === 13 && !simd
          ? "sp"
          : simd
            ? "list"
            : `r${n}`;
  };
  const compare = (what: string, bits: number, saw: number, simd: boolean): void => {
    for (let n = 0; n < 32; n++) if ((bits >>> n) & 1) note(`${what} ${fields(n, simd)}`, ((saw >>> n) & 1) === 1);
  };
  compare("read", claimed.reads.core & 0x7fff, seen.reads.core, false);
  compare("read", claimed.reads.simd, seen.reads.simd, true);
  compare("write", claimed.writes.core, seen.writes.core, false);
  compare("write", claimed.writes.simd, seen.writes.simd, true);
  for (const letter of flagsOf(claimed.readsFlags)) note(`read ${letter}`, seen.reads.flags.has(letter));
  for (const letter of flagsOf(claimed.writesFlags)) note(`write ${letter}`, seen.writes.flags.has(letter));
  if (claimed.memory?.load) note("load", seen.loads);
  if (claimed.memory?.store) note("store", seen.stored > 0);
  return made;
}

/** Words of every encoding that may run in user mode, some of those of Thumb at the end of an IT block. */
function words(per: number, next: () => number): Insn[] {
  const probes: Probe[] = [...drawInstances("a32", per, next), ...drawInstances("t32", per, next)];
  for (const { isa, size, pattern } of encodings)
    if (isa === "t32" && size === 2)
      for (let i = 0; i < per; i++)
        probes.push({
          isa,
          size: 2,
          word: ((next() & ~(pattern.mask | pattern.shouldMask)) | pattern.value | pattern.shouldValue) & 0xffff,
        });
  return probes.flatMap((probe) => {
    let insn = decodeProbe(probe);
    if (probe.isa === "t32" && next() % 3 === 0) {
      const it = ((next() % 14) << 4) | 8;
      insn = decodeT32(probe.size === 4 ? probe.word >>> 16 : probe.word, probe.word & 0xffff, 0, it);
    }
    const { encoding } = insn;
    if (insn.status !== "ok" || encoding === undefined || notRun.test(encoding.id) || encoding.spec.privileged)
      return [];
    // What goes to the other instruction set near by would run the filling of the code.
    const { branch } = effects(insn);
    // An exception return is for privileged modes.
    if (branch?.kind === "return") return [];
    // What computes an address near its own would run the program around it.
    if (
      branch?.kind === "alu" &&
      (effects(insn).reads.core & 0x8000 ||
        insn.operands.some((operand) => operand.kind === "reg" && operand.reg === 15 && operand.field !== "Rd"))
    )
      return [];
    if (
      branch?.target !== undefined &&
      (branch.target === insn.address ||
        (branch.interworking && Math.abs((branch.target - insn.address) | 0) < 1 << 18))
    )
      return [];
    if (/^(BX|BLX)_/.test(encoding.id) && insn.operands.some((operand) => operand.kind === "reg" && operand.reg === 15))
      return [];
    return [insn];
  });
}

/** One word of each encoding with everything that was seen of it. */
function writeEffects(seed: number, results: readonly Observed[]): void {
  const best = new Map<string, { seen: Observed; line: string; score: number }>();
  for (const seen of results) {
    const { insn, reads, writes } = seen;
    if (!seen.ran) continue;
    const sorted = (flags: ReadonlySet<string>): string =>
      letters.filter((letter) => flags.has(letter)).join("") || "-";
    const set = ({ core, simd, flags }: Observed["reads"]): string =>
      `${(core & 0xffff).toString(16)} ${simd.toString(16)} ${sorted(flags)}`;
    const memory = `${seen.loads ? "load" : "-"} ${seen.stored || "-"} ${seen.branched ? "branch" : "-"}`;
    const line = `${insn.isa} ${insn.word.toString(16).padStart(insn.size * 2, "0")} ${insn.it.toString(16)} | ${set(reads)} | ${set(writes)} | ${memory}`;
    const score = line.length + reads.flags.size + writes.flags.size;
    const id = `${insn.isa} ${insn.encoding!.id}`;
    if (score > (best.get(id)?.score ?? 0)) best.set(id, { seen, line, score });
  }
  const head = [
    "# What words were seen to do on qemu-arm: instruction set, word, ITSTATE | core registers, D registers (bit sets) and flags that",
    "# results depend on | that changed | whether memory was loaded, how many bytes were stored, whether it branched.",
    `# Written by "pnpm oracle codec --effects --vectors --seed ${seed}"; do not edit. Every line is a part of what effects() says.`,
  ];
  const lines = [...best.values()].map(({ line }) => line).sort();
  writeFileSync(join(import.meta.dirname, "../../../vectors/effects.txt"), `${[...head, ...lines].join("\n")}\n`);
  console.log(`vectors/effects.txt: ${lines.length} words`);
}

/** Runs words of every encoding on qemu-arm and compares with `effects`. Returns the number of encodings that are wrong. */
export function checkEffects(seed: number, per: number, write: boolean): number {
  const next = random(seed);
  const tally = new Map<
    string,
    { ran: number; words: number; wrong: Map<string, string>; claims: Map<string, { claimed: number; seen: number }> }
  >();
  const insns = words(per, next);
  let open = insns;
  let trialsWrong = 0;
  let notSeen = 0;
  const results: Observed[] = [];
  for (const cpu of ["max", "cortex-a15"]) {
    const machine = new Machine(cpu);
    const again: Insn[] = [];
    for (let from = 0; from < open.length; from += 200) {
      for (const seen of observe(machine, open.slice(from, from + 200), 4, next)) {
        if (!seen.ran && cpu === "max") again.push(seen.insn);
        else results.push(seen);
      }
    }
    machine.close();
    open = again;
  }
  for (const seen of results) {
    const id = `${seen.insn.isa} ${seen.insn.encoding!.id}`;
    if (!tally.has(id)) tally.set(id, { ran: 0, words: 0, wrong: new Map(), claims: new Map() });
    const entry = tally.get(id)!;
    entry.words++;
    if (!seen.ran) continue;
    entry.ran++;
    for (const what of seen.wrong)
      entry.wrong.set(
        what.replace(/\d+/g, "#"),
        `${seen.insn.word.toString(16)} it ${seen.insn.it.toString(16)}: ${what}`,
      );
    for (const [what, saw] of claims(seen, effects(seen.insn))) {
      const known = entry.claims.get(what) ?? { claimed: 0, seen: 0 };
      entry.claims.set(what, { claimed: known.claimed + 1, seen: known.seen + (saw ? 1 : 0) });
    }
  }
  console.log(
    `\neffects by execution: ${insns.length} words of ${tally.size} encodings, ${results.filter(({ ran }) => ran).length} ran`,
  );
  const never = [...tally].filter(([, { ran }]) => ran === 0).map(([id]) => id);
  console.log(`  never ran: ${never.length}: ${never.join(", ")}`);
  for (const [id, { wrong }] of tally)
    if (wrong.size > 0) {
      trialsWrong++;
      console.log(`  FAIL ${id}: ${[...wrong.values()].join("; ")}`);
    }
  for (const [id, { ran, claims: claimed }] of tally) {
    const always = [...claimed].flatMap(([what, { claimed: n, seen }]) => (seen === 0 && n >= 12 ? [what] : []));
    const [, name = ""] = id.split(" ");
    const open = always.filter((what) => !unseeable.some((known) => known.id.test(name) && known.what.test(what)));
    if (open.length > 0) {
      notSeen++;
      console.log(`  FAIL: never seen of ${id} in ${ran} words: ${open.join(", ")}`);
    }
  }
  if (write) writeEffects(seed, results);
  return trialsWrong + notSeen;
}
