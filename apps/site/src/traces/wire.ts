import type { TraceEntry } from "@cmodx/trace";
import type { Switches } from "./station.js";

export type ToStation =
  | { readonly kind: "switches"; readonly switches: Switches }
  /** Instructions for each slice of time; 0 stands still. */
  | { readonly kind: "pace"; readonly instructions: number };

export type FromStation =
  | { readonly kind: "ready"; readonly functions: readonly string[] }
  | { readonly kind: "applied"; readonly refused: string | null }
  | { readonly kind: "entries"; readonly entries: readonly TraceEntry[]; readonly clock: number };
