/**
 * How text is printed: `ual` as the architecture manual writes it, `llvm` and `gnu` as those disassemblers print it,
 * `preUal` in the divided syntax of old ARM assembly.
 */
export type Profile = "ual" | "gnu" | "llvm" | "preUal";

/** The profile of this name; `ual` for a name that a caller in JavaScript made up. */
export function profileOf(name: string): Profile {
  return name === "gnu" || name === "llvm" || name === "preUal" ? name : "ual";
}
