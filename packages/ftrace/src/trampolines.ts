import { assemble, type Isa } from "@cmodx/codec";
import type { TracerCode } from "./tracer-code.js";

/** The tracer's code for one instruction set, ready to be put at its address. */
export interface Trampolines {
  readonly bytes: Uint8Array;
  readonly code: TracerCode;
  /** Where the tracer itself listens: a core that comes to one of these has something to tell. */
  readonly hooks: { readonly function: number; readonly graphEntry: number; readonly graphReturn: number };
  /** What LR is in the hook for a function that was called with all registers saved. */
  readonly regsReturn: number;
  /** Where a function of the graph returns to instead of its caller; bit 0 set for T32. */
  readonly returnToHandler: number;
}

/** How the places in the tracer's own code change: as in Linux, or so that cores may execute them meanwhile. */
export type Patching = "linux" | "live";

/** Bytes on the stack between where a hook finds it and the word that the site pushed. */
export const SITE_WORD = { plain: 20, regs: 60 } as const;

/**
 * Assembles what a traced function's call goes to: the registers that a call may change are saved, the tracer is told of the function
 * and of its caller, and everything is as it was before the call. The site has pushed LR; the trampoline takes that word off again.
 *
 * Each hook is a function of the guest that returns at once; the host listens there.
 *
 * @param isa - the instruction set of the trampolines, and of what they call
 * @param base - where the code is going to be, a multiple of 4
 * @param patching - as Linux writes them, or with calls that may be changed while others execute them
 * @returns at most 256 bytes
 *
 * @example
 * ```ts
 * const { bytes, code } = assembleTrampolines("t32", 0x9000);
 * bytes.length <= 256; // true
 * code.caller; // 0x9000
 * ```
 *
 * @see linux arch/arm/kernel/entry-ftrace.S for the contract with the site
 */
export function assembleTrampolines(isa: Isa, base: number, patching: Patching = "linux"): Trampolines {
  const { bytes, at } = assembled(source(isa, patching), isa, base);
  const code: TracerCode = {
    caller: at("ftrace_caller"),
    regsCaller: at("ftrace_regs_caller"),
    ftraceCalls: [at("ftrace_call"), at("ftrace_regs_call")],
    graphCalls: [
      { at: at("ftrace_graph_call"), to: at("ftrace_graph_caller") },
      { at: at("ftrace_graph_regs_call"), to: at("ftrace_graph_regs_caller") },
    ],
    stub: at("ftrace_stub"),
    listFunction: at("hook_function"),
  };
  return {
    bytes,
    code,
    hooks: { function: at("hook_function"), graphEntry: at("hook_graph_entry"), graphReturn: at("hook_graph_return") },
    regsReturn: at("ftrace_regs_call") + 4,
    returnToHandler: at("return_to_handler") | (isa === "t32" ? 1 : 0),
  };
}

/** Room for one. */
export const OPS_TRAMPOLINE_BYTES = 96;

/** A trampoline of one ops. */
export interface OpsTrampoline {
  readonly bytes: Uint8Array;
  /** What sites call. */
  readonly entry: number;
  /** Where the host listens for this ops. */
  readonly hook: number;
  readonly savesRegisters: boolean;
}

/**
 * Assembles code that calls one ops and nobody else: no list is walked and no filter asked. A graph that is on is not told.
 *
 * @param isa - the instruction set
 * @param base - a multiple of 4
 * @param savesRegisters - whether the ops wants all registers, and may change them
 * @returns at most {@link OPS_TRAMPOLINE_BYTES}
 *
 * @example
 * ```ts
 * const { bytes, entry, hook } = assembleOpsTrampoline("a32", 0x9000, false);
 * [entry, hook].every((address) => address >= 0x9000 && address < 0x9000 + bytes.length); // true
 * ```
 */
