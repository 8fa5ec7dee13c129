import { format, type Profile, parse } from "@cmodx/codec";
import { decodeProbe } from "./draw.js";
import type { Probe } from "./tools.js";

const profiles: readonly Profile[] = ["ual", "gnu", "llvm", "preUal"];

/** parse(format(i)) = i in every profile for every word that is ok or has no text of its own; returns how many classes failed. */
export function roundTrips(name: string, probes: readonly Probe[]): number {
  const broken = new Map<string, string>();
  let tried = 0;
  probes.forEach((probe, i) => {
    const address = (i * 4) >>> 0;
    const insn = decodeProbe(probe, address);
    if (insn.status === "unpredictable") return;
    for (const profile of profiles) {
      tried++;
      const text = format(insn, profile);
      const back = parse(text, { isa: insn.isa, address });
      if (!back.ok || back.insn.word !== insn.word || back.insn.size !== insn.size)
        broken.set(`${insn.encoding?.id} ${profile}`, `${probe.word.toString(16)} "${text}"`);
    }
  });
  console.log(
    `\n${name}: parse(format(i)) = i for ${tried} texts in ${profiles.length} profiles; ${broken.size} classes broken`,
  );
  for (const [what, example] of broken) console.log(`  FAIL ${what}: ${example}`);
  return broken.size;
}
