import type { Insn } from "@cmodx/codec";
import { type Edit, insnIn } from "@cmodx/patching";
import type { ImageLabels } from "./image-labels.js";
import type { JumpEntry } from "./jump-entry.js";
import { type Compat, nopAt, siteEdit } from "./site-edit.js";
import type { StaticKey } from "./static-key.js";
import { formNow } from "./truth-table.js";

/** A jump table and the memory that its sites are in. */
export type SwitchedLabels = Pick<ImageLabels, "entries" | "memory">;

/**
 * The edits that make all sites of a key what they are when it is on, or off. Sites that are so already need none.
 *
 * With `strict` compatibility a site is switched off by the NOP that the image was built with, so that switching there and back
 * restores every byte: kernels for cores older than ARMv6K have `mov r0, r0` where others have the architectural NOP.
 *
 * @param labels - the jump labels of an image
 * @param key - one of its keys
 * @param on - what the key is to be
 * @param compat - Linux's habits, or the architecture's rules
 * @throws {StaticKeysError} `E_RANGE`, `E_SITE` as {@link siteEdit}
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const bytes = readFileSync("samples/sites-arm.elf");
 * const labels = labelsOf(openElf(memorySource(bytes)), bytes);
 * const key = labels.keys.find(({ name }) => name === "trace_key")!;
 * keyEdits(labels, key, true).map(({ to }) => to.mnemonic); // ["b", "b", "b", "b"]
 * keyEdits(labels, key, false).length; // 0
 * ```
 */
export function keyEdits(labels: SwitchedLabels, key: StaticKey, on: boolean, compat: Compat = "strict"): Edit[] {
  return sitesOf(labels, key).flatMap((entry) => {
    const nop = compat === "strict" ? builtNop(labels, entry) : nopAt(entry, compat);
    return siteEdit(entry, formNow(on, entry.likely), labels.memory, compat, nop) ?? [];
  });
}

const byKey = new WeakMap<readonly JumpEntry[], ReadonlyMap<number, readonly JumpEntry[]>>();

/** A table is read once, however many keys are asked for. */
function sitesOf({ entries }: SwitchedLabels, { address }: StaticKey): readonly JumpEntry[] {
  let groups = byKey.get(entries);
  if (groups === undefined) {
    const made = new Map<number, JumpEntry[]>();
    for (const entry of entries) {
      const group = made.get(entry.key);
      if (group === undefined) made.set(entry.key, [entry]);
      else group.push(entry);
    }
    groups = made;
    byKey.set(entries, groups);
  }
  return groups.get(address) ?? [];
}

const oldNops = new WeakMap<SwitchedLabels, boolean>();

function builtNop(labels: SwitchedLabels, entry: JumpEntry): Insn {
  let old = oldNops.get(labels);
  if (old === undefined) {
    const words = new Set(
      labels.entries.filter(({ isa }) => isa === "a32").map(({ code }) => insnIn(labels.memory, "a32", code).word),
    );
    const nop = (compat: Compat) => nopAt({ ...entry, isa: "a32" }, compat).word;
    old = words.has(nop("linux")) && !words.has(nop("strict"));
    oldNops.set(labels, old);
  }
  return nopAt(entry, old ? "linux" : "strict");
}
