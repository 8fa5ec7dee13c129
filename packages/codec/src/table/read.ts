import type { EncodingSpec, Group, Row } from "../encoding.js";
import { thumbOf } from "./thumb-of.js";

/** A group as the generator writes it. */
export interface GroupHead {
  readonly title: string;
  readonly isa: "a32" | "t32";
  readonly arch: string;
  readonly extension?: string;
  readonly narrow?: true;
  /** Thumb's floating-point rows are made from those of this group of A32. */
  readonly from?: number;
  readonly size: number;
}

/** The table as the generator writes it: what is alike stands together, so that it packs well and is read fast. */
export interface TableText {
  /** What stands in the columns. */
  readonly names: string;
  /** Columns apart by tabs, their rows apart by new lines: those of all groups that are not made from others. */
  readonly text: string;
  readonly heads: readonly GroupHead[];
}

/** Parts of a row that are not plain text. */
const structured = new Set(["hasNames", "privileged", "also", "aliases"]);

/** Reads rows from columns, from row `first` on. */
function readRows(
  names: readonly string[],
  columns: readonly (readonly string[])[],
  first: number,
  size: number,
): Row[] {
  return Array.from({ length: size }, (_, i) => {
    const spec: Record<string, unknown> = {};
    const row = { id: "", diagram: "", syntax: "", spec };
    names.forEach((name, n) => {
      const part = columns[n]?.[first + i] ?? "";
      if (name === "id" || name === "diagram" || name === "syntax") row[name] = part;
      else if (part !== "") spec[name] = structured.has(name) ? JSON.parse(part) : part;
    });
    return row as Row & { spec: EncodingSpec };
  });
}

/** The groups of a generated table, and how many rows each has. The rows are read when they are first asked for. */
export function readGroups({ names, text, heads }: TableText): { readonly group: Group; readonly size: number }[] {
  const groups: Group[] = [];
  let columns: string[][] | undefined;
  let first = 0;
  for (const { from, size, ...head } of heads) {
    const start = first;
    if (from === undefined) first += size;
    const read = (): readonly Row[] => {
      if (from !== undefined) return thumbOf(groups[from]!).rows();
      columns ??= text.split("\t").map((column) => column.split("\n"));
      return readRows(names.split(" "), columns, start, size);
    };
    let made: readonly Row[] | undefined;
    groups.push({
      ...head,
      rows: () => {
        made ??= read();
        return made;
      },
    });
  }
  return groups.map((group, n) => ({ group, size: heads[n]!.size }));
}
