import type { Pattern, PatternId } from "./pattern.js";
import { PROGRAM_PATTERNS } from "./program-patterns.js";
import { PROTOCOL_PATTERNS } from "./protocol-patterns.js";

const ORDER: readonly PatternId[] = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "L1"];

/**
 * Every pattern, P1 to P11 and L1.
 *
 * @example
 * ```ts
 * PATTERNS.map(({ id }) => id); // ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "L1"]
 * ```
 */
export const PATTERNS: readonly Pattern[] = [...PROTOCOL_PATTERNS, ...PROGRAM_PATTERNS].sort(
  (a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id),
);
