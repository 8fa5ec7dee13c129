import { assemble, encodeBranch } from "@cmodx/codec";
import type { Compat } from "../rule.js";
import { type DetourRequest, type DetourResult, savedBytes, wholeWords } from "./detour-frame.js";
import { makeThumbDetour } from "./detour-thumb.js";

/**
 * The detour of an optimised probe; what follows is that of A32, which is the kernel's. It saves all registers, calls the callback, and goes on behind the probed instruction.
 *
 * The instruction stands in the detour when it does not use the PC, because then nothing in it depends on where it is; otherwise
 * the callback executes it and the PC is restored with the other registers.
 *
 * The kernel tests the range of the branch with the pipeline's offset of 8 added where it is to be taken off, so it accepts
 * detours that the branch does not reach, and refuses as many that it reaches; `strict` tests what the branch reaches.
 *
 * @param request - the probed instruction, where the detour is to be, and what it calls
 * @param compat - `linux` makes what the kernel makes; `strict` also for Thumb, and leaves out what is not sound
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const made = makeDetour(
 *   { insn: decodeA32(0xe1a04000, 0x80100000), stack: 0, registers: 0, address: 0x7f000000, probe: 0x1000, callback: 0x80200000 },
 *   "linux",
 * );
 * made.ok && made.detour.direct; // true
 * ```
 *
 * @see linux arch/arm/probes/kprobes/opt-arm.c
 */
export function makeDetour(request: DetourRequest, compat: Compat): DetourResult {
  if (request.insn.isa === "t32") return makeThumbDetour(request);
  const { insn, stack, registers, address } = request;
  // STM and LDM fault where SP is no multiple of 4, which Linux makes of it for a byte or halfword stored at such a place.
  const frame = savedBytes + (compat === "strict" ? wholeWords(stack) : stack);
  if (frame > 255) return { ok: false, errno: "EILSEQ" };
  if (!reaches(insn.address, address, compat)) return { ok: false, errno: "ERANGE" };
  const back = encodeBranch({ isa: "a32", kind: "b" }, address + 4 * place.behind, insn.address + 4);
  const direct = registers !== null && (registers & 0x8000) === 0 && back.ok;
  template ??= makeTemplate();
  const bytes = template.slice();
  const view = new DataView(bytes.buffer);
  const set = (index: number, word: number): void => view.setUint32(4 * index, word >>> 0, true);
  set(place.makeRoom, view.getUint32(4 * place.makeRoom, true) | frame);
  set(place.tellSp, view.getUint32(4 * place.tellSp, true) | frame);
  if (direct) {
    set(place.restore, restoreAllButPc);
    set(place.instruction, insn.word);
    set(place.behind, back.insn.word);
  }
  set(place.probe, request.probe);
  set(place.callback, request.callback);
  return { ok: true, detour: { address, bytes, direct } };
}

/** `ldm sp, {r0-r14}`, in the place of the one that loads the PC too. */
const restoreAllButPc = 0xe89d7fff;

/** What differs from detour to detour, as indices of words. */
const place = { makeRoom: 0, tellSp: 2, restore: 19, instruction: 20, behind: 21, probe: 22, callback: 23 } as const;

let template: Uint8Array | undefined;

/** The code of a detour, which is the same wherever it is. */
function makeTemplate(): Uint8Array {
  const made = assemble(
    [
      "sub sp, sp, #0",
      "stm sp, {r0-r14}",
      // The interrupted SP, which STM cannot store as it was.
      "add r3, sp, #0",
      "str r3, [sp, #52]",
      "mrs r4, cpsr",
      "str r4, [sp, #64]",
      "mov r1, sp",
      "ldr r0, probe",
      "ldr r2, callback",
      // The callback wants its stack aligned to eight bytes.
      "and r4, sp, #4",
      "sub sp, sp, r4",
      "blx r2",
      "add sp, sp, r4",
      "ldr r1, [sp, #64]",
      // A handler may have gone to Thumb code: then the PC is loaded with bit 0 set.
      "tst r1, #32",
      "ldrne r2, [sp, #60]",
      "orrne r2, r2, #1",
      "strne r2, [sp, #60]",
      "msr cpsr_fsxc, r1",
      "ldm sp, {r0-r15}",
      "nop",
      "nop",
      "probe: .word 0",
      "callback: .word 0",
    ].join("\n"),
    { isa: "a32" },
  );
  if (!made.ok) throw new Error(`the detour's template is wrong: ${made.issues[0]?.message}`);
  return made.code;
}

function reaches(from: number, to: number, compat: Compat): boolean {
  if (compat === "strict") return encodeBranch({ isa: "a32", kind: "b" }, from, to).ok;
  const outside = ((to - from + 8) & 0xfe000003) >>> 0;
  return outside === 0 || outside === 0xfe000000;
}
