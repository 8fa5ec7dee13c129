/**
 * How text is printed: `ual` as the architecture manual writes it, `llvm` and `gnu` as those disassemblers print it,
 * `preUal` in the divided syntax of old ARM assembly.
 */
export type Profile = "ual" | "gnu" | "llvm" | "preUal";
