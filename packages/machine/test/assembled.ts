import { itBlock, nextIt, noIt, parse } from "@cmodx/codec";

/** Instructions one behind the other, as bytes. */
export function assembled(isa: "a32" | "t32", lines: readonly string[], start: number): Uint8Array {
  const bytes: number[] = [];
  let it = noIt;
  for (const line of lines) {
    const parsed = parse(line, { isa, address: start + bytes.length, it });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    it = itBlock(parsed.insn) !== 0 ? itBlock(parsed.insn) : nextIt(it, parsed.insn);
    const { word, size } = parsed.insn;
    const halves = size === 2 ? [word] : isa === "t32" ? [word >>> 16, word & 0xffff] : [word & 0xffff, word >>> 16];
    for (const half of halves) bytes.push(half & 0xff, half >>> 8);
  }
  return Uint8Array.from(bytes);
}
