import { ARCHITECTURES, type Architecture, format } from "@cmodx/codec";
import { type AnyBoundary, type Edit, editSize, straddlesLines } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import { type ProtocolChoice, protocolsFor } from "../protocols/choice.js";
import { type EditContext, judgeContext } from "./context.js";
import { fetchUnitReasons } from "./fetch-unit.js";
import { type Listing, listingOf } from "./listing.js";
import { type Nearest, nearestEdit } from "./nearest.js";
import { type Rule, type RuleId, ruleOf } from "./rules.js";

/** What the answer depends on besides the edit. */
export interface CheckOptions {
  /** Which version's list to judge by; the older one is the default, as it allows less. */
  readonly architecture?: Architecture;
  /** Cores of the machine, the patching one among them, for the protocols' cost; 2 by default. */
  readonly cores?: number;
  /**
   * Bytes that an implementation fetches at once, a power of two from 2 up. The reasons then say what such a core would make of the
   * edit; the verdict stays the architecture's, which promises a word in A32 and a halfword in T32.
   */
  readonly fetchUnit?: number;
  /** Sizes in bytes of the machine's cache lines, for the straddles: powers of two from 4 up; 32 and 64 by default. */
  readonly lines?: readonly number[];
  /** What is around the site, and what else is changed. */
  readonly context?: EditContext;
}

/**
 * The answer to "may this edit be made while other cores execute it?".
 *
 * - `concurrent`: yes; each execution is of the old instruction or of the new one.
 * - `synchronise`: not while a core may execute it; a protocol that keeps them away or tells them makes it sound.
 * - `invalid`: not at all; the result would not be an instruction there.
 */
export type CheckVerdict = "concurrent" | "synchronise" | "invalid";

/** What the rules say of an edit: the verdict, which rule decided and every reason, what the edit straddles, which protocols may make it, and the nearest edit that needs none. */
export interface Judgement {
  readonly verdict: CheckVerdict;
  readonly architecture: Architecture;
  /** The rule that decided. */
  readonly rule: Rule;
  /** Every reason found, most decisive first. */
  readonly reasons: readonly string[];
  /** The boundaries that the edited bytes lie across, narrowest first. */
  readonly straddles: readonly AnyBoundary[];
  /** Sound protocols first, the cheapest of them foremost; empty for an invalid edit. */
  readonly protocols: readonly ProtocolChoice[];
  /** For an edit that is refused: the closest one that would be allowed. */
  readonly nearest?: Nearest;
}

/**
 * Judges one edit by the architecture's rules for concurrent modification and execution.
 *
 * @param edit - what changes, where; instructions as the codec decodes or parses them at that address
 * @param options - the architecture's version, the number of cores, what is around the edit; ARMv7 and two cores by default
 * @throws {PatchingError} `E_ARCHITECTURE` for a version that has no list here; `E_ISA` when an instruction is of another
 *   instruction set than the edit
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" });
 * check(edit).verdict; // "synchronise"
 * check(edit).rule.id; // "both-halfwords"
 * ```
 *
 * @see ARM DDI 0406C A3.5.4; ARM DDI 0487 E2.2.5
 */
export function check(edit: Edit, options: CheckOptions = {}): Judgement {
  const { architecture = "armv7", lines = [32, 64], fetchUnit, context = {} } = options;
  requireKnown(edit, architecture);
  requireSizes(options);
  const boundaries = straddlesLines(edit.address, editSize(edit), lines);
  const around = judgeContext(edit, context);
  const refusal = invalidity(edit) ?? around.invalid;
  if (refusal !== undefined) {
    const [rule, ...reasons] = refusal;
    return {
      verdict: "invalid",
      architecture,
      rule: ruleOf(rule, architecture),
      reasons,
      straddles: boundaries,
      protocols: [],
    };
  }
  const listing = around.unlisted ?? listingOf(edit, architecture);
  const judged = {
    architecture,
    rule: ruleOf(listing.rule, architecture),
    straddles: boundaries,
    protocols: protocolsFor(edit, architecture, options.cores ?? 2, around.unlisted === undefined),
  };
  const asides = [...fetchUnitReasons(edit, fetchUnit), ...around.notes];
  if (listing.listed) return { verdict: "concurrent", ...judged, reasons: [...listing.reasons, ...asides] };
  const nearest = nearestEdit(edit, architecture);
  return {
    verdict: "synchronise",
    ...judged,
    reasons: [...listing.reasons, ...consequences(edit, listing, architecture, boundaries), ...asides],
    ...(nearest === undefined ? {} : { nearest }),
  };
}

