import { format, type Profile, parse } from "@cmodx/codec";
import { decodeProbe } from "./draw.js";
import type { Probe } from "./tools.js";

const profiles: readonly Profile[] = ["ual", "gnu", "llvm", "preUal"];

/**
 * Texts of objdump's that gas itself reads as another word: the `gnu` profile prints what objdump prints, and `parse` reads what gas reads, so
 * the law cannot hold there. By encoding and profile, with the reason.
 */
const notReadBack = new Map([["RSB_imm_T2 gnu", "objdump leaves .w away where gas takes the 16-bit RSB of a zero"]]);

/** parse(format(i)) = i in every profile for every word that is ok or has no text of its own; returns how many classes failed. */
export function roundTrips(name: string, probes: readonly Probe[]): number {
  const broken = new Map<string, string>();
  const known = new Map<string, number>();
  let tried = 0;
  probes.forEach((probe, i) => {
    const address = (i * 4) >>> 0;
    const insn = decodeProbe(probe, address);
    if (insn.status === "unpredictable") return;
    for (const profile of profiles) {
      tried++;
      const text = format(insn, profile);
      const back = parse(text, { isa: insn.isa, address });
      if (back.ok && back.insn.word === insn.word && back.insn.size === insn.size) continue;
      const what = `${insn.encoding?.id} ${profile}`;
      if (notReadBack.has(what)) known.set(what, (known.get(what) ?? 0) + 1);
      else broken.set(what, `${probe.word.toString(16)} "${text}"`);
    }
  });
  console.log(
    `\n${name}: parse(format(i)) = i for ${tried} texts in ${profiles.length} profiles; ${broken.size} classes broken`,
  );
  for (const [what, count] of known) console.log(`  ${what}: ${count} not read back, ${notReadBack.get(what)}`);
  for (const [what, example] of broken) console.log(`  FAIL ${what}: ${example}`);
  return broken.size;
}
