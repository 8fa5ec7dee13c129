import { addWithCarry, type Builder, conditionValue, type LoadOptions, type Meaning, type Value } from "@cmodx/machine";
import { conditions } from "./assembler.js";
import type { A64 } from "./encodings.js";
import { logicalImmediate } from "./logical-immediate.js";

const zeroRegister = 31;
const linkRegister = 30;

function read(machine: Builder, index: number): Value {
  return index === zeroRegister ? machine.constant(0) : machine.register(index);
}

function write(machine: Builder, index: number, value: Value): void {
  if (index !== zeroRegister) machine.setRegister(index, value);
}

type Fields = (field: string) => number;
type Execute = (machine: Builder, f: Fields, name: string) => void;

/** What an A64 instruction does. Registers are modelled with 32 bits: addresses and values of litmus tests fit. */
export function meaningOf({ name, fields }: A64): Meaning {
  const f: Fields = (field) => fields[field] ?? 0;
  const execute = meanings[name] ?? arithmetic;
  return { size: 4, text: textOf(name, fields), execute: (machine) => execute(machine, f, name) };
}

const invalidateAll: Execute = (machine) => machine.invalidateIcache("all", "broadcast");

/** Rows whose name is not here are data processing: see `arithmetic`. */
const meanings: Readonly<Record<string, Execute>> = {
  NOP: () => {},
  CLREX: (machine) => machine.clearExclusive(),
  ISB: (machine) => machine.isb(),
  DMB: (machine, f) => machine.dmb(barrierOption(f("opt"))),
  DSB: (machine, f) => machine.dsb(barrierOption(f("opt"))),
  "DC CVAU": (machine, f) => machine.cleanDcache(read(machine, f("t"))),
  // To the point of coherency, past the point of unification.
  "DC CVAC": (machine, f) => machine.cleanDcache(read(machine, f("t"))),
  "DC CIVAC": (machine, f) => machine.cleanDcache(read(machine, f("t"))),
  "IC IVAU": (machine, f) => machine.invalidateIcache(read(machine, f("t")), "broadcast"),
  // herd's model gives IALLU the reach of IALLUIS, and its tests are written for that.
  "IC IALLU": invalidateAll,
  "IC IALLUIS": invalidateAll,
  "MRS ELR": (machine, f) => write(machine, f("t"), machine.core.exceptionReturn),
  "MSR ELR": (machine, f) => {
    machine.core.exceptionReturn = read(machine, f("t"));
  },
  ERET: (machine) => machine.exceptionReturn(),
  UDF: (machine, f) => machine.exception("undefined", machine.pc, f("imm")),
  SVC: (machine, f) => machine.exception("svc", machine.pc + 4, f("imm")),
  BRK: (machine, f) => machine.exception("bkpt", machine.pc, f("imm")),

  B: (machine, f) => branch(machine, f),
  BL: (machine, f) => {
    write(machine, linkRegister, machine.constant(machine.pc + 4));
    branch(machine, f);
  },
  "B.cond": (machine, f) => branchIf(machine, f, conditionValue(f("cond"), machine.flags())),
  CBZ: (machine, f) =>
    branchIf(
      machine,
      f,
      test(read(machine, f("t")), (value) => value === 0),
    ),
  CBNZ: (machine, f) =>
    branchIf(
      machine,
      f,
      test(read(machine, f("t")), (value) => value !== 0),
    ),
  TBZ: (machine, f) =>
    branchIf(
      machine,
      f,
      test(read(machine, f("t")), (value) => ((value >>> f("bit")) & 1) === 0),
    ),
  TBNZ: (machine, f) =>
    branchIf(
      machine,
      f,
      test(read(machine, f("t")), (value) => ((value >>> f("bit")) & 1) === 1),
    ),
  BR: (machine, f) => machine.branchTo(read(machine, f("n"))),
  RET: (machine, f) => machine.branchTo(read(machine, f("n"))),
  BLR: (machine, f) => {
    const target = read(machine, f("n"));
    write(machine, linkRegister, machine.constant(machine.pc + 4));
    machine.branchTo(target);
  },

  ADR: (machine, f) => write(machine, f("d"), machine.constant(machine.pc + 4 * f("high") + f("low"))),
  MOVZ: (machine, f) => write(machine, f("d"), machine.constant(wideImmediate(machine, f))),
  MOVN: (machine, f) => write(machine, f("d"), machine.constant(~wideImmediate(machine, f))),
  MOVK: (machine, f) => {
    const old = read(machine, f("d"));
    const kept = f("hw") === 0 ? old.value & ~0xffff : f("hw") === 1 ? old.value & 0xffff : old.value;
    write(machine, f("d"), machine.compute(kept | wideImmediate(machine, f), old));
  },
  CSEL: (machine, f) => select(machine, f, (machine, value) => machine.compute(value.value, value)),
  CSINC: (machine, f) => select(machine, f, (machine, value) => machine.compute(value.value + 1, value)),

  LDR: (machine, f, name) => loadTo(machine, f, offset(machine, f, name), name),
  LDRH: (machine, f, name) => loadTo(machine, f, offset(machine, f, name), name),
  LDRB: (machine, f, name) => loadTo(machine, f, offset(machine, f, name), name),
  "LDR.r": (machine, f, name) => loadTo(machine, f, indexed(machine, f), name),
  LDAR: (machine, f, name) => loadTo(machine, f, read(machine, f("n")), name, { acquire: "sc" }),
  LDAPR: (machine, f, name) => loadTo(machine, f, read(machine, f("n")), name, { acquire: "pc" }),
  LDXR: (machine, f, name) => loadTo(machine, f, read(machine, f("n")), name, { exclusive: true }),
  LDAXR: (machine, f, name) => loadTo(machine, f, read(machine, f("n")), name, { acquire: "sc", exclusive: true }),
  STR: (machine, f, name) => machine.store(offset(machine, f, name), read(machine, f("t")), 4),
  STRH: (machine, f, name) => machine.store(offset(machine, f, name), read(machine, f("t")), 2),
  STRB: (machine, f, name) => machine.store(offset(machine, f, name), read(machine, f("t")), 1),
  "STR.r": (machine, f) => machine.store(indexed(machine, f), read(machine, f("t")), 4),
  STLR: (machine, f) => machine.store(read(machine, f("n")), read(machine, f("t")), 4, { release: true }),
  STXR: (machine, f) => storeExclusive(machine, f, false),
  STLXR: (machine, f) => storeExclusive(machine, f, true),
};

