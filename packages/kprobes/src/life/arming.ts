import { decodeA32, decodeT32, encodeBranch, type Insn } from "@cmodx/codec";
import { apply, check, type Edit, insnIn, type Plan, type ProtocolName, plan } from "@cmodx/patching";
import { breakpointFor } from "../breakpoint.js";
import type { KernelText } from "./kernel-text.js";
import type { Site } from "./site.js";

/** `kernel`: UDF, by patch_text and stop_machine. `cmodx`: BKPT, by the cheapest protocol that is sound for the edit. */
export type Arming = "kernel" | "cmodx";

/** What a change of a probe's place is for. */
export type Purpose = "arm" | "disarm" | "optimize" | "unoptimize";

/** One change of the text, made by a plan. */
export interface TextChange {
  readonly purpose: Purpose;
  readonly plan: Plan;
}

/** The kernel arms by patch_text; all that takes a breakpoint away stops every core, so that no trap is under way. */
const kernelProtocols: Readonly<Record<Purpose, ProtocolName>> = {
  arm: "kernel-patch-text",
  disarm: "stop-machine-all",
  optimize: "stop-machine-all",
  unoptimize: "kernel-patch-text",
};

/** Puts breakpoints and branches into the text and takes them out, each change by a plan. */
export class Armourer {
  readonly #text: KernelText;
  readonly #arming: Arming;
  readonly #observe: ((change: TextChange) => void) | undefined;

  constructor(text: KernelText, arming: Arming, observe: ((change: TextChange) => void) | undefined) {
    this.#text = text;
    this.#arming = arming;
    this.#observe = observe;
  }

  arm(site: Site): void {
    this.#write(site, this.#breakpoint(site.insn), "arm");
  }

  disarm(site: Site): void {
    this.#write(site, site.insn, "disarm");
  }

  /** Back from the branch to the breakpoint. */
  unoptimize(site: Site): void {
    this.#write(site, this.#breakpoint(site.insn), "unoptimize");
  }

  /**
   * The branch to the detour, with the condition that the breakpoint there has.
   *
   * @returns whether the branch reaches; the kernel stops with a BUG where it does not
   */
  optimize(site: Site, detour: number): boolean {
    const { isa } = this.#text;
    const made = encodeBranch(
      { isa, kind: "b", ...(isa === "t32" ? { width: 4 } : {}) },
      codeAddress(site.address),
      detour,
    );
    if (!made.ok) return false;
    if (isa === "t32") {
      this.#write(site, made.insn, "optimize");
      return true;
    }
    const condition = breakpointFor(site.insn).word & 0xf0000000;
    const word = ((made.insn.word & 0x0fffffff) | condition) >>> 0;
    this.#write(site, decodeA32(word, site.address), "optimize");
    return true;
  }

  /** What is in the text there now. */
  present(site: Site): Insn {
    return insnIn(this.#text.memory, this.#text.isa, codeAddress(site.address));
  }

  #breakpoint(insn: Insn): Insn {
    if (this.#arming === "kernel") return breakpointFor(insn);
    return insn.isa === "a32" ? decodeA32(0xe1200070, insn.address) : decodeT32(0xbe00, 0, insn.address, insn.it);
  }

  #write(site: Site, to: Insn, purpose: Purpose): void {
    const address = codeAddress(site.address);
    const from = this.present(site);
    if (from.word === to.word && from.size === to.size) return;
    const edit: Edit = { isa: this.#text.isa, address, from, to };
    const made = plan(edit, this.#arming === "kernel" ? kernelProtocols[purpose] : cheapest(edit));
    apply(made, this.#text.memory);
    this.#observe?.({ purpose, plan: made });
  }
}

/** An address without the bit that marks Thumb. */
export function codeAddress(address: number): number {
  return (address & ~1) >>> 0;
}

function cheapest(edit: Edit): ProtocolName {
  const sound = check(edit).protocols.find((protocol) => protocol.sound);
  return sound?.name ?? "stop-machine-all";
}
