import { assemble, type Isa } from "@cmodx/codec";
import type { TracerCode } from "./tracer-code.js";

/** The tracer's code for one instruction set, ready to be put at its address. */
export interface Trampolines {
  readonly bytes: Uint8Array;
  readonly code: TracerCode;
  /** Where the tracer itself listens: a core that comes to one of these has something to tell. */
  readonly hooks: { readonly function: number; readonly graphEntry: number; readonly graphReturn: number };
  /** Where a function of the graph returns to instead of its caller; bit 0 set for T32. */
  readonly returnToHandler: number;
}

/**
 * Assembles what a traced function's call goes to: the registers that a call may change are saved, the tracer is told of the function
 * and of its caller, and everything is as it was before the call. The site has pushed LR; the trampoline takes that word off again.
 *
 * Each hook is a function of the guest that returns at once; the host listens there.
 *
 * @param base - where the code is going to be, a multiple of 4
 * @returns at most 256 bytes
 *
 * @see linux arch/arm/kernel/entry-ftrace.S for the contract with the site
 */
export function assembleTrampolines(isa: Isa, base: number): Trampolines {
  const assembled = assemble(source(isa), { isa, address: base });
  if (!assembled.ok) throw new Error(`the tracer's own code: ${assembled.issues[0]?.message}`);
  const { code: bytes, labels } = assembled;
  const at = (label: string) => {
    const address = labels.get(label);
    if (address === undefined) throw new Error(`the tracer's own code has no ${label}`);
    return (address & ~1) >>> 0;
  };
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
    returnToHandler: at("return_to_handler") | (isa === "t32" ? 1 : 0),
  };
}

/**
 * Stack of a caller, from the top: r0 to r3, the address behind the call, and the LR that the site pushed. The regs caller has r4 to
 * r12 between. IP is left changed, as any call may leave it.
 */
function source(isa: Isa): string {
  const nop = isa === "a32" ? "mov r0, r0" : "nop.w";
  const wide = isa === "a32" ? "" : ".w";
  return `
ftrace_caller:
  push {r0-r3, lr}
  ldr${wide} r1, [sp, #20]
  sub${wide} r0, lr, #4
ftrace_call:
  bl ftrace_stub
ftrace_graph_call:
  ${nop}
ftrace_exit:
  pop {r0-r3}
  pop${wide} {ip, lr}
  bx ip
ftrace_graph_caller:
  add${wide} r0, sp, #20
  ldr${wide} r1, [sp, #16]
  bl hook_graph_entry
  b${wide} ftrace_exit

ftrace_regs_caller:
  push${wide} {r0-r12, lr}
  ldr${wide} r1, [sp, #56]
  sub${wide} r0, lr, #4
ftrace_regs_call:
  bl ftrace_stub
ftrace_graph_regs_call:
  ${nop}
ftrace_regs_exit:
  pop${wide} {r0-r12}
  pop${wide} {ip, lr}
  bx ip
ftrace_graph_regs_caller:
  add${wide} r0, sp, #56
  ldr${wide} r1, [sp, #52]
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
