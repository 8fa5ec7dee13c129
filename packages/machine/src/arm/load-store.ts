import { field, type Insn, type Operand } from "@cmodx/codec";
import { extract, shiftC } from "../pseudocode/arithmetic.js";
import type { Access, Operations } from "../pseudocode/operations.js";
import { unpredictableAtUserAndSystem } from "./banked.js";
import { pcOf, readRegister, registersOf, writeLoaded } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

type Memory = Extract<Operand, { kind: "mem" }>;

interface Address<V> {
  readonly address: V;
  /** The base register's new value, where there is writeback. */
  writeBack(): void;
}

/** The address of a `[…]` operand. */
export function addressOf<V>(m: Operations<V>, insn: Insn): Address<V> {
  const memory = insn.operands.find((operand): operand is Memory => operand.kind === "mem");
  if (memory === undefined) {
    // LDREX and its kin have a bare base register, the last of the operands.
    const address = readRegister(m, insn, registersOf(insn.operands).at(-1)!);
    return { address, writeBack: () => {} };
  }
  const { offset, mode } = memory;
  // A literal is addressed from the program counter rounded down to a word.
  const base = memory.base === 15 ? m.constant(pcOf(insn) & ~3) : m.register(memory.base);
  const by =
    offset.index === undefined
      ? m.constant(offset.magnitude ?? 0)
      : shiftC(m, readRegister(m, insn, offset.index), offset.shift ?? "lsl", offset.amount ?? 0, m.flag("C")).value;
  const moved = m.binary(offset.add ? "add" : "sub", base, by);
  return {
    address: mode === "post" ? base : moved,
    writeBack: () => {
      if (mode !== "offset") m.setRegister(memory.base, moved);
    },
  };
}

/** What the table says of the access: bytes, and whether it is signed, ordered (ARMv8) or exclusive. */
function accessOf(insn: Insn): { readonly size: number; readonly signed: boolean; readonly access: Access } {
  const [, size, ...words] = (insn.encoding?.spec.memory ?? "load 4").split(" ");
  const [exclusive, ordered] = [words.includes("exclusive"), words.includes("ordered")];
  // LDRD and STRD are two accesses that must be aligned to a word; ordered and exclusive ones must be aligned to their size.
  return {
    size: Number(size),
    signed: words.includes("signed"),
    access: {
      aligned: exclusive || ordered || size === "8",
      ordered,
      exclusive,
      unprivileged: words.includes("unprivileged"),
    },
  };
}

function next<V>(m: Operations<V>, address: V, bytes: number): V {
  return bytes === 0 ? address : m.binary("add", address, m.constant(bytes));
}

const load: Semantic = (m, insn) => {
  const { size, signed, access } = accessOf(insn);
  const { address, writeBack } = addressOf(m, insn);
  const registers = registersOf(insn.operands);
  if (size === 8) {
    const [low, high] = access.exclusive
      ? m.loadPair(address, access)
      : [m.load(address, 4, access), m.load(next(m, address, 4), 4, access)];
    writeBack();
    writeLoaded(m, registers[0]!, low);
    writeLoaded(m, registers[1]!, high);
    return;
  }
  const value = m.load(address, size, access);
  writeBack();
  writeLoaded(m, registers[0]!, signed ? extract(m, value, 0, 8 * size, true) : value);
};

const store: Semantic = (m, insn) => {
  const { size, access } = accessOf(insn);
  const { address, writeBack } = addressOf(m, insn);
  const registers = registersOf(insn.operands);
  if (access.exclusive) {
    const low = readRegister(m, insn, registers[1]!);
    const status =
      size === 8
        ? m.storeExclusive(address, low, size, access, readRegister(m, insn, registers[2]!))
        : m.storeExclusive(address, low, size, access);
    m.setRegister(registers[0]!, status);
    return;
  }
  for (let at = 0; at < size; at += 4) {
    m.store(next(m, address, at), readRegister(m, insn, registers[at / 4]!), Math.min(size, 4), access);
  }
  writeBack();
};

interface Multiple<V> {
  /** Address of the lowest word, and the base register's value afterwards. */
  readonly lowest: V;
  readonly moved: V;
}

