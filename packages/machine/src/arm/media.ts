import { field, type Insn } from "@cmodx/codec";
import { extract, not, saturatingAdd, shiftC, signedSatQ, unsignedSatQ } from "../pseudocode/arithmetic.js";
import type { Operations } from "../pseudocode/operations.js";
import { immediatesOf, registersOf } from "./operand.js";
import type { Semantic, Semantics } from "./semantics.js";

function sticky<V>(m: Operations<V>, saturated: V): void {
  m.setFlags({ Q: m.binary("or", m.flag("Q"), saturated) });
}

/** QADD, QSUB, QDADD, QDSUB: the last operand is doubled first, with saturation. */
const saturating: Semantic = (m, insn) => {
  const [d, x, y] = registersOf(insn.operands);
  let second = m.register(y!);
  let saturated = m.constant(0);
  if (insn.mnemonic.startsWith("qd")) {
    const doubled = saturatingAdd(m, second, second, false);
    second = doubled.value;
    saturated = doubled.saturated;
  }
  const sum = saturatingAdd(m, m.register(x!), second, insn.mnemonic.endsWith("sub"));
  sticky(m, m.binary("or", saturated, sum.saturated));
  m.setRegister(d!, sum.value);
};

/** SSAT, USAT, SSAT16, USAT16. */
const saturate: Semantic = (m, insn) => {
  const [d, n] = registersOf(insn.operands);
  const bits = immediatesOf(insn)[0]!;
  const saturation = insn.mnemonic.startsWith("s") ? signedSatQ : unsignedSatQ;
  if (insn.mnemonic.endsWith("16")) {
    const halves = [0, 16].map((at) => saturation(m, extract(m, m.register(n!), at, 16, true), bits));
    sticky(m, m.binary("or", halves[0]!.saturated, halves[1]!.saturated));
    m.setRegister(d!, joinHalves(m, halves[0]!.value, halves[1]!.value));
    return;
  }
  const shift = insn.operands.find((operand) => operand.kind === "shift");
  const operand =
    shift?.kind === "shift"
      ? shiftC(m, m.register(n!), shift.shift, shift.amount, m.constant(0)).value
      : m.register(n!);
  const { value, saturated } = saturation(m, operand, bits);
  sticky(m, saturated);
  m.setRegister(d!, value);
};

function joinHalves<V>(m: Operations<V>, low: V, high: V): V {
  return m.binary("or", m.binary("and", low, m.constant(0xffff)), m.binary("shl", high, m.constant(16)));
}

/** What each of the two or four parts does: add or subtract, on parts of which operands. */
interface Part {
  readonly at: number;
  readonly other: number;
  readonly subtract: boolean;
}

function partsOf(name: string): { readonly width: number; readonly parts: readonly Part[] } {
  switch (name) {
    case "add16":
    case "sub16":
      return { width: 16, parts: [0, 16].map((at) => ({ at, other: at, subtract: name === "sub16" })) };
    case "add8":
    case "sub8":
      return { width: 8, parts: [0, 8, 16, 24].map((at) => ({ at, other: at, subtract: name === "sub8" })) };
    case "asx":
      return {
        width: 16,
        parts: [
          { at: 0, other: 16, subtract: true },
          { at: 16, other: 0, subtract: false },
        ],
      };
    default:
      return {
        width: 16,
        parts: [
          { at: 0, other: 16, subtract: false },
          { at: 16, other: 0, subtract: true },
        ],
      };
  }
}

