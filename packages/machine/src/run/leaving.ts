import type { Program } from "./node.js";
import { type EmitContext, mayBeNan, plainStates } from "./values.js";

/** Operations the compiler leaves to the interpreter, instruction by instruction. */
const leftToInterpreter = new Set([
  "return",
  "trap",
  "hint",
  "banked",
  "setbanked",
  "unpredictable",
  "unimplemented",
  "compute",
]);

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
const mostNodes = 180;

/** Must the interpreter execute it? */
export function isLeft(program: Program, { stops, caches, guard, single }: EmitContext): boolean {
  if (stops(program.address) || program.nodes.length > mostNodes) return true;
  const site = guard(program.address);
  // A site's form is that of a whole instruction that is always executed.
  if (site !== undefined && (site === "left" || program.it !== 0 || site.size !== program.size)) return true;
  return program.nodes.some(
    ({ op: name, text, args }) =>
      leftToInterpreter.has(name) ||
      (caches !== undefined && leftToCaches.has(name)) ||
      // Routines are known by their addresses: what is in an IT block is not what is there without one.
      (single && name === "it") ||
      (name === "invalidateicache" && args.length === 0) ||
      ((name === "system" || name === "setsystem") && plainStates[text] === undefined),
  );
}

/** Can it leave for the interpreter in the middle: for memory, for a NaN, or for maintenance that is not allowed or changes code? */
export function mayFault({ nodes }: Program): boolean {
  return nodes.some(({ op: name }) => faulting.has(name) || mayBeNan(name));
}

const faulting = new Set(["load", "store", "loadexclusive", "storeexclusive", "cleandcache", "invalidateicache"]);