function branch(machine: Builder, f: Fields): void {
  machine.branch(machine.pc + 4 * f("offset"));
}

function branchIf(machine: Builder, f: Fields, condition: Value): void {
  if (machine.decide(condition)) branch(machine, f);
}

function test(value: Value, holds: (value: number) => boolean): Value {
  return { ...value, value: holds(value.value) ? 1 : 0 };
}

function select(machine: Builder, f: Fields, otherwise: (machine: Builder, value: Value) => Value): void {
  const condition = conditionValue(f("cond"), machine.flags());
  const value = condition.value === 1 ? read(machine, f("n")) : otherwise(machine, read(machine, f("m")));
  write(machine, f("d"), machine.picked(value, condition));
}

/** [n, #imm]: the immediate counts in units of the access, which is 8 bytes for an X register. */
function offset(machine: Builder, f: Fields, name: string): Value {
  const base = read(machine, f("n"));
  const unit = sizeOf(name) === 4 && f("w") === 1 ? 8 : sizeOf(name);
  return machine.compute(base.value + f("imm") * unit, base);
}

function indexed(machine: Builder, f: Fields): Value {
  const [base, index] = [read(machine, f("n")), read(machine, f("m"))];
  return machine.compute(base.value + index.value, base, index);
}

function loadTo(machine: Builder, f: Fields, address: Value, name: string, options?: LoadOptions): void {
  write(machine, f("t"), machine.load(address, sizeOf(name), options));
}

function storeExclusive(machine: Builder, f: Fields, release: boolean): void {
  const [address, data] = [read(machine, f("n")), read(machine, f("t"))];
  write(machine, f("s"), machine.storeExclusive(address, data, 4, { release }));
}

function arithmetic(machine: Builder, f: Fields, name: string): void {
  const n = read(machine, f("n"));
  const m = /\.[rx]$/.test(name) ? read(machine, f("m")) : machine.constant(immediateOf(f, name));
  const operation = name.replace(/\.[rxi]$/, "");
  const logical = {
    AND: n.value & m.value,
    ANDS: n.value & m.value,
    ORR: n.value | m.value,
    EOR: n.value ^ m.value,
    BIC: n.value & ~m.value,
    BICS: n.value & ~m.value,
    ORN: n.value | ~m.value,
    EON: n.value ^ ~m.value,
  };
  let result: number;
  let flags = 0;
  if (operation in logical) {
    result = logical[operation as keyof typeof logical];
    flags = (result < 0 ? 8 : 0) | (result === 0 ? 4 : 0);
  } else if (operation.startsWith("SUB")) ({ result, flags } = addWithCarry(n.value, ~m.value, 1));
  else ({ result, flags } = addWithCarry(n.value, m.value, 0));
  write(machine, f("d"), machine.compute(result, n, m));
  if (operation.endsWith("S") && operation.length === 4) machine.setFlags(machine.compute(flags, n, m));
}

function immediateOf(f: Fields, name: string): number {
  if (name.endsWith(".i")) return logicalImmediate({ N: f("N"), immr: f("immr"), imms: f("imms") });
  return f("shift") === 1 ? f("imm") << 12 : f("imm");
}

function wideImmediate(machine: Builder, f: Fields): number {
  if (f("hw") > 1 && f("imm") !== 0) machine.unmodelled("a value of more than 32 bits");
  return f("hw") > 1 ? 0 : f("imm") << (16 * f("hw"));
}

function sizeOf(name: string): number {
  return name.endsWith("B") ? 1 : name.endsWith("H") ? 2 : 4;
}

function barrierOption(option: number): "sy" | "ld" | "st" {
  return ({ 1: "ld", 2: "st" } as const)[option & 3] ?? "sy";
}

function textOf(name: string, fields: Readonly<Record<string, number>>): string {
  const { cond, offset, ...rest } = fields;
  const shown = Object.entries(rest).map(([field, value]) => `${field}=${value}`);
  if (offset !== undefined) shown.unshift(`.${offset < 0 ? "-" : "+"}${Math.abs(4 * offset)}`);
  const mnemonic =
    cond === undefined ? name : name === "B.cond" ? `B.${conditions[cond]}` : `${name} ${conditions[cond]}`;
  return shown.length === 0 ? mnemonic : `${mnemonic} ${shown.join(" ")}`;
}
