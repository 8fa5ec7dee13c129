import { isChecked } from "./emit-float.js";
import { type Node, type Program, refusals } from "./node.js";
import { type EmitContext, plainStates } from "./values.js";

/** Operations the compiler leaves to the interpreter, instruction by instruction. */
const leftToInterpreter = new Set<string>(["return", "trap", "hint", "banked", "setbanked", ...refusals]);

/**
 * With caches, barriers and exclusive stores empty the store buffer and maintenance has much to do; without, they say at most that code has
 * changed.
 */
const leftToCaches = new Set([
  "dmb",
  "dsb",
  "isb",
  "cleandcache",
  "invalidateicache",
  "loadexclusive",
  "storeexclusive",
]);

/** Operations of one instruction: the structures of Advanced SIMD have many, and are as well interpreted. */
const mostNodes = 400;

/** Operations whose values lie in the cells of extension registers or follow from those, besides arithmetic on them. */
const ofExtension: ReadonlySet<string> = new Set(
  "word setword double setdouble joined half select compute setsystem and or xor shl shr sar add sub eq lt f64_s32 f64_u32".split(
    " ",
  ),
);

/** Is it arithmetic on extension registers and nothing else? Then a routine can do it, or what of it compiled code does not. */
function isExtension({ nodes }: Program): boolean {
  return nodes.every(({ op: name, text }, i) => {
    if (name === "when" || name === "end" || nodes[i + 1]?.op === "when") return true;
    if (name === "setsystem") return text === "fpscr.nzcv";
    return ofExtension.has(name) || isChecked(name);
  });
}

/** Does a routine do it, but for its condition? */
export function isByRoutine(program: Program): boolean {
  return program.nodes.some(({ op }) => op === "compute") && isExtension(program);
}

/** Does a routine do it where it is not as simple as mostly? */
export function mayNeedRoutine({ nodes }: Program): boolean {
  return nodes.some(({ op }) => isChecked(op));
}

const refusing = new Set<string>(refusals);
const effect = /^(set|store|clear|loadexclusive)/;

/**
 * Is it a condition under which the instruction is refused, before it has done anything? Then the interpreter need have it only where that holds.
 */
export function isRefusal(nodes: readonly Node[], at: number): boolean {
  if (nodes[at]?.op !== "when" || !refusing.has(nodes[at + 1]!.op) || nodes[at + 2]!.op !== "end") return false;
  return !nodes.slice(0, at).some(({ op }) => effect.test(op));
}

/** Must the interpreter execute it? */
export function isLeft(program: Program, { stops, caches, guard, single }: EmitContext): boolean {
  if (stops(program.address)) return true;
  const byRoutine = isByRoutine(program);
  if (mayNeedRoutine(program) && !isExtension(program)) return true;
  if (!byRoutine && program.nodes.length > mostNodes) return true;
  const site = guard(program.address);
  // A site's form is that of a whole instruction that is always executed.
  if (site !== undefined && (site === "left" || program.it !== 0 || site.size !== program.size)) return true;
  return program.nodes.some(
    ({ op: name, text, args }, i) =>
      (leftToInterpreter.has(name) && !isRefusal(program.nodes, i - 1)) ||
      (name === "compute" && !byRoutine) ||
      (caches !== undefined && leftToCaches.has(name)) ||
      // Routines are known by their addresses: what is in an IT block is not what is there without one.
      (single && name === "it") ||
      (name === "invalidateicache" && args.length === 0) ||
      ((name === "system" || name === "setsystem") && plainStates[text] === undefined) ||
      // Not all that may be written there is modelled.
      (name === "setsystem" && text === "fpscr"),
  );
}

/** Can it leave for the interpreter in the middle: for memory, or for maintenance that is not allowed or changes code? */
export function mayFault({ nodes }: Program): boolean {
  return nodes.some(({ op: name }, i) => faulting.has(name) || isRefusal(nodes, i));
}

const faulting = new Set(["load", "store", "loadexclusive", "storeexclusive", "cleandcache", "invalidateicache"]);
