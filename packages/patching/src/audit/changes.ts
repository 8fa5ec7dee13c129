import { encodeBranch, type Insn, type Isa } from "@cmodx/codec";
import type { ElfImage, Place } from "@cmodx/elf";
import { insnAt, insnOf } from "./image-code.js";
import { disabledCall, divisionReturn, runtimeDivision, runtimeNop } from "./linux-forms.js";
import type { Subject } from "./subject.js";
import { type Change, type Written, written } from "./transition-judge.js";

const tracerEntries = ["ftrace_caller", "ftrace_regs_caller"] as const;
const initTracerEntries = ["ftrace_caller_from_init", "ftrace_regs_caller_from_init"] as const;

/**
 * What the function tracer does to a call site: switched off at boot or load, then on and off with the tracers.
 *
 * @see linux arch/arm/kernel/ftrace.c ftrace_make_nop, ftrace_make_call
 */
export function mcountChanges(subject: Subject): Change[] {
  const { now, isa, place } = subject;
  if (now === undefined || isa === undefined || !isCall(now.insn)) return [];
  const off = written(disabledCall(isa, place.address));
  const traced = tracerCall(subject, now);
  if (traced === undefined) return [];
  return [
    { name: "boot", from: now, to: off },
    { name: "on", from: off, to: traced },
    { name: "off", from: traced, to: off },
  ];
}

/** The call that tracing writes. A program has no tracer entry, so what its sites call now stands for it. */
function tracerCall(subject: Subject, now: Written): Written | undefined {
  const { image, place, branch } = subject;
  if (image.relocatable) return written(now.insn, undefined, "ftrace_caller");
  const target = tracerEntry(image, place.section?.name === ".init.text");
  if (target === undefined) return branch === undefined ? undefined : now;
  const made = encodeBranch({ isa: now.insn.isa, kind: "bl" }, place.address, target);
  return made.ok ? written(made.insn, target) : undefined;
}

const entriesOf = new WeakMap<ElfImage, Map<boolean, number | undefined>>();

/** Address of what a traced function calls; init text may be too far from the usual entry and has one of its own. */
function tracerEntry(image: ElfImage, inInit: boolean): number | undefined {
  const known = entriesOf.get(image) ?? new Map<boolean, number | undefined>();
  entriesOf.set(image, known);
  if (!known.has(inInit)) {
    const symbol = (inInit ? [...initTracerEntries, ...tracerEntries] : tracerEntries)
      .map((name) => image.symbols.find(name))
      .find((index) => index >= 0 && image.symbols.defined(index));
    known.set(inInit, symbol === undefined ? undefined : image.symbols.address(symbol));
  }
  return known.get(inInit);
}

/**
 * What switching a static key does to a jump label. `on` means that the site is a branch.
 *
 * @see linux arch/arm/kernel/jump_label.c
 */
export function jumpLabelChanges(subject: Subject): Change[] {
  const { now, isa, place, target } = subject;
  if (now === undefined || isa === undefined || target === undefined) return [];
  const branch = branchTo(subject, isa, target);
  if (branch === undefined) return [];
  const nop = written(runtimeNop(isa, place.address));
  const on = (name: string, from: Written): Change => ({ name, from, to: branch });
  const off = (name: string): Change => ({ name, from: branch, to: nop });
  if (isBranch(now.insn)) return [off("first off"), on("on again", nop), off("off again")];
  return [on("first on", now), off("off again"), on("on again", nop)];
}

/** `b`, or `b.w` in Thumb, which Linux uses however near the target is. */
function branchTo({ image, names, place }: Subject, isa: Isa, target: Place): Written | undefined {
  const width = isa === "t32" ? { width: 4 as const } : {};
  const known = target.external === undefined && (!image.relocatable || target.section === place.section);
  const made = encodeBranch({ isa, kind: "b", ...width }, place.address, known ? target.address : place.address);
  if (!made.ok) return undefined;
  return known ? written(made.insn, target.address) : written(made.insn, undefined, names.of(target) ?? "?");
}

