/**
 * The names of floating-point instructions before UAL, as GNU's assembler takes them: `faddd` is `vadd.f64`. The new spelling
 * of a name and of its operands; a condition stood and stands behind the name.
 */
interface Renamed {
  readonly stem: string;
  readonly type: string;
  /** The operands as they are written now; unchanged when absent. */
  readonly operands?: (text: string) => string;
}

const letters = { s: "f32", d: "f64" } as const;

const twoOrThree: Readonly<Record<string, string>> = {
  fcpy: "vmov",
  fabs: "vabs",
  fneg: "vneg",
  fsqrt: "vsqrt",
  fadd: "vadd",
  fsub: "vsub",
  fmul: "vmul",
  fnmul: "vnmul",
  fdiv: "vdiv",
  fmac: "vmla",
  fnmac: "vmls",
  fmsc: "vnmls",
  fnmsc: "vnmla",
  fcmp: "vcmp",
  fcmpe: "vcmpe",
  fld: "vldr",
  fst: "vstr",
  fconst: "vmov",
};

const moves = new Set(["fmrs", "fmsr", "fmrrd", "fmdrr", "fmrrs", "fmsrr"]);

/** Names of block transfers by what they leave the stack as: empty or full, ascending or descending. */
const blocks: Readonly<Record<string, string>> = { ia: "ia", db: "db" };
const stackLoads: Readonly<Record<string, string>> = { fd: "ia", ea: "db" };
const stackStores: Readonly<Record<string, string>> = { ea: "ia", fd: "db" };

/** `s0, #4` as `s0, s0, #4`. */
const twice = (operands: string): string => operands.replace(/^(\s*\w+\s*),/, "$1, $1,");
/** Two S registers in a list as two operands. */
const unlist = (operands: string): string =>
  operands.replace(/\{\s*s(\d+)\s*(?:-|,)\s*s(\d+)\s*\}/i, (_, a, b) => `s${a}, s${b}`);
const halfOf =
  (half: number) =>
  (operands: string): string =>
    operands.replace(/\bd(\d+)/i, `d$1[${half}]`);

/** The name now of a name without its condition. */
function renamed(name: string): Renamed | undefined {
  if (moves.has(name)) return { stem: "vmov", type: "", operands: unlist };
  if (name === "fmstat") return { stem: "vmrs", type: "", operands: () => " apsr_nzcv, fpscr" };
  if (name === "fmrx") return { stem: "vmrs", type: "" };
  if (name === "fmxr") return { stem: "vmsr", type: "" };
  if (/^fm(dl|dh)r$|^fmrd[lh]$/.test(name))
    return { stem: "vmov", type: ".32", operands: halfOf(name.includes("h") ? 1 : 0) };
  const compareZero = /^(fcmpe?)z([sd])$/.exec(name);
  if (compareZero !== null)
    return {
      stem: compareZero[1] === "fcmp" ? "vcmp" : "vcmpe",
      type: `.${letters[compareZero[2] as "s" | "d"]}`,
      operands: (text) => `${text}, #0`,
    };
  if (name === "fcvtds") return { stem: "vcvt", type: ".f64.f32" };
  if (name === "fcvtsd") return { stem: "vcvt", type: ".f32.f64" };
  const fromInt = /^f([su])ito([sd])$/.exec(name);
  if (fromInt !== null) return { stem: "vcvt", type: `.${letters[fromInt[2] as "s" | "d"]}.${fromInt[1]}32` };
  const toInt = /^fto([su])i(z?)([sd])$/.exec(name);
  if (toInt !== null)
    return { stem: toInt[2] === "" ? "vcvtr" : "vcvt", type: `.${toInt[1]}32.${letters[toInt[3] as "s" | "d"]}` };
  const fromFixed = /^f([su])([hl])to([sd])$/.exec(name);
  if (fromFixed !== null)
    return {
      stem: "vcvt",
      type: `.${letters[fromFixed[3] as "s" | "d"]}.${fromFixed[1]}${fromFixed[2] === "h" ? 16 : 32}`,
      operands: twice,
    };
  const toFixed = /^fto([su])([hl])([sd])$/.exec(name);
  if (toFixed !== null)
    return {
      stem: "vcvt",
      type: `.${toFixed[1]}${toFixed[2] === "h" ? 16 : 32}.${letters[toFixed[3] as "s" | "d"]}`,
      operands: twice,
    };
  const block = /^f(ld|st)m(ia|db|fd|ea)([sdx])$/.exec(name);
  if (block !== null) {
    const [, way, mode = "", size] = block;
    const how = blocks[mode] ?? (way === "ld" ? stackLoads : stackStores)[mode]!;
    return size === "x" ? { stem: `f${way}m${how}x`, type: "" } : { stem: `v${way}m${how}`, type: "" };
  }
  const plain = /^(f[a-z]+)([sd])$/.exec(name);
  const stem = plain === null ? undefined : twoOrThree[plain[1]!];
  return stem === undefined ? undefined : { stem, type: `.${letters[plain![2] as "s" | "d"]}` };
}

const condition = /(?:eq|ne|[ch]s|cc|lo|mi|pl|v[sc]|hi|ls|ge|[lg]t|le|al)$/;

/** The line in today's names: `faddseq s0, s1, s2` is `vaddeq.f32 s0, s1, s2`. */
export function modernName(name: string, operands: string): string | undefined {
  if (!name.startsWith("f")) return undefined;
  for (const suffix of ["", condition.exec(name)?.[0]]) {
    if (suffix === undefined) continue;
    const found = renamed(name.slice(0, name.length - suffix.length));
    if (found !== undefined) return `${found.stem}${suffix}${found.type}${found.operands?.(operands) ?? operands}`;
  }
  return undefined;
}
