import { field, type Insn } from "@cmodx/codec";
import { extract } from "../pseudocode/arithmetic.js";
import type { Hint, Operations, SystemState } from "../pseudocode/operations.js";
import type { BarrierOption } from "../rules/barrier.js";
import { moveFromBanked, moveToBanked, unpredictableAtUserAndSystem } from "./banked.js";
import { immediateOf, readRegister, registersOf } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

/** The two low bits of a barrier option say which accesses it waits for; the others say for whom, which all share here. */
function barrierOption(insn: Insn): BarrierOption {
  const option = insn.operands.find((operand) => operand.kind === "name");
  return ({ 1: "ld", 2: "st" } as const)[(option?.kind === "name" ? option.value : 15) & 3] ?? "sy";
}

type Maintenance = <V>(m: Operations<V>, value: () => V) => void;

/**
 * CP15 operations by "opc1 CRn CRm opc2": those that code modification needs (ARM DDI 0406C, the CP15 c7 table). Maintenance to
 * the point of coherency reaches the point of unification on its way.
 */
const maintenance: Readonly<Record<string, Maintenance>> = {
  "0 7 5 0": (m) => m.invalidateIcache("all", "local"), // ICIALLU
  "0 7 1 0": (m) => m.invalidateIcache("all", "broadcast"), // ICIALLUIS
  "0 7 5 1": (m, value) => m.invalidateIcache(value(), "broadcast"), // ICIMVAU
  "0 7 11 1": (m, value) => m.cleanDcache(value()), // DCCMVAU
  "0 7 10 1": (m, value) => m.cleanDcache(value()), // DCCMVAC
  "0 7 14 1": (m, value) => m.cleanDcache(value()), // DCCIMVAC
  "0 7 5 4": (m) => m.isb(), // CP15ISB
  "0 7 10 4": (m) => m.dsb("sy"), // CP15DSB
  "0 7 10 5": (m) => m.dmb("sy"), // CP15DMB
  // Branch predictors: what a prediction fetches early, the fetch rule allows anyway.
  "0 7 5 6": (m) => m.invalidatePredictor(), // BPIALL
  "0 7 1 6": (m) => m.invalidatePredictor(), // BPIALLIS
  "0 7 5 7": (m) => m.invalidatePredictor(), // BPIMVA
};

/** CP15 registers by "opc1 CRn CRm opc2". */
const registers: Readonly<Record<string, SystemState>> = {
  "0 13 0 2": "tpidrurw",
  "0 13 0 3": "tpidruro",
  "0 13 0 4": "tpidrprw",
  "0 12 0 0": "vbar",
  "0 1 0 0": "sctlr",
  "0 5 0 0": "dfsr",
  "0 5 0 1": "ifsr",
  "0 6 0 0": "dfar",
  "0 6 0 2": "ifar",
  "0 0 0 0": "midr",
  "0 0 0 1": "ctr",
  "0 0 0 5": "mpidr",
};

function cp15Of(insn: Insn): string | undefined {
  const [coprocessor, opc1, crn, crm, opc2 = 0] = insn.operands.flatMap((operand) =>
    operand.kind === "name" || operand.kind === "imm" ? [operand.value] : [],
  );
  return coprocessor === 15 ? `${opc1} ${crn} ${crm} ${opc2}` : undefined;
}

const moveToCoprocessor: Semantic = (m, insn) => {
  const at = cp15Of(insn);
  const t = registersOf(insn.operands)[0]!;
  if (field(insn, "coproc")! < 14) return throughCoprocessor(m, insn);
  const operation = at === undefined ? undefined : maintenance[at];
  if (operation !== undefined) return operation(m, () => m.register(t));
  const state = at === undefined ? undefined : registers[at];
  if (state === undefined) m.unimplemented(`MCR to ${at === undefined ? "a coprocessor" : `CP15 ${at}`}`);
  else m.setSystem(state, m.register(t));
};

