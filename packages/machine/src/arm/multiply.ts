import { field, type Insn } from "@cmodx/codec";
import {
  addWide,
  extract,
  multiplyWide,
  signAndZero,
  signExtendWide,
  subtractWide,
  type Wide,
} from "../pseudocode/arithmetic.js";
import type { Operations } from "../pseudocode/operations.js";
import { registersOf, setsFlags } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

/** The operands Rn, Rm by field; Rdm of the 16-bit MUL is both destination and second operand. */
function factors<V>(m: Operations<V>, insn: Insn): readonly [V, V] {
  return [m.register(field(insn, "Rn")!), m.register(field(insn, "Rm") ?? field(insn, "Rdm")!)];
}

function destination(insn: Insn): number {
  return field(insn, "Rd") ?? field(insn, "Rdm")!;
}

/** The sign-extended half of a register: `b` the bottom, `t` the top. */
function halfOf<V>(m: Operations<V>, x: V, which: string): V {
  return extract(m, x, which === "t" ? 16 : 0, 16, true);
}

/** Sets Q where an accumulation overflowed; it is never cleared here. */
function stickyOverflow<V>(m: Operations<V>, overflowed: V): void {
  m.setFlags({ Q: m.binary("or", m.flag("Q"), overflowed) });
}

const multiply: Semantic = (m, insn) => {
  const [n, other] = factors(m, insn);
  const product = m.binary("mul", n, other);
  const a = field(insn, "Ra");
  const result =
    insn.mnemonic === "mul" ? product : m.binary(insn.mnemonic === "mls" ? "sub" : "add", m.register(a!), product);
  if (setsFlags(insn)) m.setFlags(signAndZero(m, result));
  m.setRegister(destination(insn), result);
};

function wideRegisters<V>(m: Operations<V>, insn: Insn): Wide<V> {
  return { low: m.register(field(insn, "RdLo")!), high: m.register(field(insn, "RdHi")!) };
}

function setWide<V>(m: Operations<V>, insn: Insn, { low, high }: Wide<V>): void {
  if (setsFlags(insn)) {
    m.setFlags({
      N: m.binary("shr", high, m.constant(31)),
      Z: m.unary("eqz", m.binary("or", low, high)),
    });
  }
  m.setRegister(field(insn, "RdHi")!, high);
  m.setRegister(field(insn, "RdLo")!, low);
}

const multiplyLong: Semantic = (m, insn) => {
  const [n, other] = factors(m, insn);
  const product = multiplyWide(m, n, other, insn.mnemonic.startsWith("s"));
  if (insn.mnemonic.endsWith("mull")) return setWide(m, insn, product);
  const old = wideRegisters(m, insn);
  if (insn.mnemonic !== "umaal") return setWide(m, insn, addWide(m, product, old));
  const zero = m.constant(0);
  const sum = addWide(m, product, { low: old.low, high: zero });
  setWide(m, insn, addWide(m, sum, { low: old.high, high: zero }));
};

/** SMLA<x><y>, SMUL<x><y>, SMLAL<x><y>. */
const multiplyHalves: Semantic = (m, insn) => {
  const [n, other] = factors(m, insn);
  const [x, y] = insn.mnemonic.slice(-2);
  const product = m.binary("mul", halfOf(m, n, x!), halfOf(m, other, y!));
  if (insn.mnemonic.startsWith("smul")) return m.setRegister(destination(insn), product);
  if (insn.mnemonic.startsWith("smlal"))
    return setWide(m, insn, addWide(m, wideRegisters(m, insn), signExtendWide(m, product)));
  accumulate(m, insn, product);
};

/** R[d] := product + R[a], setting Q when the sum overflows. */
function accumulate<V>(m: Operations<V>, insn: Insn, product: V): void {
  const a = m.register(field(insn, "Ra")!);
  stickyOverflow(m, m.overflow(product, a, m.constant(0)));
  m.setRegister(destination(insn), m.binary("add", product, a));
}

/** SMULW<y>, SMLAW<y>: the high 32 of 48 bits. */
const multiplyWordHalf: Semantic = (m, insn) => {
  const [n, other] = factors(m, insn);
  const wide = multiplyWide(m, n, halfOf(m, other, insn.mnemonic.at(-1)!), true);
  const product = m.binary("or", m.binary("shl", wide.high, m.constant(16)), m.binary("shr", wide.low, m.constant(16)));
  if (insn.mnemonic.startsWith("smulw")) m.setRegister(destination(insn), product);
  else accumulate(m, insn, product);
};

