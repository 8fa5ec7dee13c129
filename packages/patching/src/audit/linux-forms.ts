import { decodeA32, decodeT32, type Insn, type Isa } from "@cmodx/codec";
import type { ElfImage, Place } from "@cmodx/elf";
import type { CodeWords } from "./code-words.js";

/**
 * What Linux writes over a traced function's call to switch it off: it undoes the `push {lr}` before it.
 *
 * @param isa - the site's instruction set
 * @param address - of the site
 *
 * @example
 * ```ts
 * disabledCall("a32", 0x8000).word; // 0xe28dd004
 * disabledCall("t32", 0x8000).word; // 0xf10d0d04
 * ```
 *
 * @see linux arch/arm/kernel/ftrace.c (6.x); older kernels wrote `pop {lr}`
 */
export function disabledCall(isa: Isa, address: number): Insn {
  return isa === "a32" ? decodeA32(0xe28dd004, address) : decodeT32(0xf10d, 0x0d04, address);
}

/**
 * What Linux writes over a static branch to switch it off: in A32 `mov r0, r0`, not the NOP that the compiler put there.
 *
 * @param isa - the site's instruction set
 * @param address - of the site
 *
 * @example
 * ```ts
 * runtimeNop("a32", 0x8000).word; // 0xe1a00000
 * runtimeNop("t32", 0x8000).word; // 0xf3af8000
 * ```
 *
 * @see linux arch/arm/include/asm/insn.h arm_gen_nop
 */
export function runtimeNop(isa: Isa, address: number): Insn {
  return isa === "a32" ? decodeA32(0xe1a00000, address) : decodeT32(0xf3af, 0x8000, address);
}

/** The division that Linux writes over a helper's beginning, `r0 = r0 / r1`. @see linux arch/arm/kernel/setup.c */
export function runtimeDivision(isa: Isa, address: number, signed: boolean): Insn {
  if (isa === "a32") return decodeA32(signed ? 0xe710f110 : 0xe730f110, address);
  return decodeT32(signed ? 0xfb90 : 0xfbb0, 0xf0f1, address);
}

/** The return behind it; in Thumb it is `bx lr; nop`, two instructions. */
export function divisionReturn(isa: Isa, address: number): Insn | undefined {
  return isa === "a32" ? decodeA32(0xe12fff1e, address) : undefined;
}

const pushLr = { a32: 0xe52de004, t32: 0xb500 } as const;

/** Bytes of the `push {lr}` that the compiler puts before the call. */
export const pushBytes = { a32: 4, t32: 2 } as const;

/** Is the `push {lr}` at a place that makes room for the tracer? */
export function isPushLrAt(image: ElfImage, place: Place, isa: Isa): boolean {
  const [first, second] = [image.halfAt(place), isa === "t32" ? undefined : image.halfAt(place, 2)];
  if (isa === "t32") return first === pushLr.t32;
  const [low, high] = image.header.codeEndian === "little" ? [first, second] : [second, first];
  return low === (pushLr.a32 & 0xffff) && high === pushLr.a32 >>> 16;
}

/** The same of code in hand. */
export function isPushLr(code: CodeWords, address: number, isa: Isa): boolean {
  if (isa === "t32") return code.has(address, 2) && code.half(address) === pushLr.t32;
  return code.has(address, 4) && code.word(address, isa) === (pushLr.a32 | 0);
}

/** A `mov r0, r0` in A32: Linux's run-time nop, which the architecture does not count as NOP. */
export function isRuntimeNop(insn: Insn): boolean {
  return insn.word === (insn.isa === "a32" ? 0xe1a00000 : 0xf3af8000);
}

const fixedForms = {
  a32: new Set([0xe320f000, 0xe1a00000, 0xe28dd004]),
  t32: new Set([0xf3af8000, 0xf10d0d04]),
} as const;

/** One of the few words that Linux writes at every site alike: its text does not depend on the address. */
export function isFixedForm(insn: Insn): boolean {
  return fixedForms[insn.isa].has(insn.word);
}