const moveFromCoprocessor: Semantic = (m, insn) => {
  const at = cp15Of(insn);
  const state = at === undefined ? undefined : registers[at];
  const t = field(insn, "Rt")!;
  if (field(insn, "coproc")! < 14) throughCoprocessor(m, insn);
  else if (state === undefined || t === 15)
    m.unimplemented(`MRC from ${at === undefined ? "a coprocessor" : `CP15 ${at}`}`);
  else m.setRegister(t, m.system(state));
};

/** A coprocessor that there is not does not accept the instruction; that for debugging and CP15 have more than is known of them here. */
const throughCoprocessor: Semantic = (m, insn) => {
  const coprocessor = field(insn, "coproc")!;
  if (coprocessor < 14) m.trap("undefined", insn.address, 0);
  else m.unimplemented(`${insn.mnemonic} of coprocessor ${coprocessor}`);
};

/** The flags as they stand in a program status register. */
function statusFlags<V>(m: Operations<V>): V {
  let status = m.binary("shl", m.ge(), m.constant(16));
  (["Q", "V", "C", "Z", "N"] as const).forEach((flag, i) => {
    status = m.binary("or", status, m.binary("shl", m.flag(flag), m.constant(27 + i)));
  });
  return status;
}

const moveFromStatus: Semantic = (m, insn) => {
  if (insn.encoding!.id.includes("_banked_")) return moveFromBanked(m, insn);
  const d = field(insn, "Rd")!;
  if (insn.encoding!.id.includes("_spsr_")) m.setRegister(d, m.system("spsr"));
  else m.setRegister(d, m.binary("or", statusFlags(m), m.system("cpsr")));
};

/** MSR: the mask says which bytes of the register are written. */
const moveToStatus: Semantic = (m, insn) => {
  if (insn.encoding!.id.includes("_banked_")) return moveToBanked(m, insn);
  const n = field(insn, "Rn");
  const value = n === undefined ? m.constant(immediateOf(insn)) : readRegister(m, insn, n);
  const mask = field(insn, "mask")!;
  const bytes = [0, 1, 2, 3].reduce((all, i) => all | ((mask >> i) & 1 ? 0xff << (8 * i) : 0), 0);
  if (field(insn, "R") === 1) {
    const kept = m.binary("and", m.system("spsr"), m.constant(~bytes));
    m.setSystem("spsr", m.binary("or", kept, m.binary("and", value, m.constant(bytes))));
    return;
  }
  if (mask & 8) {
    const bit = (at: number): typeof value => extract(m, value, at, 1, false);
    m.setFlags({ N: bit(31), Z: bit(30), C: bit(29), V: bit(28), Q: bit(27) });
  }
  if (mask & 4) m.setGe(extract(m, value, 16, 4, false));
  // What is left is ignored at PL0.
  const control = bytes & 0x000003df;
  if (control !== 0) {
    const kept = m.binary("and", m.system("cpsr"), m.constant(~control));
    m.setSystem("cpsr", m.binary("or", kept, m.binary("and", value, m.constant(control))));
  }
};

/** CPS: mode and interrupt masks; it does nothing at PL0. */
const changeState: Semantic = (m, insn) => {
  const [affected, mode] = [
    ((field(insn, "A") ?? 0) << 8) | ((field(insn, "I") ?? 0) << 7) | ((field(insn, "F") ?? 0) << 6),
    field(insn, "mode"),
  ];
  const mask = affected | (mode === undefined ? 0 : 0x1f);
  const set = (insn.mnemonic === "cpsid" ? affected : 0) | (mode ?? 0);
  m.setSystem("cpsr", m.binary("or", m.binary("and", m.system("cpsr"), m.constant(~mask)), m.constant(set)));
};

