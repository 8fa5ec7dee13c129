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

type Kind = (args: readonly string[], encoding: Encoding) => OperandCodec;

/** The kinds of operand that are written `<kind(fields…)>` in a syntax line. */
const kinds: Readonly<Record<string, Kind>> = {
  const: ([fields, style], e) => armConstant(fields!, style ?? "", e),
  tconst: ([fields], e) => thumbConstant(fields!, e),
  shift: ([type, amount], e) => immShift(type!, amount!, e),
  lsl: ([amount], e) => oneShift("lsl", amount!, e),
  asr: ([amount], e) => oneShift("asr", amount!, e),
  shiftname: ([type], e) => shiftName(type!, e),
  rotation: ([fields], e) => rotation(fields!, e),
  sh: ([sh, amount], e) => saturateShift(sh!, amount!, e),
  next: ([rt], e) => nextRegister(rt!, e),
  wb: ([flag], e) => writebackMark(flag!, e),
  twice: ([first, second], e) => twice(first!, second!, e),
  bitfield: ([lsb, msb], e) => bitField(lsb!, msb!, e),
  fixedbase: ([n, flag], e) => fixedBase(Number(n), flag!, e),
  baselist: ([rn, list], e) => listBase(rn!, list!, e),
  pcrel: ([fields, sub], e) => pcRelative(fields!, sub === "sub", e),
  label: ([fields], e) => label(fields!, false, e),
  target: ([fields], e) => label(fields!, true, e),
  registers: (fields, e) => registerList(fields, e),
  single: ([fields], e) => singleList(fields!, e),
  mem: (args, e) => memory(args, e),
  base: ([fields, flag], e) => writebackBase(fields!, flag ?? "", e),
  barrier: ([fields], e) => barrier(fields!, false, e),
  isb: ([fields], e) => barrier(fields!, true, e),
  iflags: ([fields], e) => iflags(fields!, e),
  endian: ([fields], e) => endian(fields!, e),
  psr: ([fields], e) => statusFields(fields!, false, e),
  apsr: ([fields], e) => statusFields(fields!, true, e),
  banked: ([fields], e) => bankedRegister(fields!, e),
  it: (_, e) => itBlockOperand(e),
  s: ([fields, plus], e) => vector("s", fields!, Number(plus ?? 0), e),
  d: ([fields, plus], e) => vector("d", fields!, Number(plus ?? 0), e),
  q: ([fields], e) => vector("q", fields!, 0, e),
  v: ([fields], e) => vector("v", fields!, 0, e),
  lane: ([fields, esize], e) => scalar(fields!, Number(esize), e),
  dlane: ([fields, lane], e) => registerLane(fields!, lane!, e),
  vlist: (args, e) => structureList(args, e),
  sregs: ([fields, count], e) => registerRange("s", fields!, count!, false, e),
  dregs: ([fields, count, odd], e) => registerRange("d", fields!, count!, odd === "odd", e),
  vmem: (args, e) => structureAddress(args, e),
  vtwice: ([first, second], e) => vectorTwice(first!, second!, e),
  vmem128: ([base, index], e) => structureAddress([base!, index!, "", "128"], e),
  float: ([fields, raw], e) => floatConstant(fields!, raw === "raw", e),
  simd: ([kind, fields, shift], e) => simdConstant(kind!, fields!, shift, e),
  esize: ([fields, times], e) => shiftSize(fields!, Number(times ?? 1), e),
  shr: ([fields], e) => vectorShift(true, fields!, e),
  shl: ([fields], e) => vectorShift(false, fields!, e),
  fbits: ([fields, size], e) => fractionBits(fields!, Number(size), e),
  raw: ([field], e) => ({
    ...register(field!, e),
    print: (insn) => `r${new Bits(e.pattern, field!).read(insn.word)}`,
  }),
  copreg: ([fields], e) => coprocessorRegister(fields!, e),
  coproc: ([fields], e) => coprocessor(fields!, e),
};

/** The codec of what stands between `<` and `>` in a syntax line; an unknown kind is a mistake in the table and throws. */
export function operandCodec(text: string, encoding: Encoding): OperandCodec {
  const call = /^(\w+)\((.*)\)$/.exec(text);
  if (call !== null) {
    const kind = kinds[call[1]!];
    if (kind === undefined) throw new SyntaxError(`operand <${text}> of ${encoding.id}`);
    return kind(call[2]!.split(","), encoding);
  }
  const question = text.indexOf("?");
  if (question > 0) return choice(text.slice(0, question), text.slice(question + 1).split("/"), encoding);
  const [field, other] = text.split("|");
  if (/^R|:R/.test(text)) return other === undefined ? register(field!, encoding) : registerOr(field!, other, encoding);
  return number(text, encoding);
}