/** SADD8 to UHSUB16: the prefix says what becomes of each exact result: wrapped with GE, saturated, or halved. */
const parallel: Semantic = (m, insn) => {
  const [, prefix, name] = /^(sh|uh|uq|s|u|q)(add16|sub16|add8|sub8|asx|sax)$/.exec(insn.mnemonic)!;
  const signed = !prefix!.startsWith("u");
  const { width, parts } = partsOf(name!);
  const [d, n, other] = registersOf(insn.operands);
  const [x, y] = [m.register(n!), m.register(other!)];
  let result = m.constant(0);
  let ge = m.constant(0);
  for (const part of parts) {
    const exact = m.binary(
      part.subtract ? "sub" : "add",
      extract(m, x, part.at, width, signed),
      extract(m, y, part.other, width, signed),
    );
    let value = exact;
    if (prefix === "q") value = signedSatQ(m, exact, width).value;
    else if (prefix === "uq") value = unsignedSatQ(m, exact, width).value;
    else if (prefix!.endsWith("h")) value = m.binary("sar", exact, m.constant(1));
    else {
      // Signed: not negative. Unsigned: a carry out of the part, or no borrow.
      const holds =
        signed || part.subtract ? m.binary("le", m.constant(0), exact) : m.binary("le", m.constant(2 ** width), exact);
      const bits = width === 8 ? 1 << (part.at / 8) : 3 << (part.at / 8);
      ge = m.binary("or", ge, m.select(holds, m.constant(bits), m.constant(0)));
    }
    const masked = m.binary("and", value, m.constant(2 ** width - 1));
    result = m.binary("or", result, m.binary("shl", masked, m.constant(part.at)));
  }
  if (prefix === "s" || prefix === "u") m.setGe(ge);
  m.setRegister(d!, result);
};

/** SEL: each byte of the first operand where its GE bit is set, else of the second. */
const select: Semantic = (m, insn) => {
  const [d, n, other] = registersOf(insn.operands);
  const ge = m.ge();
  let mask = m.constant(0);
  for (let i = 0; i < 4; i++) {
    const bit = m.binary("and", ge, m.constant(1 << i));
    mask = m.binary("or", mask, m.select(bit, m.constant(0xff << (8 * i)), m.constant(0)));
  }
  const first = m.binary("and", m.register(n!), mask);
  m.setRegister(d!, m.binary("or", first, m.binary("and", m.register(other!), not(m, mask))));
};

const pack: Semantic = (m, insn) => {
  const [d, n, other] = registersOf(insn.operands);
  const shift = insn.operands.find((operand) => operand.kind === "shift");
  const shifted =
    shift?.kind === "shift"
      ? shiftC(m, m.register(other!), shift.shift, shift.amount, m.constant(0)).value
      : m.register(other!);
  const [low, high] = insn.mnemonic === "pkhbt" ? [m.register(n!), shifted] : [shifted, m.register(n!)];
  const top = m.binary("and", high, m.constant(0xffff0000));
  m.setRegister(d!, m.binary("or", m.binary("and", low, m.constant(0xffff)), top));
};

/** Swaps neighbouring groups of `by` bits. */
function swapGroups<V>(m: Operations<V>, x: V, by: number, mask: number): V {
  const right = m.binary("and", m.binary("shr", x, m.constant(by)), m.constant(mask));
  const left = m.binary("shl", m.binary("and", x, m.constant(mask)), m.constant(by));
  return m.binary("or", left, right);
}

function reverse<V>(m: Operations<V>, x: V, mnemonic: string): V {
  if (mnemonic === "rbit") {
    let value = swapGroups(m, x, 1, 0x55555555);
    value = swapGroups(m, value, 2, 0x33333333);
    return reverse(m, swapGroups(m, value, 4, 0x0f0f0f0f), "rev");
  }
  const bytes = swapGroups(m, x, 8, 0x00ff00ff);
  if (mnemonic === "rev16") return bytes;
  if (mnemonic === "revsh") return extract(m, bytes, 0, 16, true);
  return m.binary("rotr", bytes, m.constant(16));
}

const reversal: Semantic = (m, insn) => {
  const [d, source] = registersOf(insn.operands);
  m.setRegister(d!, reverse(m, m.register(source!), insn.mnemonic));
};