/** SMUAD, SMUSD, SMLAD, SMLSD and their long forms: two products of halves, added or subtracted; X swaps the second operand's. */
const multiplyDual: Semantic = (m, insn) => {
  const { mnemonic } = insn;
  const [n, other] = factors(m, insn);
  const swapped = mnemonic.endsWith("x") ? m.binary("rotr", other, m.constant(16)) : other;
  const low = m.binary("mul", halfOf(m, n, "b"), halfOf(m, swapped, "b"));
  const high = m.binary("mul", halfOf(m, n, "t"), halfOf(m, swapped, "t"));
  const subtract = mnemonic.startsWith("smus") || mnemonic.startsWith("smls");
  if (mnemonic.startsWith("smlald") || mnemonic.startsWith("smlsld")) {
    const [x, y] = [signExtendWide(m, low), signExtendWide(m, high)];
    const both = subtract ? subtractWide(m, x, y) : addWide(m, x, y);
    return setWide(m, insn, addWide(m, wideRegisters(m, insn), both));
  }
  // The exact sum of both products, and of the accumulator, is what Q is about: it may take 34 bits.
  const [x, y] = [signExtendWide(m, low), signExtendWide(m, high)];
  let exact = subtract ? subtractWide(m, x, y) : addWide(m, x, y);
  if (mnemonic.startsWith("smla") || mnemonic.startsWith("smls"))
    exact = addWide(m, exact, signExtendWide(m, m.register(field(insn, "Ra")!)));
  const fits = m.binary("eq", exact.high, m.binary("sar", exact.low, m.constant(31)));
  if (!mnemonic.startsWith("smus")) stickyOverflow(m, m.unary("eqz", fits));
  m.setRegister(destination(insn), exact.low);
};

/** SMMUL, SMMLA, SMMLS: the high word, rounded where the name ends in R. */
const multiplyMostSignificant: Semantic = (m, insn) => {
  const [n, other] = factors(m, insn);
  const product = multiplyWide(m, n, other, true);
  const zero = m.constant(0);
  let wide = product;
  if (insn.mnemonic.startsWith("smmla"))
    wide = addWide(m, { low: zero, high: m.register(field(insn, "Ra")!) }, product);
  if (insn.mnemonic.startsWith("smmls"))
    wide = subtractWide(m, { low: zero, high: m.register(field(insn, "Ra")!) }, product);
  if (insn.mnemonic.endsWith("r")) wide = addWide(m, wide, { low: m.constant(0x80000000), high: zero });
  m.setRegister(destination(insn), wide.high);
};

const halves = ["bb", "bt", "tb", "tt"];
const named = (names: readonly string[], semantic: Semantic): Semantics =>
  Object.fromEntries(names.map((name) => [name, semantic]));

/** Multiply, in all its forms, and divide. */
export const multiplySemantics: Semantics = {
  ...named(["mul", "mla", "mls"], multiply),
  ...named(["umull", "umlal", "umaal", "smull", "smlal"], multiplyLong),
  ...named(
    halves.flatMap((xy) => [`smla${xy}`, `smul${xy}`, `smlal${xy}`]),
    multiplyHalves,
  ),
  ...named(["smulwb", "smulwt", "smlawb", "smlawt"], multiplyWordHalf),
  ...named(
    ["smuad", "smusd", "smlad", "smlsd", "smlald", "smlsld"].flatMap((name) => [name, `${name}x`]),
    multiplyDual,
  ),
  ...named(
    ["smmul", "smmla", "smmls"].flatMap((name) => [name, `${name}r`]),
    multiplyMostSignificant,
  ),
  sdiv: (m, insn) => {
    const [d, n, by] = registersOf(insn.operands);
    m.setRegister(d!, m.binary("div", m.register(n!), m.register(by!)));
  },
  udiv: (m, insn) => {
    const [d, n, by] = registersOf(insn.operands);
    m.setRegister(d!, m.binary("divu", m.register(n!), m.register(by!)));
  },
};
