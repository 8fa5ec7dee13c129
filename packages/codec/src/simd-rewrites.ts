import { registerNumber } from "./registers.js";
import { Scanner } from "./scanner.js";

/** Bits of an element, and how a constant is brought to all of a 64-bit register. */
function replicate(value: bigint, size: number): bigint {
  let all = 0n;
  const one = BigInt.asUintN(size, value);
  for (let at = 0; at < 64; at += size) all |= one << BigInt(at);
  return all;
}

const sizes = [8, 16, 32, 64] as const;

/** The constant of elements of this size that fills a register so; undefined when its elements differ. */
function elementOf(all: bigint, size: number): bigint | undefined {
  const one = BigInt.asUintN(size, all);
  return replicate(one, size) === all ? one : undefined;
}

const inverses: Readonly<Record<string, string>> = { vmov: "vmvn", vmvn: "vmov", vand: "vbic", vorn: "vorr" };

/** Ways to write a constant for all elements: elements of another size, or the inverse operation with the inverse constant. */
function constants(stem: string, suffix: string, bits: number, operands: string): string[] {
  const match = /^(.*,)\s*[#$]?\s*([^,]+)$/.exec(operands);
  const scan = new Scanner(match?.[2] ?? "");
  const value = scan.bigNumber();
  if (match === null || value === undefined || !scan.atEnd() || !sizes.some((size) => size === bits)) return [];
  // Of small elements, only masks may be negative.
  const least = bits < 32 && stem !== "vand" && stem !== "vorn" ? 0n : -(1n << BigInt(bits - 1));
  if (value < least || value >> 64n > 0n) return [];
  const given = replicate(value, bits);
  // Two elements of 32 bits may be written as one constant.
  if (bits < 64 && value >> BigInt(bits) > 0n && (bits < 32 || given !== value)) return [];
  const made: string[] = [];
  const write = (name: string, all: bigint, to: readonly number[]): void => {
    for (const size of to) {
      const one = elementOf(all, size);
      if (one !== undefined) made.push(`${name}${suffix}.i${size}${match[1]} #0x${one.toString(16)}`);
    }
  };
  const complement = BigInt.asUintN(64, ~given);
  const inverse = inverses[stem];
  const near = [bits, 8, 16, 32];
  if (stem !== "vand" && stem !== "vorn") write(stem, given, near);
  if (inverse !== undefined) write(inverse, complement, near);
  // Bytes of all ones and none, where nothing else will do.
  write(stem === "vmvn" ? "vmov" : stem, stem === "vmvn" ? complement : given, [64]);
  return made;
}

/** Operations that do the same whatever the elements are. */
const bitwise = /^v(and|orr|eor|bic|orn|bsl|bit|bif|swp|mvn|mov|push|pop|ldm|stm|ldr|str)/;

/** Whether a type may be left out: core and single registers hold 32 bits, loads and stores move a register of the size that they name. */
function sizeFits(stem: string, bits: string, operands: string): boolean {
  if (bits === "" || !/^v(mov|ldr|str)/.test(stem)) return true;
  if (/\bs\d/i.test(operands)) return bits === "32";
  const isCore = (name: string): boolean => registerNumber(name.toLowerCase()) !== undefined;
  if (!stem.startsWith("vmov")) return bits === "64";
  return bits === "64" ? !operands.includes("[") : !operands.match(/\w+/g)?.some(isCore);
}

/** Data types that say more than the encoding does, comparisons the other way round, constants, and `q` behind a name. */
export function simdRewrites(indent: string, name: string, written: string): string[] {
  const made: string[] = [];
  let operands = written;
  // One register of a structure may stand without its braces.
  const bare = /^v(ld|st)[1-4]/.test(name) ? /^(\s*)([dq]\d+(?:\[\d*\])?)(\s*,.*)$/i.exec(written) : null;
  if (bare !== null) {
    operands = `${bare[1]}{${bare[2]}}${bare[3]}`;
    made.push(`${indent}${name}${operands}`);
  }
  // `.f` is 32 bits of float, `.d` 64.
  const plain = name.replace(/\.f(?=\.|$)/g, ".f32").replace(/\.d(?=\.|$)/g, ".f64");
  if (plain !== name) made.push(`${indent}${plain}${operands}`);
  const typed = /^(v[a-z]+\d*)\.([a-z]*)(\d*)$/.exec(plain);
  if (typed !== null) {
    const [, stem = "", kind = "", bits = ""] = typed;
    if (bitwise.test(stem) && sizeFits(stem, bits, operands)) made.push(`${indent}${stem}${operands}`);
    if (kind === "s" || kind === "u") made.push(`${indent}${stem}.i${bits}${operands}`);
    if (kind !== "") made.push(`${indent}${stem}.${bits}${operands}`);
    const immediate = /^(vmov|vmvn|vand|vorn|vorr|vbic)([a-z]*)$/.exec(stem);
    if (immediate !== null && /^[isu]$/.test(kind))
      made.push(...constants(immediate[1]!, immediate[2]!, Number(bits), operands).map((text) => `${indent}${text}`));
    if (immediate?.[1] === "vmov" && kind !== "" && kind + bits !== "f64" && /,\s*#?0(\.0*)?\s*$/.test(operands))
      made.push(`${indent}vmov${immediate[2]}.i${bits}${operands.replace(/,[^,]*$/, ", #0")}`);
  }
  const three = /^(\s*\w+\s*),\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  const turned = /^v(ac|c)(lt|le)(.*)$/.exec(plain);
  if (turned !== null && three !== null)
    made.push(
      `${indent}v${turned[1]}${turned[2] === "lt" ? "gt" : "ge"}${turned[3]}${three[1]}, ${three[3]}, ${three[2]}`,
    );
  const two = /^\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  if (turned !== null && two !== null)
    made.push(`${indent}v${turned[1]}${turned[2] === "lt" ? "gt" : "ge"}${turned[3]} ${two[1]}, ${two[2]}, ${two[1]}`);
  // Of two D registers of 32-bit elements all three do the same.
  if (/^v(zip|uzp)[a-z]*\.[a-z]?32$/.test(plain) && !/\bq\d/i.test(operands)) made.push(`${indent}vtrn.32${operands}`);
  if (plain.startsWith("vcvt") && /,\s*#0\s*$/.test(operands))
    made.push(`${indent}${plain}${operands.replace(/,\s*#0\s*$/, "")}`);
  if (/^vcmpe?\S*$/.test(plain) && /,\s*#?-?(0x0+|0*(\.0*)?(e[-+]?\d+)?)\s*$/i.test(operands))
    made.push(`${indent}${plain}${operands.replace(/,[^,]*$/, ", #0")}`);
  return made;
}