/** SBFX, UBFX. */
const extractField: Semantic = (m, insn) => {
  const [d, n] = registersOf(insn.operands);
  const [lsb, width] = immediatesOf(insn);
  m.setRegister(d!, extract(m, m.register(n!), lsb!, width!, insn.mnemonic === "sbfx"));
};

/** BFI, BFC. */
const insertField: Semantic = (m, insn) => {
  const [d, n] = registersOf(insn.operands);
  const lsb = lowBit(insn);
  const width = immediatesOf(insn).at(-1)!;
  const mask = (width === 32 ? -1 : 2 ** width - 1) << lsb;
  const kept = m.binary("and", m.register(d!), m.constant(~mask));
  const value = n === undefined ? m.constant(0) : m.binary("shl", m.register(n), m.constant(lsb));
  m.setRegister(d!, m.binary("or", kept, m.binary("and", value, m.constant(mask))));
};

/** The lowest bit of a bit field, whose operand tells only the width. */
function lowBit(insn: Insn): number {
  return field(insn, "lsb") ?? (field(insn, "imm3")! << 2) | field(insn, "imm2")!;
}

/** USAD8, USADA8: the sum of the absolute differences of the bytes. */
const absoluteDifferences: Semantic = (m, insn) => {
  const [x, y] = [m.register(field(insn, "Rn")!), m.register(field(insn, "Rm")!)];
  let sum = insn.mnemonic === "usada8" ? m.register(field(insn, "Ra")!) : m.constant(0);
  for (let at = 0; at < 32; at += 8) {
    const difference = m.binary("sub", extract(m, x, at, 8, false), extract(m, y, at, 8, false));
    const sign = m.binary("sar", difference, m.constant(31));
    sum = m.binary("add", sum, m.binary("sub", m.binary("xor", difference, sign), sign));
  }
  m.setRegister(field(insn, "Rd")!, sum);
};

/** CRC32 and CRC32C of a byte, halfword or word: bits of the polynomial, lowest first. */
const crc: Semantic = (m, insn) => {
  const [d, n, other] = registersOf(insn.operands);
  const castagnoli = insn.mnemonic.startsWith("crc32c");
  const polynomial = m.constant(castagnoli ? 0x82f63b78 : 0xedb88320);
  const bits = { b: 8, h: 16, w: 32 }[insn.mnemonic.at(-1)!]!;
  let value = m.binary("xor", m.register(n!), extract(m, m.register(other!), 0, bits, false));
  for (let i = 0; i < bits; i++) {
    const out = m.binary("and", value, m.constant(1));
    const mask = m.binary("sub", m.constant(0), out);
    value = m.binary("xor", m.binary("shr", value, m.constant(1)), m.binary("and", polynomial, mask));
  }
  m.setRegister(d!, value);
};

const named = (names: readonly string[], semantic: Semantic): Semantics =>
  Object.fromEntries(names.map((name) => [name, semantic]));

/** Saturation, parallel arithmetic, packing, reversal, bit fields and checksums. */
export const mediaSemantics: Semantics = {
  ...named(["qadd", "qsub", "qdadd", "qdsub"], saturating),
  ...named(["ssat", "usat", "ssat16", "usat16"], saturate),
  ...named(
    ["s", "u", "q", "uq", "sh", "uh"].flatMap((prefix) =>
      ["add16", "asx", "sax", "sub16", "add8", "sub8"].map((name) => prefix + name),
    ),
    parallel,
  ),
  ...named(["pkhbt", "pkhtb"], pack),
  ...named(["rev", "rev16", "revsh", "rbit"], reversal),
  ...named(["sbfx", "ubfx"], extractField),
  ...named(["bfi", "bfc"], insertField),
  ...named(["usad8", "usada8"], absoluteDifferences),
  ...named(["crc32b", "crc32h", "crc32w", "crc32cb", "crc32ch", "crc32cw"], crc),
  sel: select,
  clz: (m, insn) => {
    const [d, source] = registersOf(insn.operands);
    m.setRegister(d!, m.unary("clz", m.register(source!)));
  },
};
