import { encodeBranch, type Insn } from "@cmodx/codec";
import type { Place } from "@cmodx/elf";
import { insnOf, symbolic } from "./image-code.js";
import { disabledCall, runtimeNop } from "./linux-forms.js";
import type { Subject } from "./subject.js";
import type { Change } from "./transition-judge.js";

/** A branch, and the name of its target where its bytes wait for relocation. */
interface Branch {
  readonly insn: Insn;
  readonly target?: string;
}

const tracerEntries = ["ftrace_caller", "ftrace_regs_caller"] as const;
const initTracerEntries = ["ftrace_caller_from_init", "ftrace_regs_caller_from_init"] as const;

/**
 * What the function tracer does to a call site: switched off at boot or load, then on and off with the tracers.
 *
 * @see linux arch/arm/kernel/ftrace.c ftrace_make_nop, ftrace_make_call
 */
export function mcountChanges(subject: Subject): Change[] {
  const { insn, isa, place } = subject;
  if (insn === undefined || isa === undefined || !isCall(insn)) return [];
  const off = disabledCall(isa, place.address);
  const traced = tracerCall(subject, insn);
  if (traced === undefined) return [];
  const first = subject.branch?.external;
  return [
    { name: "boot", from: insn, to: off, ...(first === undefined ? {} : { fromTarget: first }) },
    { name: "on", from: off, to: traced.insn, ...(traced.target === undefined ? {} : { toTarget: traced.target }) },
    { name: "off", from: traced.insn, to: off, ...(traced.target === undefined ? {} : { fromTarget: traced.target }) },
  ];
}

/** The call that tracing writes. A program has no tracer entry, so what its sites call now stands for it. */
function tracerCall({ image, place, branch }: Subject, insn: Insn): Branch | undefined {
  if (image.relocatable) return { insn, target: "ftrace_caller" };
  const inInit = place.section?.name === ".init.text";
  for (const name of inInit ? [...initTracerEntries, ...tracerEntries] : tracerEntries) {
    const symbol = image.symbols.find(name);
    if (symbol < 0 || !image.symbols.defined(symbol)) continue;
    const made = encodeBranch({ isa: insn.isa, kind: "bl" }, place.address, image.symbols.address(symbol));
    return made.ok ? { insn: made.insn } : undefined;
  }
  return branch === undefined ? undefined : { insn };
}

/**
 * What switching a static key does to a jump label. `on` means that the site is a branch.
 *
 * @see linux arch/arm/kernel/jump_label.c
 */
export function jumpLabelChanges(subject: Subject): Change[] {
  const { insn, isa, place, target } = subject;
  if (insn === undefined || isa === undefined || target === undefined) return [];
  const branch = branchTo(subject, target);
  if (branch === undefined) return [];
  const nop = runtimeNop(isa, place.address);
  const to = branch.target === undefined ? {} : { toTarget: branch.target };
  const from = branch.target === undefined ? {} : { fromTarget: branch.target };
  const on = (name: string, before: Insn): Change => ({ name, from: before, to: branch.insn, ...to });
  const off = (name: string): Change => ({ name, from: branch.insn, to: nop, ...from });
  if (isBranch(insn)) return [off("first off"), on("on again", nop), off("off again")];
  return [on("first on", insn), off("off again"), on("on again", nop)];
}

/** `b`, or `b.w` in Thumb, which Linux uses however near the target is. */
function branchTo({ image, place, isa }: Subject, target: Place): Branch | undefined {
  if (isa === undefined) return undefined;
  const width = isa === "t32" ? { width: 4 as const } : {};
  const known = target.external === undefined && (!image.relocatable || target.section === place.section);
  const made = encodeBranch({ isa, kind: "b", ...width }, place.address, known ? target.address : place.address);
  if (!made.ok) return undefined;
  return known ? { insn: made.insn } : { insn: made.insn, target: symbolic(image, target) ?? "?" };
}

/** What a kernel built for many cores does at boot on a machine with one. @see linux arch/arm/kernel/head.S __do_fixup_smp_on_up */
export function smpAltChanges({ insn, isa, place, replacement, image }: Subject): Change[] {
  if (insn === undefined || isa === undefined || replacement === undefined) return [];
  const to = insnOf(replacement, isa, place.address, image.header.codeEndian);
  // Four bytes of Thumb may be two instructions on either side: then the change is no single edit.
  if (to === undefined || insn.size !== 4 || to.size !== 4) return [];
  return [{ name: "uniprocessor", from: insn, to }];
}

export function isCall(insn: Insn): boolean {
  return insn.mnemonic === "bl" || insn.mnemonic === "blx";
}

export function isBranch(insn: Insn): boolean {
  return insn.mnemonic === "b";
}
