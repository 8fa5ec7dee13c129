export { type ByteSource, memorySource } from "./byte-source.js";
export type { Inflate } from "./debug-bytes.js";
export { ElfError, type ElfErrorCode } from "./elf-error.js";
export { ExportedNames, type ExportHit } from "./exported-names.js";
export type { ByteOrder, ElfHeader, HeaderTable } from "./header.js";
export { ElfImage, openElf } from "./image.js";
export { IntervalMap } from "./interval-map.js";
export { type SourceLine, sourceLines } from "./lines.js";
export type { CodeRun, Isa, IsaAnswer } from "./mapping-symbols.js";
export { findTable, maxTableEntries, type PatchTable, type TableColumn, type TableEntry } from "./patch-table.js";
export type { Place, Reference } from "./place.js";
export { type Relocation, RelocationTable, relocationName, relocationTypes } from "./relocations.js";
export { relocationOfWord, symbolPlace, type WordForm } from "./resolve.js";
export { Section, sectionTypes } from "./sections.js";
export type { Segment } from "./segments.js";
export { StringTable } from "./string-table.js";
export { type SymbolHit, SymbolTable, symbolSections, symbolTypes } from "./symbols.js";
export {
  bugTable,
  exceptionTable,
  jumpTable,
  kprobeBlacklist,
  mcountTable,
  pvTable,
  smpAltTable,
  type TableField,
  type TableLayout,
  tableLayouts,
  tracepointTable,
} from "./tables.js";
