import { effects, type Insn, type Isa } from "@cmodx/codec";
import { type CodeMemory, insnIn } from "@cmodx/patching";

const SP = 13;
const LR = 14;

/** A function's stack frame, as its prologue makes it: all in bytes. */
export interface FrameShape {
  /** How far the prologue moves the stack pointer. */
  readonly size: number;
  /**
   * Where the address that it returns to is kept, above the stack pointer of before the tracer's call; undefined where it is in LR still,
   * and the word that the site pushes is what becomes LR.
   */
  readonly slot: number | undefined;
}

/**
 * The frame that a function has when it calls the tracer. The compiler puts the call behind the prologue, so this is one step of
 * unwinding: the instructions from the function's beginning to the call are read for what they push.
 *
 * @param memory - where the function's instructions are read
 * @param isa - the function's instruction set
 * @param start - address of the function
 * @param ip - address of the call
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const push = Uint8Array.of(0x10, 0x40, 0x2d, 0xe9, 0x04, 0xe0, 0x2d, 0xe5); // push {r4, lr}; push {lr}
 * frameShape(bytesMemory(0x8000, push), "a32", 0x8000, 0x8008); // { size: 8, slot: 4 }
 * ```
 */
export function frameShape(memory: Pick<CodeMemory, "read">, isa: Isa, start: number, ip: number): FrameShape {
  const site = ip - (isa === "a32" ? 4 : 2);
  const code: CodeMemory = { read: (address, size) => memory.read(address, size), write: () => undefined };
  let pushed = 0;
  let at: number | undefined;
  for (let address = start; address < site; ) {
    const insn = insnIn(code, isa, address);
    const list = insn.operands.find((operand) => operand.kind === "list");
    if (insn.mnemonic === "push" && list?.kind === "list") {
      pushed += 4 * count(list.regs);
      // The lowest register is at the lowest address.
      if ((list.regs & (1 << LR)) !== 0) at = pushed - 4 * count(list.regs & ((1 << LR) - 1));
    } else pushed += moved(insn);
    address += insn.size;
  }
  return { size: pushed, slot: at === undefined ? undefined : pushed - at };
}

/** Bytes that an instruction makes the stack grow. */
function moved(insn: Insn): number {
  const { mnemonic, operands } = insn;
  if (mnemonic === "vpush") {
    const list = operands.find((operand) => operand.kind === "vlist");
    return list?.kind === "vlist" ? (list.size === "d" ? 8 : 4) * list.count : 0;
  }
  if ((effects(insn).writes.core & (1 << SP)) === 0) return 0;
  const immediate = operands.find((operand) => operand.kind === "imm");
  const size = immediate?.kind === "imm" ? immediate.value : 0;
  return mnemonic === "sub" || mnemonic === "subw" ? size : mnemonic === "add" || mnemonic === "addw" ? -size : 0;
}

function count(bits: number): number {
  let n = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) n++;
  return n;
}
