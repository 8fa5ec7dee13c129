import { encodeBranch, format, type Insn, type Isa } from "@cmodx/codec";
import { FtraceError } from "./ftrace-error.js";

/** What a traced function's call is: a call of a tracer, or switched off. */
export type CallState = "call" | "nop" | "other";

export { disabledCall as callNop } from "@cmodx/patching";

/** Words with which kernels switch a call off: `add sp, sp, #4` now, `pop {lr}` in older ones. */
const NOPS = { a32: new Set([0xe28dd004, 0xe8bd4000, 0xe49de004]), t32: new Set([0xf10d0d04, 0xf85deb04]) } as const;

/**
 * What is at a call site.
 *
 * @param insn - the instruction there
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * stateOf(decodeA32(0xeb000000, 0)); // "call"
 * stateOf(decodeA32(0xe28dd004, 0)); // "nop"
 * stateOf(decodeA32(0xe1a00000, 0)); // "other"
 * ```
 */
export function stateOf(insn: Insn): CallState {
  // A program's call may go to the other instruction set: the linker makes it a BLX then.
  const direct = insn.operands.some(({ kind }) => kind === "target");
  if (direct && (insn.mnemonic === "bl" || insn.mnemonic === "blx") && insn.cond === "al") return "call";
  return insn.size === 4 && NOPS[insn.isa].has(insn.word) ? "nop" : "other";
}

/**
 * The call of a tracer at a site.
 *
 * @param isa - the site's instruction set
 * @param address - of the site
 * @param target - address of what is called, without a Thumb bit
 * @param of - the target's instruction set, the site's own by default
 * @throws {FtraceError} `E_CALL_SITE` when the tracer is out of reach: a module needs an entry in its PLT then
 *
 * @example
 * ```ts
 * callOf("a32", 0x8000, 0x9000).word; // 0xeb0003fe
 * callOf("t32", 0x8000, 0x9000, "a32").mnemonic; // "blx"
 * ```
 */
export function callOf(isa: Isa, address: number, target: number, of: Isa = isa): Insn {
  const made = encodeBranch({ isa, kind: of === isa ? "bl" : "blx" }, address, target);
  if (made.ok) return made.insn;
  throw new FtraceError({
    code: "E_CALL_SITE",
    what: `the call site at ${hex(address)} cannot reach ${hex(target)}`,
    remedy: "call an entry of the module's PLT, which is near",
    facts: { address, target },
  });
}

/** Complains that a site holds neither a call nor what switches one off. */
export function unexpected(insn: Insn): FtraceError {
  return new FtraceError({
    code: "E_CALL_SITE",
    what: `the call site at ${hex(insn.address)} holds "${format(insn)}", which is neither a call nor what switches one off`,
    remedy: "check that the table belongs to this text, and that nothing else has patched it",
    facts: { address: insn.address, word: insn.word },
  });
}

function hex(address: number): string {
  return `0x${(address >>> 0).toString(16)}`;
}