/** Where the words of a multiple access lie, by the addressing mode in the name. */
export function multipleOf<V>(m: Operations<V>, base: V, words: number, mnemonic: string): Multiple<V> {
  const mode = /(ia|ib|da|db|dbx)$/.exec(mnemonic)?.[1] ?? "ia";
  const push = mnemonic === "push" || mnemonic === "vpush";
  const down = push || mode.startsWith("d");
  const before = push || mode[1] === "b";
  const moved = m.binary(down ? "sub" : "add", base, m.constant(4 * words));
  const lowest = down ? moved : base;
  return { lowest: before === down ? lowest : next(m, lowest, 4), moved };
}

/** LDM, STM, PUSH, POP in every addressing mode: words in ascending order, each an access of its own. */
const multiple: Semantic = (m, insn) => {
  const { mnemonic } = insn;
  const list = insn.operands.find((operand) => operand.kind === "list");
  const base = insn.operands.find((operand) => operand.kind === "reg");
  const stack = mnemonic === "push" || mnemonic === "pop";
  const regs = list?.kind === "list" ? list.regs : stack && base?.kind === "reg" ? 1 << base.reg : 0;
  const baseRegister = !stack && base?.kind === "reg" ? base.reg : 13;
  const [, special] = /_(user|return)_/.exec(insn.encoding!.id) ?? [];
  const numbers = Array.from({ length: 16 }, (_, i) => i).filter((i) => ((regs >> i) & 1) === 1);
  const { lowest, moved } = multipleOf(m, m.register(baseRegister), numbers.length, mnemonic);
  const writesBack = stack || (base?.kind === "reg" && base.writeback === true);
  const aligned = { aligned: list !== undefined && !/^(PUSH|POP)_[AT]3/.test(insn.encoding!.id) };
  const user = 0b10000;
  if (special === "user") unpredictableAtUserAndSystem(m, `${mnemonic} of User mode's registers`);

  if (mnemonic === "pop" || mnemonic.startsWith("ldm")) {
    const values = numbers.map((_, i) => m.load(next(m, lowest, 4 * i), 4, aligned));
    if (writesBack && (special === "return" || !numbers.includes(baseRegister))) m.setRegister(baseRegister, moved);
    numbers.forEach((register, i) => {
      if (special === "user") m.setBanked(user, register, values[i]!);
      else if (special === "return" && register === 15) m.exceptionReturn(values[i]!);
      else writeLoaded(m, register, values[i]!);
    });
    return;
  }
  numbers.forEach((register, i) => {
    const value = special === "user" && register !== 15 ? m.banked(user, register) : readRegister(m, insn, register);
    m.store(next(m, lowest, 4 * i), value, 4, aligned);
  });
  if (writesBack) m.setRegister(baseRegister, moved);
};

/** SWP, SWPB: a load and a store that no other access comes between. */
const swap: Semantic = (m, insn) => {
  const size = insn.mnemonic === "swpb" ? 1 : 4;
  const [t, source] = [field(insn, "Rt")!, field(insn, "Rt2")!];
  const address = m.register(field(insn, "Rn")!);
  const old = m.load(address, size, { aligned: true });
  m.store(address, m.register(source), size, { aligned: true });
  m.setRegister(t, old);
};

const sizes = ["", "b", "h", "d"];
const of = (stems: readonly string[], ends: readonly string[], semantic: Semantic): Semantics =>
  Object.fromEntries(stems.flatMap((stem) => ends.map((end) => [stem + end, semantic])));

/** Loads and stores of one, two and many registers, exclusives, and ARMv8's load-acquire and store-release. */
export const loadStoreSemantics: Semantics = {
  ...of(["ldr", "ldrex", "lda", "ldaex", "ldrs"], [...sizes, "t", "bt", "ht"], load),
  ...of(["str", "strex", "stl", "stlex"], [...sizes, "t", "bt", "ht"], store),
  ...of(["ldm", "stm"], ["", "ia", "ib", "da", "db"], multiple),
  push: multiple,
  pop: multiple,
  swp: swap,
  swpb: swap,
  clrex: (m) => m.clearExclusive(),
  // Hints to caches: they order nothing and change nothing that a program can see.
  pld: () => {},
  pldw: () => {},
  pli: () => {},
};
