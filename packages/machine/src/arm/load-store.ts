import type { Insn, Operand } from "@cmodx/codec";
import type { Builder } from "../builder.js";
import type { Value } from "../core-state.js";
import { readRegister, registersOf, shift, writeRegister } from "./operand.js";
import type { Semantics } from "./semantics.js";

type Memory = Extract<Operand, { kind: "mem" }>;

/** The address of a `[…]` operand, and the base register's new value when there is writeback. */
function addressOf(machine: Builder, insn: Insn): { readonly address: Value; writeBack(): void } {
  const memory = insn.operands.find((operand): operand is Memory => operand.kind === "mem");
  if (memory === undefined) {
    // LDREX and its kin have a bare base register, the last of the operands.
    const address = readRegister(machine, insn, registersOf(insn.operands).at(-1)!);
    return { address, writeBack: () => {} };
  }
  const { offset, mode } = memory;
  const plain = readRegister(machine, insn, memory.base);
  // A literal is addressed from the program counter rounded down to a word.
  const base = memory.base === 15 ? machine.constant(plain.value & ~3) : plain;
  let by: Value = machine.constant(offset.magnitude ?? 0);
  if (offset.index !== undefined) {
    const index = readRegister(machine, insn, offset.index);
    const carry = (machine.flags().value >> 1) & 1;
    by = shift(machine, index, offset.shift ?? "lsl", offset.amount ?? 0, carry).value;
  }
  const moved = machine.compute(offset.add ? base.value + by.value : base.value - by.value, base, by);
  return {
    address: mode === "post" ? base : moved,
    writeBack: () => {
      if (mode !== "offset") machine.setRegister(memory.base, moved);
    },
  };
}

/** What the table says of the access: bytes, and whether it is signed, ordered (ARMv8) or exclusive. */
function access(insn: Insn): { readonly size: number; readonly has: (word: string) => boolean } {
  const [, size, ...words] = (insn.encoding?.spec.memory ?? "load 4").split(" ");
  return { size: Number(size), has: (word) => words.includes(word) };
}

function load(machine: Builder, insn: Insn): void {
  const { size, has } = access(insn);
  const { address, writeBack } = addressOf(machine, insn);
  if (size === 8 && has("exclusive")) {
    machine.unmodelled(insn.mnemonic);
    return;
  }
  const options = { ...(has("ordered") ? ({ acquire: "sc" } as const) : {}), exclusive: has("exclusive") };
  const registers = registersOf(insn.operands);
  const values: Value[] = [];
  for (let at = 0; at < size; at += 4) {
    const bytes = Math.min(size, 4);
    const value = machine.load(machine.compute(address.value + at, address), bytes, options);
    const bits = 32 - 8 * bytes;
    values.push(has("signed") ? { ...value, value: (value.value << bits) >> bits } : value);
  }
  writeBack();
  values.forEach((value, i) => {
    writeRegister(machine, insn, registers[i]!, value);
  });
}

function store(machine: Builder, insn: Insn): void {
  const { size, has } = access(insn);
  const { address, writeBack } = addressOf(machine, insn);
  const registers = registersOf(insn.operands);
  const release = { release: has("ordered") };
  if (has("exclusive")) {
    if (size === 8) {
      machine.unmodelled(insn.mnemonic);
      return;
    }
    const status = machine.storeExclusive(address, readRegister(machine, insn, registers[1]!), size, release);
    machine.setRegister(registers[0]!, status);
    return;
  }
  for (let at = 0; at < size; at += 4) {
    const data = readRegister(machine, insn, registers[at / 4]!);
    machine.store(machine.compute(address.value + at, address), data, Math.min(size, 4), release);
  }
  writeBack();
}

/** LDM, STM, PUSH, POP in every addressing mode: words in ascending order, each an access of its own. */
function multiple(machine: Builder, insn: Insn): void {
  const { mnemonic } = insn;
  const list = insn.operands.find((operand) => operand.kind === "list");
  const base = insn.operands.find((operand) => operand.kind === "reg");
  const stack = mnemonic === "push" || mnemonic === "pop";
  const single = stack && list === undefined && base !== undefined;
  const regs = list?.kind === "list" ? list.regs : single ? 1 << base.reg : 0;
  const baseRegister = stack ? 13 : base?.kind === "reg" ? base.reg : 13;
  if (/_(user|return)_/.test(insn.encoding?.id ?? "")) {
    machine.unmodelled(insn.encoding!.id);
    return;
  }

  const numbers = Array.from({ length: 16 }, (_, i) => i).filter((i) => ((regs >> i) & 1) === 1);
  const down = mnemonic === "push" || mnemonic.endsWith("db") || mnemonic.endsWith("da");
  const before = mnemonic === "push" || mnemonic.endsWith("db") || mnemonic.endsWith("ib");
  const start = machine.register(baseRegister);
  const moved = machine.compute(start.value + (down ? -4 : 4) * numbers.length, start);
  const lowest = (down ? moved.value : start.value) + (before === down ? 0 : 4);
  const at = (i: number): Value => machine.compute(lowest + 4 * i, start);
  const loads = mnemonic === "pop" || mnemonic.startsWith("ldm");
  const writesBack = stack || (base?.kind === "reg" && base.writeback === true);

  if (loads) {
    const values = numbers.map((_, i) => machine.load(at(i), 4));
    if (writesBack && !numbers.includes(baseRegister)) machine.setRegister(baseRegister, moved);
    numbers.forEach((register, i) => {
      writeRegister(machine, insn, register, values[i]!);
    });
  } else {
    numbers.forEach((register, i) => {
      machine.store(at(i), readRegister(machine, insn, register), 4);
    });
    if (writesBack) machine.setRegister(baseRegister, moved);
  }
}

const sizes = ["", "b", "h", "d"];
const of = (stems: readonly string[], execute: Semantics[string]): Semantics =>
  Object.fromEntries(stems.flatMap((stem) => sizes.map((size) => [stem + size, execute])));

/** Loads and stores of one, two and many registers, exclusives, and ARMv8's load-acquire and store-release. */
export const loadStoreSemantics: Semantics = {
  ...of(["ldr", "ldrex", "lda", "ldaex", "ldrs"], load),
  ...of(["str", "strex", "stl", "stlex"], store),
  ...Object.fromEntries(
    ["ldm", "stm"].flatMap((stem) => ["", "ia", "ib", "da", "db"].map((mode) => [stem + mode, multiple])),
  ),
  push: multiple,
  pop: multiple,
  clrex: (machine) => machine.clearExclusive(),
  // Hints to caches: they order nothing and change nothing that a program can see.
  pld: () => {},
  pldw: () => {},
  pli: () => {},
};
