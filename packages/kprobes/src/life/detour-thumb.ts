import { assemble, bytesOf, effects, encodeBranch } from "@cmodx/codec";
import { type DetourRequest, type DetourResult, savedBytes, wholeWords } from "./detour-frame.js";

const PC = 1 << 15;

/**
 * The detour of an optimised Thumb-2 probe, which Linux has none of: registers as the A32 detour saves them, the callback, the registers
 * back, the probed instruction, and a branch behind it.
 *
 * The branch to it takes four bytes, so only an instruction of that size gets one. It must not stand in an IT block, where no branch but
 * the last may be, and its meaning must not depend on where it is: T32 cannot load SP and the PC together, so nothing could be left to the
 * callback.
 */
export function makeThumbDetour({ insn, stack, address, probe, callback }: DetourRequest): DetourResult {
  const frame = savedBytes + wholeWords(stack);
  // The kernel's tables tell the registers of A32 instructions only.
  const { reads, writes } = effects(insn);
  const alone = insn.size === 4 && ((reads.core | writes.core) & PC) === 0;
  if (!alone || frame > 255) return { ok: false, errno: "EILSEQ" };
  const made = assemble(codeFor(frame, probe, callback), { isa: "t32", address });
  if (!made.ok) throw new Error(`the Thumb detour is wrong: ${made.issues[0]?.message}`);
  const at = made.labels.get("instruction")!;
  const there = encodeBranch({ isa: "t32", kind: "b", width: 4 }, insn.address, address);
  const back = encodeBranch({ isa: "t32", kind: "b", width: 4 }, at + 4, insn.address + 4);
  if (!there.ok || !back.ok) return { ok: false, errno: "ERANGE" };
  const bytes = made.code.slice();
  bytes.set(bytesOf(insn), at - address);
  bytes.set(bytesOf(back.insn), at + 4 - address);
  return { ok: true, detour: { address, bytes, direct: true } };
}

function codeFor(frame: number, probe: number, callback: number): string {
  return `
    sub.w sp, sp, #${frame}
    stm.w sp, {r0-r12}
    str.w lr, [sp, #56]
    add.w r3, sp, #${frame}
    str r3, [sp, #52]
    mrs r4, cpsr
    str r4, [sp, #64]
    mov r1, sp
    ldr r0, probe
    ldr r2, callback
    @ The callback wants its stack aligned to eight bytes.
    mov r5, sp
    and r4, r5, #4
    sub.w r5, r5, r4
    mov sp, r5
    blx r2
    add sp, r4
    ldr r1, [sp, #64]
    msr cpsr_fsxc, r1
    @ None of what follows sets a flag.
    ldr.w lr, [sp, #56]
    ldm.w sp, {r0-r12}
    add.w sp, sp, #${frame}
  instruction:
    nop.w
    nop.w
    .balign 4
  probe: .word ${probe}
  callback: .word ${callback}`;
}