/** What a kernel built for many cores does at boot on a machine with one. @see linux arch/arm/kernel/head.S __do_fixup_smp_on_up */
export function smpAltChanges({ now, isa, place, replacement, image }: Subject): Change[] {
  if (now === undefined || isa === undefined || replacement === undefined) return [];
  const to = insnOf(replacement, isa, place.address, image.header.codeEndian);
  if (to === undefined || now.insn.size !== to.size) return [];
  const change = (name: string, from: Written, to: Insn): Change => ({ name, from, to: written(to) });
  if (to.size === 4) return [change("uniprocessor", now, to)];
  // Four bytes of Thumb may be two instructions: two edits, where both sides agree on it.
  const second = { ...place, address: place.address + 2 };
  const before = insnAt(image, second, isa);
  const after = insnOf(replacement.subarray(2), isa, second.address, image.header.codeEndian);
  if (before?.size !== 2 || after?.size !== 2) return [];
  return [change("uniprocessor", now, to), change("uniprocessor second", written(before), after)];
}

/** What a tracer's coming and going does to the calls in the tracer's own entries. @see linux arch/arm/kernel/ftrace.c */
export function tracerCallChanges(subject: Subject): Change[] {
  const { image, now, isa, place } = subject;
  const name = image.symbolAt(place)?.name;
  if (now === undefined || isa === undefined || name === undefined) return [];
  const graph = graphCallers.get(labelAt(image, place));
  const callees = graph === undefined ? opsFunctions : [graph];
  const callee = callees.map((name) => image.symbols.find(name)).find((i) => i >= 0 && image.symbols.defined(i));
  if (callee === undefined) return [];
  const target = image.symbols.address(callee);
  const width = isa === "t32" ? { width: 4 as const } : {};
  const made = encodeBranch({ isa, kind: graph === undefined ? "bl" : "b", ...width }, place.address, target);
  if (!made.ok) return [];
  const on = written(made.insn, target);
  return [
    { name: "on", from: now, to: on },
    { name: "off", from: on, to: now },
  ];
}

/** With several tracers the list function is called, with one its own: the change is of one kind. */
const opsFunctions = ["arch_ftrace_ops_list_func", "ftrace_ops_list_func"] as const;
const graphCallers = new Map([
  ["ftrace_graph_call", "ftrace_graph_caller"],
  ["ftrace_graph_regs_call", "ftrace_graph_regs_caller"],
]);

/** The name of those in {@link graphCallers} that is at a place, whatever other labels are there. */
function labelAt(image: ElfImage, place: Place): string {
  for (const name of graphCallers.keys()) {
    const index = image.symbols.find(name);
    if (index >= 0 && (image.symbols.address(index) & ~1) >>> 0 === place.address) return name;
  }
  return "";
}

/** What a processor with division instructions gets at boot: the division, then the return. */
export function divisionChanges({ image, now, isa, place }: Subject): Change[] {
  if (now === undefined || isa === undefined) return [];
  const signed = helperAddress(image, "__aeabi_idiv");
  const unsigned = helperAddress(image, "__aeabi_uidiv");
  const first = place.address === signed || place.address === unsigned;
  const to = first ? runtimeDivision(isa, place.address, place.address === signed) : divisionReturn(isa, place.address);
  // In Thumb the return is two instructions of 16 bits, and no single edit.
  return to !== undefined && now.insn.size === to.size ? [{ name: "boot", from: now, to: written(to) }] : [];
}

function helperAddress(image: ElfImage, name: string): number {
  return (image.symbols.address(image.symbols.find(name)) & ~1) >>> 0;
}

export function isCall(insn: Insn): boolean {
  return insn.mnemonic === "bl" || insn.mnemonic === "blx";
}

export function isBranch(insn: Insn): boolean {
  return insn.mnemonic === "b";
}