/** SRS: LR and SPSR of this mode onto another mode's stack. */
const storeReturnState: Semantic = (m, insn) => {
  unpredictableAtUserAndSystem(m, "SRS");
  const mode = field(insn, "mode")!;
  const base = m.banked(mode, 13);
  const down = /d[ab]$/.test(insn.mnemonic);
  const before = insn.mnemonic.endsWith("b");
  const moved = m.binary(down ? "sub" : "add", base, m.constant(8));
  const lowest = down ? moved : base;
  const at = before === down ? lowest : m.binary("add", lowest, m.constant(4));
  m.store(at, m.register(14), 4, { aligned: true });
  m.store(m.binary("add", at, m.constant(4)), m.system("spsr"), 4, { aligned: true });
  if (field(insn, "W") === 1) m.setBanked(mode, 13, moved);
};

/** RFE: PC and CPSR from memory. */
const returnFromException: Semantic = (m, insn) => {
  const n = field(insn, "Rn")!;
  const base = m.register(n);
  const down = /d[ab]$/.test(insn.mnemonic);
  const before = insn.mnemonic.endsWith("b");
  const moved = m.binary(down ? "sub" : "add", base, m.constant(8));
  const lowest = down ? moved : base;
  const at = before === down ? lowest : m.binary("add", lowest, m.constant(4));
  const target = m.load(at, 4, { aligned: true });
  const status = m.load(m.binary("add", at, m.constant(4)), 4, { aligned: true });
  if (field(insn, "W") === 1) m.setRegister(n, moved);
  m.exceptionReturn(target, status);
};

const hint =
  (kind: Hint): Semantic =>
  (m) =>
    m.hint(kind);

const named = (names: readonly string[], semantic: Semantic): Semantics =>
  Object.fromEntries(names.map((name) => [name, semantic]));

/** Hints, barriers, status and CP15 registers, and the instructions that only raise an exception or return from one. */
export const systemSemantics: Semantics = {
  nop: hint("nop"),
  hint: hint("nop"),
  dbg: hint("nop"),
  csdb: hint("nop"),
  yield: hint("yield"),
  wfe: hint("wfe"),
  wfi: hint("wfi"),
  sev: hint("sev"),
  sevl: hint("sevl"),
  dmb: (m, insn) => m.dmb(barrierOption(insn)),
  dsb: (m, insn) => m.dsb(barrierOption(insn)),
  ssbb: (m) => m.dsb("sy"),
  pssbb: (m) => m.dsb("sy"),
  isb: (m) => m.isb(),
  mcr: moveToCoprocessor,
  mrc: moveFromCoprocessor,
  ...named(["cdp", "cdp2", "mcr2", "mrc2", "mcrr", "mrrc", "mcrr2", "mrrc2"], throughCoprocessor),
  ...named(["ldc", "ldcl", "ldc2", "ldc2l", "stc", "stcl", "stc2", "stc2l"], throughCoprocessor),
  mrs: moveFromStatus,
  msr: moveToStatus,
  ...named(["cps", "cpsie", "cpsid"], changeState),
  ...named(["srsda", "srsdb", "srsia", "srsib"], storeReturnState),
  ...named(["rfeda", "rfedb", "rfeia", "rfeib"], returnFromException),
  it: (m, insn) => m.startItBlock(insn.word & 0xff),
  setend: (m, insn) => {
    if (field(insn, "E") === 1) m.unimplemented("big-endian data");
  },
  eret: (m) => m.exceptionReturn(m.register(14)),
  // SUBS PC, LR, #imm in Thumb.
  subs: (m, insn) => m.exceptionReturn(m.binary("sub", m.register(14), m.constant(immediateOf(insn)))),
  svc: (m, insn) => m.trap("svc", insn.address + insn.size, immediateOf(insn)),
  bkpt: (m, insn) => m.trap("bkpt", insn.address, immediateOf(insn)),
  // There are no Security and no Virtualization Extensions.
  ...named(["hvc", "smc"], (m, insn) => m.trap("undefined", insn.address, 0)),
  udf: (m, insn) => m.trap("undefined", insn.address, immediateOf(insn)),
};
