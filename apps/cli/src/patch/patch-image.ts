import { memorySource, openElf } from "@cmodx/elf";
import { type CallWish, callEdits, callsOf, selectRecords } from "@cmodx/ftrace";
import { applyEdits, type Edit, imageMemory, insnIn } from "@cmodx/patching";
import {
  type Compat,
  type ImageLabels,
  keyEdits,
  labelsOf,
  type StaticKey,
  type SwitchCosts,
  switchCosts,
} from "@cmodx/static-keys";
import { matches, parsePattern } from "@cmodx/trace";
import { InvalidArgumentError } from "commander";
import { named } from "../audit/read-report.js";
import { UsageError } from "../frame/usage-error.js";

/** What is to be switched, and to what. */
export type Wishes = readonly { readonly name: string; readonly state: string }[];

/** `NAME=STATE`. For commander's option parsing. */
export function wish(text: string): Wishes[number] {
  const at = text.lastIndexOf("=");
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), state: text.slice(at + 1) };
  throw new InvalidArgumentError("Write it as NAME=on or NAME=off.");
}

/** What became of one wish's key, or of the calls that its pattern names. */
interface Switched {
  readonly name: string;
  readonly state: string;
  readonly sites: number;
  /** Sites that were not so already. */
  readonly switched: number;
  /** For a key, what switching it costs a running machine of four cores. */
  readonly costs?: SwitchCosts;
}

export interface PatchResult {
  readonly bytes: Uint8Array;
  readonly keys: readonly Switched[];
  readonly calls: readonly Switched[];
  readonly sites: readonly {
    readonly kind: "jump_label" | "mcount";
    readonly edit: Edit;
    readonly key: string | null;
    readonly symbol: string | null;
  }[];
  /** Addresses whose instruction in `written` is not the one that was to be there. */
  verify(written: Uint8Array): number[];
}

/**
 * Switches keys and calls in the bytes of an image.
 *
 * @throws {UsageError} for a name that nothing has, a state that is none, or an image that cannot be read
 */
export function patchImage(
  bytes: Uint8Array,
  path: string,
  { key, call, compat }: { readonly key: Wishes; readonly call: Wishes; readonly compat: Compat },
): PatchResult {
  return named(path, () => {
    const image = openElf(memorySource(bytes));
    const sites: PatchResult["sites"][number][] = [];
    const keys = key.length === 0 ? [] : switchKeys(labelsOf(image, bytes), key, compat, sites);
    const calls: Switched[] = [];
    if (call.length > 0) {
      const found = callsOf(image, bytes);
      for (const { name, state } of call) {
        const records = selectRecords(found, parsePattern(name));
        if (records.length === 0)
          throw new UsageError(`--call ${name}`, "names no traced function", "see cmodx audit --kind mcount");
        const edits = callEdits(found, records, stateOf(name, state, ["on", "off", "built"]) as CallWish);
        const names = new Map(records.map((record) => [record.ip, record.name]));
        applyEdits(edits, found.memory);
        for (const edit of edits)
          sites.push({ kind: "mcount", edit, key: null, symbol: names.get(edit.address) ?? null });
        calls.push({ name, state, sites: records.length, switched: edits.length });
      }
    }
    return { bytes, keys, calls, sites, verify: (written) => wrongSites(written, path, sites) };
  });
}

function switchKeys(
  labels: ImageLabels,
  wishes: Wishes,
  compat: Compat,
  sites: PatchResult["sites"][number][],
): Switched[] {
  return wishes.flatMap(({ name, state }) => {
    const wanted = stateOf(name, state, ["on", "off", "built"]);
    return keysNamed(labels, name).map((key) => {
      const on = wanted === "built" ? key.initiallyTrue : wanted === "on";
      const edits = keyEdits(labels, key, on, compat);
      applyEdits(edits, labels.memory);
      for (const edit of edits) sites.push({ kind: "jump_label", edit, key: key.name, symbol: null });
      const all = labels.entries.filter((entry) => entry.key === key.address).length;
      return { name: key.name, state, sites: all, switched: edits.length, costs: switchCosts(edits, CORES) };
    });
  });
}

/** Of the machine that costs are told for. */
const CORES = 4;

const TRACEPOINT = "__tracepoint_";

/** A key by its symbol, with or without the offset in what it is part of; by its tracepoint's name; by address; or by a glob. */
export function keysNamed({ keys }: ImageLabels, name: string, option = "--key"): StaticKey[] {
  const exact = keys.filter((key) => key.name === name);
  if (exact.length > 0) return exact;
  if (/^0x[0-9a-f]+$/i.test(name)) {
    const at = keys.filter((key) => key.address === Number(name));
    if (at.length > 0) return at;
  }
  const pattern = parsePattern(name);
  const plain = (key: StaticKey) => key.name.replace(/\+0x[0-9a-f]+$/, "");
  const event = (key: StaticKey) => (plain(key).startsWith(TRACEPOINT) ? plain(key).slice(TRACEPOINT.length) : "");
  const found = keys.filter((key) => [key.name, plain(key), event(key)].some((each) => matches(pattern, each)));
  if (found.length > 0) return found;
  throw new UsageError(`${option} ${name}`, "there is no static key of this name", nearest(keys.map(plain), name));
}

function nearest(names: readonly string[], wanted: string): string {
  const unique = [...new Set(names)];
  const close = unique.filter((name) => name.includes(wanted) || wanted.includes(name));
  const shown = (close.length > 0 ? close : unique).slice(0, 5);
  return shown.length === 0
    ? "the image has none"
    : `the image has ${shown.join(", ")}${unique.length > shown.length ? ", …" : ""}`;
}

function stateOf(name: string, state: string, known: readonly string[]): string {
  if (known.includes(state)) return state;
  throw new UsageError(`${name}=${state}`, `"${state}" is no state`, `use ${known.join(", ")}`);
}

function wrongSites(written: Uint8Array, path: string, sites: PatchResult["sites"]): number[] {
  const image = openElf(memorySource(written));
  const memory = imageMemory(image, written);
  // A site that several wishes name is as the last one left it.
  const last = new Map(sites.map(({ edit }) => [edit.address, edit]));
  return [...last.values()].flatMap(({ isa, address, to }) => {
    const found = named(path, () => insnIn(memory, isa, address));
    return found.word === to.word && found.size === to.size ? [] : [address];
  });
}
