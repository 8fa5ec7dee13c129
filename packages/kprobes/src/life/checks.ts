import { advanceIt, decodeA32, decodeT32, type Insn, type ItState, isWide, noIt } from "@cmodx/codec";
import type { Compat } from "../rule.js";
import { codeAddress } from "./arming.js";
import { type KernelText, within } from "./kernel-text.js";
import type { ProbeSpec } from "./probe.js";
import { type Refusal, refuse } from "./refusal.js";

export type PlaceFound = { readonly ok: true; readonly address: number; readonly entry: boolean } | Refusal;

/** The address that a probe is for, and whether a function begins there. @see linux kernel/kprobes.c, _kprobe_addr */
export function findPlace(text: KernelText, { address, symbol, offset = 0 }: ProbeSpec): PlaceFound {
  if ((address === undefined) === (symbol === undefined))
    return refuse("EINVAL", "address-or-symbol", "a probe has either an address or a symbol");
  const base = symbol === undefined ? address : symbolAddress(text, symbol);
  if (base === undefined) return refuse("ENOENT", "symbol", `there is no symbol ${symbol}`);
  const place = (base + offset) >>> 0;
  const found = text.functionAt(place);
  if (found === undefined) return refuse("ENOENT", "covered", "no symbol covers the address");
  return { ok: true, address: place, entry: place === found.start };
}

/** The address of `symbol`, or of `module:symbol`. */
export function symbolAddress(text: KernelText, name: string): number | undefined {
  const colon = name.indexOf(":");
  const address = text.lookup(name.slice(colon + 1));
  if (colon < 0 || address === undefined) return address;
  return text.moduleAt(address)?.name === name.slice(0, colon) ? address : undefined;
}

/** Whether a probe may be there at all, whatever the instruction. @see linux kernel/kprobes.c, check_kprobe_address_safe */
export function checkPlace(text: KernelText, address: number, compat: Compat): Refusal | undefined {
  // The kernel compares the address as it was given, so the bit that marks Thumb hides a call site of the tracer.
  if (text.isFtraceSite(compat === "strict" ? codeAddress(address) : address))
    return refuse("EINVAL", "ftrace", "the function tracer changes the call there");
  const module = text.isCoreText(address) ? undefined : text.moduleAt(address);
  if (module === undefined && !text.isCoreText(address)) return refuse("EINVAL", "text", "the address is no text");
  if (isBlacklisted(text, address)) return refuse("EINVAL", "blacklist", "probes are forbidden there");
  if (text.isJumpLabel(address)) return refuse("EINVAL", "jump-label", "a static key changes the instruction there");
  if (text.isBug(address)) return refuse("EINVAL", "bug", "a BUG() is there");
  if (/^__(cfi|pfx)_/.test(text.functionAt(address)?.name ?? ""))
    return refuse("EINVAL", "preamble", "it is no code but what stands before a function");
  if (module?.state === "going") return refuse("ENOENT", "module-going", `module ${module.name} is going away`);
  if (module !== undefined && within(address, module.init) && module.state !== "coming")
    return refuse("ENOENT", "module-init", `the init text of module ${module.name} is freed`);
  if (compat === "strict" && !onBoundary(text, codeAddress(address)))
    return refuse("EILSEQ", "boundary", "no instruction begins there");
  return undefined;
}

function isBlacklisted(text: KernelText, address: number): boolean {
  const listed = (at: number): boolean =>
    text.isForbidden(at) || text.blacklist.some(({ start, end }) => at >= start && at < end);
  if (listed(address)) return true;
  // A part that the compiler split off, `f.part.0`, is where `f` may be probed.
  const [whole, part] = (text.functionAt(address)?.name ?? "").split(/\.(.*)/s);
  const base = part === undefined || whole === undefined ? undefined : text.lookup(whole);
  return base !== undefined && listed(base);
}

/** The instruction that memory holds; undefined where there are no bytes. */
export function readInsn({ isa, memory }: KernelText, address: number): Insn | undefined {
  const first = memory.read(address, isa === "a32" ? 4 : 2);
  if (first === undefined) return undefined;
  const half = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
  if (isa === "a32") return decodeA32((half(first, 0) | (half(first, 2) << 16)) >>> 0, address);
  if (!isWide(half(first, 0))) return decodeT32(half(first, 0), 0, address);
  const second = memory.read(address + 2, 2);
  return second && decodeT32(half(first, 0), half(second, 0), address);
}

function onBoundary(text: KernelText, address: number): boolean {
  return text.isa === "a32" || itStateAt(text, address) !== undefined;
}

/** ITSTATE of the Thumb instruction at an address, counted from the start of its function; undefined where none begins there. */
export function itStateAt(text: KernelText, address: number): ItState | undefined {
  let at = text.functionAt(address)?.start ?? address;
  let it = noIt;
  while (at < address) {
    const insn = readInsn(text, at);
    if (insn === undefined) return undefined;
    it = insn.encoding?.id === "IT_T1" ? insn.word & 0xff : advanceIt(it);
    at += insn.size;
  }
  return at === address ? it : undefined;
}
