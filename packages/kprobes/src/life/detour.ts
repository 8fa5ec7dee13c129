import { assemble, encodeBranch, type Insn } from "@cmodx/codec";
import type { Compat } from "../rule.js";
import type { Errno } from "./refusal.js";

/** Bytes of a detour: 22 instructions, and two words that they load. */
export const detourBytes = 96;

/** Bytes of the registers that a detour saves: r0 to r15, the flags, and one more. */
const savedBytes = 72;

/** What an optimised probe's branch goes to. */
export interface Detour {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Whether it executes the probed instruction itself; otherwise its callback does. */
  readonly direct: boolean;
}

/** What a detour is made for. */
export interface DetourRequest {
  readonly insn: Insn;
  /** Bytes below SP that the instruction stores to. */
  readonly stack: number;
  /** Registers it uses; null when all count. */
  readonly registers: number | null;
  /** Where the detour is to be. */
  readonly address: number;
  /** What the detour gives its callback in r0, and the callback. */
  readonly probe: number;
  readonly callback: number;
}

export type DetourResult =
  | { readonly ok: true; readonly detour: Detour }
  | { readonly ok: false; readonly errno: Errno };

/**
 * The detour of an optimised A32 probe: it saves all registers, calls the callback, and goes on behind the probed instruction.
 *
 * The instruction stands in the detour when it does not use the PC, because then nothing in it depends on where it is; otherwise
 * the callback executes it and the PC is restored with the other registers.
 *
 * The kernel tests the range of the branch with the pipeline's offset of 8 added where it is to be taken off, so it accepts
 * detours that the branch does not reach, and refuses as many that it reaches; `strict` tests what the branch reaches.
 *
 * @see linux arch/arm/probes/kprobes/opt-arm.c
 */
export function makeDetour(request: DetourRequest, compat: Compat): DetourResult {
  const { insn, stack, registers, address } = request;
  const frame = savedBytes + stack;
  if (frame > 255) return { ok: false, errno: "EILSEQ" };
  if (!reaches(insn.address, address, compat)) return { ok: false, errno: "ERANGE" };
  const back = encodeBranch({ isa: "a32", kind: "b" }, address + 4 * 21, insn.address + 4);
  const direct = registers !== null && (registers & 0x8000) === 0 && back.ok;
  const word = (value: number): string => `.word 0x${(value >>> 0).toString(16)}`;
  const restore = direct
    ? ["ldm sp, {r0-r14}", word(insn.word), word(back.insn.word)]
    : ["ldm sp, {r0-r15}", "nop", "nop"];
  const made = assemble(
    [
      `sub sp, sp, #${frame}`,
      "stm sp, {r0-r14}",
      // The interrupted SP, which STM cannot store as it was.
      `add r3, sp, #${frame}`,
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
      ...restore,
      `probe: ${word(request.probe)}`,
      `callback: ${word(request.callback)}`,
    ].join("\n"),
    { isa: "a32", address },
  );
  if (!made.ok) throw new Error(`the detour's template is wrong: ${made.issues[0]?.message}`);
  return { ok: true, detour: { address, bytes: made.code, direct } };
}

function reaches(from: number, to: number, compat: Compat): boolean {
  if (compat === "strict") return encodeBranch({ isa: "a32", kind: "b" }, from, to).ok;
  const outside = ((to - from + 8) & 0xfe000003) >>> 0;
  return outside === 0 || outside === 0xfe000000;
}
