import type { Program } from "./node.js";
import { type EmitContext, mayBeNan, plainStates } from "./values.js";

/** Operations the compiler leaves to the interpreter, instruction by instruction. */
const leftToInterpreter = new Set([
  "loadexclusive",
  "highword",
  "storeexclusive",
  "clearexclusive",
  "return",
  "trap",
  "hint",
  "cleandcache",
  "invalidateicache",
  "banked",
  "setbanked",
  "unpredictable",
  "unimplemented",
  "isb",
]);

/** Operations of one instruction: the structures of Advanced SIMD have many, and are as well interpreted. */
const mostNodes = 180;

/** Must the interpreter execute it? */
export function isLeft(program: Program, { stops, caches }: EmitContext): boolean {
  if (stops(program.address) || program.nodes.length > mostNodes) return true;
  return program.nodes.some(
    ({ op: name, text }) =>
      leftToInterpreter.has(name) ||
      // A barrier empties the store buffer.
      (caches !== undefined && (name === "dmb" || name === "dsb")) ||
      ((name === "system" || name === "setsystem") && plainStates[text] === undefined),
  );
}

/** Can it leave for the interpreter in the middle: for memory, or for a NaN? */
export function mayFault({ nodes }: Program): boolean {
  return nodes.some(({ op: name }) => name === "load" || name === "store" || mayBeNan(name));
}