export function assembleOpsTrampoline(isa: Isa, base: number, savesRegisters: boolean): OpsTrampoline {
  const wide = isa === "a32" ? "" : ".w";
  const { bytes, at } = assembled(
    savesRegisters
      ? `entry:${regsEntry(wide)}\n bl hook${regsExit(wide)}\nhook: bx lr`
      : `entry:${plainEntry(wide)}\n bl hook${plainExit(wide)}\nhook: bx lr`,
    isa,
    base,
  );
  return { bytes, entry: at("entry"), hook: at("hook"), savesRegisters };
}

/** Assembles what the entries of call ops lead to: as the plain caller, with the number of the ops in r2. */
export function assembleOpsCaller(isa: Isa, base: number): { readonly bytes: Uint8Array; readonly hook: number } {
  const wide = isa === "a32" ? "" : ".w";
  const { bytes, at } = assembled(
    `entry:${plainEntry(wide)}\n mov r2, ip\n bl hook${plainExit(wide)}\nhook: bx lr`,
    isa,
    base,
  );
  return { bytes, hook: at("hook") };
}

function assembled(text: string, isa: Isa, base: number): { bytes: Uint8Array; at: (label: string) => number } {
  const made = assemble(text, { isa, address: base });
  if (!made.ok) throw new Error(`the tracer's own code: ${made.issues[0]?.message}`);
  const { code: bytes, labels } = made;
  const at = (label: string) => {
    const address = labels.get(label);
    if (address === undefined) throw new Error(`the tracer's own code has no ${label}`);
    return (address & ~1) >>> 0;
  };
  return { bytes, at };
}

/** From the top: r0 to r3, the address behind the call, and the LR that the site pushed. */
const plainEntry = (wide: string): string => `
  push {r0-r3, lr}
  ldr${wide} r1, [sp, #20]
  sub${wide} r0, lr, #4`;

const plainExit = (wide: string): string => `
  pop {r0-r3}
  pop${wide} {ip, lr}
  bx ip`;

/** The same with r4 to r12 between, and on top a word where a handler may put the code that the site is to go on at. */
const regsEntry = (wide: string): string => `
  push${wide} {r0-r12, lr}
  mov${wide} ip, #0
  push${wide} {ip}
  ldr${wide} r1, [sp, #60]
  sub${wide} r0, lr, #4`;

/** Code that a site calls directly finds what it would have found at the site: LR behind the call, the caller's LR on the stack. */
const regsExit = (wide: string): string => `
  ldr${wide} ip, [sp], #4
  cmp ip, #0
  bne direct
  pop${wide} {r0-r12}
  pop${wide} {ip, lr}
  bx ip
direct:
  str${wide} ip, [sp, #48]
  pop${wide} {r0-r12, lr}
  bx ip`;

/** IP and the flags are left changed, as any call may leave them. */
function source(isa: Isa, patching: Patching): string {
  const wide = isa === "a32" ? "" : ".w";
  // Linux' runtime NOPs; or ones that may become a B of the same size while somebody executes them.
  const nop = patching === "live" ? "nop" : isa === "a32" ? "mov r0, r0" : "nop.w";
  return `
ftrace_caller:${plainEntry(wide)}
ftrace_call:
  bl ftrace_stub
ftrace_graph_call:
  ${nop}
ftrace_exit:${plainExit(wide)}
ftrace_graph_caller:
  add${wide} r0, sp, #20
  ldr${wide} r1, [sp, #16]
  bl hook_graph_entry
  b${wide} ftrace_exit

ftrace_regs_caller:${regsEntry(wide)}
ftrace_regs_call:
  bl ftrace_stub
ftrace_graph_regs_call:
  ${nop}
ftrace_regs_exit:${regsExit(wide)}
ftrace_graph_regs_caller:
  add${wide} r0, sp, #60
  ldr${wide} r1, [sp, #56]
  bl hook_graph_entry
  b${wide} ftrace_regs_exit

return_to_handler:
  push {r0-r3}
  bl hook_graph_return
  mov lr, r0
  pop {r0-r3}
  bx lr

ftrace_stub:
  bx lr
hook_function:
  bx lr
hook_graph_entry:
  bx lr
hook_graph_return:
  bx lr
`;
}
