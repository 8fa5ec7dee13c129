import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import { label } from "./branch.js";
import type { OperandCodec } from "./codec.js";
import { armConstant, thumbConstant } from "./immediate.js";
import { registerList, singleList } from "./list.js";
import { memory } from "./memory.js";
import { number, register, registerOr } from "./scalar.js";
import { immShift, oneShift, rotation, saturateShift, shiftName } from "./shift.js";
import {
  choice,
  registerLane,
  registerRange,
  scalar,
  structureAddress,
  structureList,
  vector,
  vectorTwice,
} from "./simd.js";
import { floatConstant, fractionBits, shiftSize, simdConstant, vectorShift } from "./simd-immediate.js";
import { bitField, fixedBase, listBase, nextRegister, pcRelative, twice, writebackMark } from "./special.js";
import {
  bankedRegister,
  barrier,
  coprocessor,
  coprocessorRegister,
  endian,
  iflags,
  itBlockOperand,
  statusFields,
  writebackBase,
} from "./system.js";

/** The codec of `<kind(fields…)>`; undefined for an unknown kind. Not a table of functions: making those is part of every import. */
function codecOfKind(kind: string, args: readonly string[], e: Encoding): OperandCodec | undefined {
  const [first, second, third] = args;
  switch (kind) {
    case "const":
      return armConstant(first!, second ?? "", e);
    case "tconst":
      return thumbConstant(first!, e);
    case "shift":
      return immShift(first!, second!, e);
    case "lsl":
      return oneShift("lsl", first!, e);
    case "asr":
      return oneShift("asr", first!, e);
    case "shiftname":
      return shiftName(first!, e);
    case "rotation":
      return rotation(first!, e);
    case "sh":
      return saturateShift(first!, second!, e);
    case "next":
      return nextRegister(first!, e);
    case "wb":
      return writebackMark(first!, e);
    case "twice":
      return twice(first!, second!, e);
    case "bitfield":
      return bitField(first!, second!, e);
    case "fixedbase":
      return fixedBase(Number(first), second!, e);
    case "baselist":
      return listBase(first!, second!, e);
    case "pcrel":
      return pcRelative(first!, second === "sub", e);
    case "label":
      return label(first!, false, e);
    case "target":
      return label(first!, true, e);
    case "registers":
      return registerList(args, e);
    case "single":
      return singleList(first!, e);
    case "mem":
      return memory(args, e);
    case "base":
      return writebackBase(first!, second ?? "", e);
    case "barrier":
      return barrier(first!, false, e);
    case "isb":
      return barrier(first!, true, e);
    case "iflags":
      return iflags(first!, e);
    case "endian":
      return endian(first!, e);
    case "psr":
      return statusFields(first!, false, e);
    case "apsr":
      return statusFields(first!, true, e);
    case "banked":
      return bankedRegister(first!, e);
    case "it":
      return itBlockOperand(e);
    case "s":
      return vector("s", first!, Number(second ?? 0), e);
    case "d":
      return vector("d", first!, Number(second ?? 0), e);
    case "q":
      return vector("q", first!, 0, e);
    case "v":
      return vector("v", first!, 0, e);
    case "lane":
      return scalar(first!, Number(second), e);
    case "dlane":
      return registerLane(first!, second!, e);
    case "vlist":
      return structureList(args, e);
    case "sregs":
      return registerRange("s", first!, second!, false, e);
    case "dregs":
      return registerRange("d", first!, second!, third === "odd", e);
    case "vmem":
      return structureAddress(args, e);
    case "vtwice":
      return vectorTwice(first!, second!, e);
    case "vmem128":
      return structureAddress([first!, second!, "", "128"], e);
    case "float":
      return floatConstant(first!, second === "raw", e);
    case "simd":
      return simdConstant(first!, second!, third, e);
    case "esize":
      return shiftSize(first!, Number(second ?? 1), e);
    case "shr":
      return vectorShift(true, first!, e);
    case "shl":
      return vectorShift(false, first!, e);
    case "fbits":
      return fractionBits(first!, Number(second), e);
    case "raw":
      return {
        ...register(first!, e),
        print: (insn) => `r${new Bits(e.pattern, first!).read(insn.word)}`,
      };
    case "copreg":
      return coprocessorRegister(first!, e);
    case "coproc":
      return coprocessor(first!, e);
    default:
      return undefined;
  }
}

/** The codec of what stands between `<` and `>` in a syntax line; an unknown kind is a mistake in the table and throws. */
export function operandCodec(text: string, encoding: Encoding): OperandCodec {
  const call = /^(\w+)\((.*)\)$/.exec(text);
  if (call !== null) {
    const codec = codecOfKind(call[1]!, call[2]!.split(","), encoding);
    if (codec === undefined) throw new SyntaxError(`operand <${text}> of ${encoding.id}`);
    return codec;
  }
  const question = text.indexOf("?");
  if (question > 0) return choice(text.slice(0, question), text.slice(question + 1).split("/"), encoding);
  const [field, other] = text.split("|");
  if (/^R|:R/.test(text)) return other === undefined ? register(field!, encoding) : registerOr(field!, other, encoding);
  return number(text, encoding);
}
