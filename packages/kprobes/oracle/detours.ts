import { decodeA32 } from "@cmodx/codec";
import { type Decision, decide, makeDetour } from "@cmodx/kprobes";
import { detourAddress, type Kernel } from "./kernel.js";

const errnos = { EILSEQ: -84, ENOMEM: -12, ERANGE: -34 } as const;

/**
 * Detours of random instructions at random distances, many about where the branch ceases to reach: the kernel's code makes them,
 * and so do we. The last two words are the kernel's own addresses.
 *
 * @returns how many differ
 */
export function compareDetours(linux: Kernel, count: number, next: () => number): number {
  const decisions: Decision[] = [];
  while (decisions.length < count) {
    const distance =
      next() % 2 === 0
        ? (next() % 0x6000000) - 0x3000000
        : (next() % 2 === 0 ? 1 : -1) * 0x2000000 + (next() % 64) - 32;
    const insn = decodeA32(next(), (detourAddress - (distance & ~3)) >>> 0);
    const decision = decide(insn, "linux");
    if (decision.action !== "reject") decisions.push(decision);
  }
  const requests = decisions.flatMap(({ insn, stack, registers }) => [
    insn.address,
    insn.word,
    stack ?? 0,
    registers ?? 0xffffffff,
  ]);
  const answers = linux.detours(Uint32Array.from(requests));
  let [made, wrong] = [0, 0];
  for (const [i, { insn, stack, registers }] of decisions.entries()) {
    const theirs = answers.subarray(25 * i, 25 * i + 25);
    const request = { insn, stack: stack ?? 0, registers, address: detourAddress, probe: 0, callback: 0 };
    const ours = makeDetour(request, "linux");
    if (ours.ok) made++;
    const same = ours.ok
      ? theirs[0] === 0 && sameWords(ours.detour.bytes, theirs.subarray(1, 23))
      : theirs[0]! >> 0 === errnos[ours.errno as keyof typeof errnos];
    if (same) continue;
    if (wrong++ < 10)
      console.log(`  ${insn.word.toString(16)} at ${insn.address.toString(16)}: ${ours.ok ? "made" : ours.errno}`);
  }
  console.log(`detours: ${count - wrong} of ${count} as the kernel (${made} made, ${count - made} refused)`);
  return wrong;
}

function sameWords(bytes: Uint8Array, words: Uint32Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return words.every((word, i) => view.getUint32(4 * i, true) === word);
}
