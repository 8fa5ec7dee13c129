import type { Group } from "../encoding.js";
import { a32DataProcessing } from "./a32-data-processing.js";
import { a32LoadStore } from "./a32-load-store.js";
import { a32MultiplyMedia } from "./a32-multiply-media.js";
import { a32System } from "./a32-system.js";
import { neonLoadStore } from "./neon-load-store.js";
import { neonThreeRegisters } from "./neon-three-registers.js";
import { neonTwoRegisters } from "./neon-two-registers.js";
import { t16 } from "./t16.js";
import { t32DataProcessing } from "./t32-data-processing.js";
import { t32LoadStore } from "./t32-load-store.js";
import { t32MultiplyMedia } from "./t32-multiply-media.js";
import { t32System } from "./t32-system.js";
import { thumbOf } from "./thumb-of.js";
import { vfp } from "./vfp.js";

const simd: readonly Group[] = [vfp, neonThreeRegisters, neonTwoRegisters, neonLoadStore];

/** The parts of the table, in the order in which the assembler prefers encodings: narrow before wide. */
export const groups: readonly Group[] = [
  a32DataProcessing,
  a32MultiplyMedia,
  a32LoadStore,
  a32System,
  ...simd,
  t16,
  t32DataProcessing,
  t32MultiplyMedia,
  t32LoadStore,
  t32System,
  ...simd.map(thumbOf),
];
