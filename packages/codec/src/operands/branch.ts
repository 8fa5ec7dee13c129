import type { Encoding, Isa } from "../encoding.js";
import { Bits } from "../pattern.js";
import type { OperandCodec, Site } from "./codec.js";
import { type Displacement, displacement, displacementOf } from "./displacement.js";

/** How a branch offset is kept in a word. All offsets are from the adjusted PC (`base`). */
interface BranchOffset {
  readonly scale: number;
  /** Inclusive bounds of target - base. */
  readonly min: number;
  readonly max: number;
  read(word: number): number;
  /** The bits for an offset that is within bounds and aligned. */
  write(offset: number): number;
  readonly mask: number;
  /** The same as `read`, in numbers. */
  readonly displacement: Displacement;
}

/** The PC a branch's offset counts from: 8 ahead in A32, 4 in T32; BLX changes to a word-aligned PC. */
export function adjustedPc(isa: Isa, address: number, align = false): number {
  const pc = (address + (isa === "a32" ? 8 : 4)) >>> 0;
  return align ? (pc & ~3) >>> 0 : pc;
}

/**
 * The offset codec of a branch. `S:J1:J2` encodings invert: I1 = NOT(J1 EOR S), I2 = NOT(J2 EOR S); those of the
 * conditional branch (`S:J2:J1`) do not.
 */
function branchOffset(spec: string, align: boolean, encoding: Encoding): BranchOffset {
  const [fields, times] = spec.split("*");
  const bits = new Bits(encoding.pattern, fields!);
  const scale = Number(times ?? 1);
  const signed = !fields!.startsWith("i:");
  const invert = fields!.startsWith("S:J1:J2:");
  const size = bits.width;
  const flip = (raw: number): number => (invert && ((raw >>> (size - 1)) & 1) === 0 ? raw ^ (3 << (size - 3)) : raw);
  const span = 2 ** size * scale;
  const inNumbers = displacementOf(encoding.pattern, fields!, scale, signed, align);
  return {
    scale,
    mask: bits.mask,
    displacement: inNumbers,
    min: signed ? -span / 2 : 0,
    max: signed ? span / 2 - scale : span - scale,
    read: (word) => displacement(word, inNumbers),
    write: (offset) => bits.write(flip((offset / scale) & (2 ** size - 1))),
  };
}

/** A branch label: its offset codec, and whether offsets count from the word-aligned PC. */
interface BranchLabel {
  readonly offset: BranchOffset;
  readonly align: boolean;
}

const labels = new WeakMap<Encoding, BranchLabel | "none">();

/** The label of an encoding that has one, for those who move branches. */
export function branchOffsetOf(encoding: Encoding): BranchLabel | undefined {
  let known = labels.get(encoding);
  if (known === undefined) {
    const [, kind, fields] = /<(label|target)\(([^)]*)\)>/.exec(encoding.syntax) ?? [];
    const align = kind === "target";
    known = fields === undefined ? "none" : { offset: branchOffset(fields, align, encoding), align };
    labels.set(encoding, known);
  }
  return known === "none" ? undefined : known;
}

/** `<label(imm24*4)>`, `<target(…)>` the same with a word-aligned base: a branch target. */
export function label(spec: string, align: boolean, encoding: Encoding): OperandCodec {
  const offset = branchOffset(spec, align, encoding);
  const target = (insn: Site): number => (adjustedPc(insn.isa, insn.address, align) + offset.read(insn.word)) >>> 0;
  return {
    mask: offset.mask,
    target,
    displacement: offset.displacement,
    read: (insn) => ({ kind: "target", address: target(insn), offset: offset.read(insn.word) }),
    print: (insn, profile) => (profile === "llvm" ? `#${offset.read(insn.word)}` : `0x${target(insn).toString(16)}`),
    parse(scan, draft) {
      const hash = scan.eat("#");
      scan.space();
      const start = scan.pos;
      // `#8` counts from the PC; `#.+8` is an address, as without the `#`.
      const relative = hash && !/[A-Za-z_.$]/.test(scan.text[start] ?? "");
      const written = scan.number("symbols");
      if (written === undefined) return scan.fail("expected a branch target", "an address, a label, or #offset", start);
      const base = adjustedPc(draft.encoding.isa, draft.address, align);
      // The address space is a ring: the shorter way round counts.
      const distance = relative ? written.value : (written.value - base) | 0;
      if (distance % scale(offset) !== 0)
        return scan.fail(`the target is not a multiple of ${offset.scale} from the PC`, undefined, start);
      // What is another row's anyway has no say: its reach is not this branch's.
      const { only } = draft.encoding;
      const outside = distance < offset.min || distance > offset.max;
      if (outside && only !== undefined && !only(draft.word, draft.it)) return false;
      if (outside)
        return scan.fail(
          `the target is out of range (offset ${distance})`,
          `0x${((base + offset.min) >>> 0).toString(16)} to 0x${((base + offset.max) >>> 0).toString(16)}`,
          start,
        );
      draft.word = (draft.word & ~offset.mask) | offset.write(distance);
      draft.known |= offset.mask;
      return true;
    },
  };
}

function scale(offset: BranchOffset): number {
  return offset.scale;
}
