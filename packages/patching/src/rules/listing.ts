import { type Architecture, cmodxClass, directTarget, type Insn, LISTS, type Lists } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import type { RuleId } from "./rules.js";

/** Whether the architecture's list covers an edit, by which rule, and why in words. */
export interface Listing {
  readonly listed: boolean;
  readonly rule: RuleId;
  readonly reasons: readonly string[];
}

const yes = (rule: RuleId, ...reasons: string[]): Listing => ({ listed: true, rule, reasons });
const no = (rule: RuleId, ...reasons: string[]): Listing => ({ listed: false, rule, reasons });

/**
 * The name an instruction has in the list: `B`, `BL`, `NOP`, …, and `B.W`, `Bcc.W` for the wide branches of T32, whose halfwords
 * are listed apart; otherwise its mnemonic, which no list has. `MOV R0, R0` is not `NOP`: only the hint is.
 */
export function kindOf(insn: Insn): string {
  return cmodxClass(insn).whole ?? insn.mnemonic.toUpperCase();
}

/** A 32-bit T32 call, `BL` or `BLX` to a label: its first halfword may be changed by itself. */
export function isCall(insn: Insn): boolean {
  const kind = kindOf(insn);
  return insn.isa === "t32" && insn.size === 4 && (kind === "BL" || kind === "BLX");
}

/** What the list of `architecture` says of `edit`, whose address and instructions are known to be valid. */
export function listingOf(edit: Edit, architecture: Architecture): Listing {
  const { isa, from, to } = edit;
  const lists = LISTS[architecture];
  if (from.word === to.word && from.size === to.size) return yes("unchanged", "old and new bytes are equal");
  if (isa === "a32") return whole(edit, lists.a32, "a32-listed", "A32");
  if (from.size === 2 && to.size === 2) return whole(edit, lists.t16, "t16-listed", "16-bit T32");
  if (from.size === 4 && to.size === 4) return halfwords(edit, lists);
  return resized(edit, lists);
}

/** A32 and T16: one fetch unit holds the whole instruction, so membership of both sides decides. */
function whole(edit: Edit, list: ReadonlySet<string>, rule: RuleId, space: string): Listing {
  const missing = unlisted(edit, list);
  if (missing.length > 0) {
    const names = [...list].join(", ");
    return no("not-listed", ...missing.map((kind) => `${kind} is not in the ${space} list: ${names}`));
  }
  return mixture(edit) ?? yes(rule, `${kindOf(edit.from)} and ${kindOf(edit.to)} are both in the ${space} list`);
}

function unlisted({ from, to }: Edit, list: ReadonlySet<string>): string[] {
  return [...new Set([kindOf(from), kindOf(to)])].filter((kind) => !list.has(kind));
}

/**
 * A branch that changes condition and target at once may be executed with the old one of the first and the new one of the
 * second, even where one of the conditions is "always". That is neither the old nor the new instruction.
 */
function mixture({ from, to }: Edit): Listing | undefined {
  if (!BRANCHES.has(kindOf(from)) || !BRANCHES.has(kindOf(to))) return undefined;
  if (from.cond === to.cond || directTarget(from) === directTarget(to)) return undefined;
  return no(
    "condition-and-target",
    "a core may execute the old condition with the new target, or the new condition with the old target",
  );
}

const BRANCHES: ReadonlySet<string> = new Set(["B", "BL"]);

/** Two halfwords, two fetches: each that changes is a modification of its own, and only some are covered. */
function halfwords(edit: Edit, lists: Lists): Listing {
  const { from, to } = edit;
  const [before, after] = [kindOf(from), kindOf(to)];
  const firstChanges = from.word >>> 16 !== to.word >>> 16;
  const secondChanges = (from.word & 0xffff) !== (to.word & 0xffff);
  if (firstChanges && secondChanges) {
    return no(
      "both-halfwords",
      "a core may fetch the old first halfword and the new second one, or the other way round, whatever the store's size",
      ...(before === after
        ? []
        : [`${before} and ${after} are different kinds, and a halfword may only change within a kind`]),
    );
  }
  const list = firstChanges ? lists.firstHalfword : lists.secondHalfword;
  const which = firstChanges ? "first" : "second";
  if (before !== after || !list.has(before)) {
    return no("halfword-not-listed", `${before} to ${after} is not a listed change of the ${which} halfword`);
  }
  return yes(
    firstChanges ? "t32-first-halfword" : "t32-second-halfword",
    `only the ${which} halfword changes, and both are ${before}`,
  );
}

/** One instruction has two halfwords and the other has one: only the first halfword is written. */
function resized({ from, to }: Edit, lists: Lists): Listing {
  const [wide, narrow] = from.size === 4 ? [from, to] : [to, from];
  const [wideKind, narrowKind] = [kindOf(wide), kindOf(narrow)];
  if (lists.firstHalfword.has(wideKind) && lists.t16ForBranchWithLink.has(narrowKind)) {
    const rest =
      wide === from
        ? "the second halfword stays, and is an instruction of its own to whoever gets past the first"
        : "the second halfword of the new instruction must be in place already, written while nothing could reach it";
    return yes(
      "t32-first-halfword-t16",
      `only the first halfword changes, ${wideKind} against 16-bit ${narrowKind}`,
      rest,
    );
  }
  return no(
    "size-change",
    wide === from
      ? "the second halfword of the old instruction stays and becomes an instruction of its own"
      : "the new instruction also covers the one after the old",
    `${wideKind} against 16-bit ${narrowKind} is not a listed change of the first halfword`,
  );
}
