import type { Property, ProtocolName } from "@cmodx/patching";
import { PROPERTY_CHOICES, PROTOCOL_CHOICES } from "./names.js";

// What the playground asks, as plain data, and as the fragment of an address. The fragment comes from anybody: what is not exactly a
// known choice, a number in its range or a text of bounded length is left out.

export type IsaName = "a32" | "t32";

export const ADDABLE = ["clean", "dsb", "dmb", "isb", "invalidate", "invalidate-local"] as const;
export type Addable = (typeof ADDABLE)[number];

/** One step taken out of a protocol's plan, or put in front of one. */
export type StepChange =
  | { readonly kind: "drop"; readonly role: "patcher" | "others"; readonly index: number }
  | { readonly kind: "add"; readonly role: "patcher" | "others"; readonly index: number; readonly what: Addable };

/** One instruction is changed into another. */
export interface SiteState {
  readonly mode: "site";
  readonly isa: IsaName;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly protocol: ProtocolName;
  /** A second protocol to be shown beside it. */
  readonly versus?: ProtocolName;
  readonly architecture: "armv7" | "armv8-aarch32";
  readonly executors: number;
  readonly calls: number;
  readonly code: "site" | "real";
  readonly property?: Property;
  readonly changes: readonly StepChange[];
}

/** A test in herd's format. */
export interface LitmusState {
  readonly mode: "litmus";
  readonly text: string;
}

/** Assembler text for a few cores. */
export interface ProgramState {
  readonly mode: "program";
  readonly isa: IsaName;
  readonly text: string;
}

export type PlayState = SiteState | LitmusState | ProgramState;

export const MOST_CORES = 4;
export const MOST_CALLS = 8;
const MOST_TEXT = 20_000;
const MOST_INSN = 80;
const MOST_CHANGES = 40;

export const SITE_DEFAULT: SiteState = {
  mode: "site",
  isa: "t32",
  at: 0x8000,
  from: "nop.w",
  to: "b.w 0x9000",
  protocol: "store-only",
  architecture: "armv7",
  executors: 1,
  calls: 2,
  code: "site",
  changes: [],
};

/** The state that a fragment (without its `#`) stands for; undefined where it names no mode. */
export function readState(fragment: string): PlayState | undefined {
  if (fragment.length > 4 * MOST_TEXT) return undefined;
  const given = new URLSearchParams(fragment);
  switch (given.get("mode")) {
    case "site":
      return siteState(given);
    case "litmus":
      return { mode: "litmus", text: textOf(given.get("text"), MOST_TEXT) };
    case "program":
      return {
        mode: "program",
        isa: oneOf(given.get("isa"), ["a32", "t32"], "a32"),
        text: textOf(given.get("text"), MOST_TEXT),
      };
    default:
      return undefined;
  }
}

function siteState(given: URLSearchParams): SiteState {
  const versus = given.get("versus");
  const property = given.get("property");
  return {
    mode: "site",
    isa: oneOf(given.get("isa"), ["a32", "t32"], SITE_DEFAULT.isa),
    at: addressOf(given.get("at")) ?? SITE_DEFAULT.at,
    from: textOf(given.get("from") ?? SITE_DEFAULT.from, MOST_INSN),
    to: textOf(given.get("to") ?? SITE_DEFAULT.to, MOST_INSN),
    protocol: oneOf(given.get("protocol"), PROTOCOL_CHOICES, SITE_DEFAULT.protocol),
    ...(isOne(versus, PROTOCOL_CHOICES) ? { versus } : {}),
    architecture: oneOf(given.get("arch"), ["armv7", "armv8-aarch32"], "armv7"),
    executors: numberIn(given.get("executors"), 1, MOST_CORES, 1),
    calls: numberIn(given.get("calls"), 1, MOST_CALLS, 2),
    code: oneOf(given.get("code"), ["site", "real"], "site"),
    ...(isOne(property, PROPERTY_CHOICES) ? { property } : {}),
    changes: changesOf(given.get("steps") ?? ""),
  };
}

/** `-p3` drops the fourth step of the patcher, `+o0:isb` puts an ISB in front of the others' first. */
function changesOf(text: string): StepChange[] {
  const words = text.split(",").slice(0, MOST_CHANGES);
  return words.flatMap((word): StepChange[] => {
    const [, sign, who, digits, what] = /^([-+])([po])(\d{1,2})(?::([a-z-]+))?$/.exec(word) ?? [];
    if (sign === undefined) return [];
    const role = who === "p" ? "patcher" : "others";
    const index = Number(digits);
    if (sign === "-") return [{ kind: "drop", role, index }];
    return isOne(what ?? null, ADDABLE) ? [{ kind: "add", role, index, what: what as Addable }] : [];
  });
}

function changesText(changes: readonly StepChange[]): string {
  return changes
    .map((change) => {
      const place = `${change.role === "patcher" ? "p" : "o"}${change.index}`;
      return change.kind === "drop" ? `-${place}` : `+${place}:${change.what}`;
    })
    .join(",");
}

/** The fragment that stands for a state; what is as by default is left out. */
export function writeState(state: PlayState): string {
  const said = new URLSearchParams({ mode: state.mode });
  if (state.mode !== "site") {
    if (state.mode === "program") said.set("isa", state.isa);
    said.set("text", state.text);
    return said.toString();
  }
  const { isa, at, from, to, protocol, versus, architecture, executors, calls, code, property, changes } = state;
  for (const [name, value] of Object.entries({ isa, at: `0x${at.toString(16)}`, from, to, protocol }))
    said.set(name, value);
  if (versus !== undefined) said.set("versus", versus);
  if (architecture !== "armv7") said.set("arch", architecture);
  if (executors !== 1) said.set("executors", String(executors));
  if (calls !== 2) said.set("calls", String(calls));
  if (code !== "site") said.set("code", code);
  if (property !== undefined) said.set("property", property);
  if (changes.length > 0) said.set("steps", changesText(changes));
  return said.toString();
}

function isOne<T extends string>(text: string | null, known: readonly T[]): text is T {
  return text !== null && (known as readonly string[]).includes(text);
}

function oneOf<T extends string>(text: string | null, known: readonly T[], otherwise: T): T {
  return isOne(text, known) ? text : otherwise;
}

function numberIn(text: string | null, min: number, max: number, otherwise: number): number {
  const value = /^\d{1,4}$/.test(text ?? "") ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : otherwise;
}

/** An address as people write it, in the 32-bit space; undefined for anything else. */
export function addressOf(text: string | null): number | undefined {
  if (text === null || !/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text.trim())) return undefined;
  const value = Number(text.trim());
  return value <= 0xffff_ffff ? value : undefined;
}

/** Text of bounded length, without control characters and those that turn the direction of writing. */
function textOf(text: string | null, most: number): string {
  return (text ?? "").slice(0, most).replaceAll(/[^\P{C}\n\r\t]/gu, "");
}