/**
 * The verdict of {@link check} and the rule that decided, of an edit around which nothing is known: for whoever has thousands, and wants
 * no reasons.
 */
export function ruling(edit: Edit, architecture: Architecture): Pick<Judgement, "verdict" | "rule"> {
  const refusal = invalidity(edit);
  if (refusal !== undefined) return { verdict: "invalid", rule: ruleOf(refusal[0], architecture) };
  const { listed, rule } = listingOf(edit, architecture);
  return { verdict: listed ? "concurrent" : "synchronise", rule: ruleOf(rule, architecture) };
}

/** Sizes that no machine has are a mistake, and would answer another question. */
function requireSizes({ cores = 1, fetchUnit = 2, lines = [] }: CheckOptions): void {
  const powerOfTwo = (value: number, least: number) =>
    Number.isInteger(value) && value >= least && Number.isInteger(Math.log2(value));
  const wrong: [boolean, string, number, string][] = [
    [Number.isInteger(cores) && cores >= 1, "cores", cores, "use a whole number from 1 up"],
    [powerOfTwo(fetchUnit, 2), "fetchUnit", fetchUnit, "use a power of two from 2 up"],
    ...lines.map((line): [boolean, string, number, string] => [
      powerOfTwo(line, 4),
      "lines",
      line,
      "use powers of two from 4 up",
    ]),
  ];
  for (const [right, option, value, remedy] of wrong) {
    if (right) continue;
    throw new PatchingError({
      code: "E_OPTIONS",
      what: `${option} cannot be ${value}`,
      remedy,
      facts: { option, value },
    });
  }
}

function requireKnown({ isa, from, to }: Edit, architecture: Architecture): void {
  if (!ARCHITECTURES.includes(architecture)) {
    throw new PatchingError({
      code: "E_ARCHITECTURE",
      what: `there is no list for the architecture "${architecture}"`,
      remedy: `use one of ${ARCHITECTURES.join(", ")}`,
      facts: { architecture },
    });
  }
  for (const insn of [from, to]) {
    if (insn.isa === isa) continue;
    throw new PatchingError({
      code: "E_ISA",
      what: `the edit is in ${isa} and "${format(insn)}" is of ${insn.isa}`,
      remedy: "decode or parse both instructions in the edit's instruction set",
      facts: { isa, insn: insn.isa },
    });
  }
}

/** Why the edit cannot be made at all, if so. */
function invalidity({ isa, address, to }: Edit): [RuleId, ...string[]] | undefined {
  const align = isa === "a32" ? 4 : 2;
  if (address % align !== 0) {
    return [
      "misaligned",
      `an ${isa.toUpperCase()} instruction is at a multiple of ${align} bytes`,
      ...(isa === "t32" ? ["bit 0 of a pointer to T32 code says T32, and is no part of the address"] : []),
    ];
  }
  if (to.status === "unallocated") return ["not-an-instruction", "no instruction of the architecture has these bytes"];
  if (to.status === "unpredictable") {
    return ["unpredictable", to.reasons.map((reason) => reason.clause).join("; ") || "its operands are not permitted"];
  }
  return undefined;
}

/** What an unlisted change means for whoever makes it all the same. */
function consequences(
  edit: Edit,
  { rule }: Listing,
  architecture: Architecture,
  boundaries: readonly AnyBoundary[],
): string[] {
  const permitted =
    architecture === "armv7"
      ? "executing it while it changes is UNPREDICTABLE"
      : "a core that executes it while it changes may do whatever any instructions at its exception level can";
  const reasons = rule === "condition-and-target" ? [] : [permitted];
  const wide = editSize(edit) === 4;
  if (wide && boundaries.includes("word")) reasons.push("it lies across a word, so no single store writes it");
  if (wide && boundaries.some((each) => each.startsWith("line"))) {
    reasons.push("it lies across a cache line, so both lines need cleaning and invalidating");
  }
  if (wide && boundaries.includes("page")) reasons.push("it lies across a page, so a write alias needs both pages");
  return reasons;
}
