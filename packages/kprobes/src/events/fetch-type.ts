import { unsignedNumber } from "./numbers.js";

/** How a fetched value is kept and printed. */
export interface FetchType {
  readonly name: string;
  /** Bytes in the record. */
  readonly size: 1 | 2 | 4 | 8;
  readonly form: "unsigned" | "signed" | "hex" | "symbol" | "char" | "string";
}

const made = (name: string, size: FetchType["size"], form: FetchType["form"]): FetchType => ({ name, size, form });

const types: ReadonlyMap<string, FetchType> = new Map(
  [
    ...["string", "ustring", "symstr"].map((name) => made(name, 4, "string")),
    ...([1, 2, 4, 8] as const).flatMap((size) => [
      made(`u${8 * size}`, size, "unsigned"),
      made(`s${8 * size}`, size, "signed"),
      made(`x${8 * size}`, size, "hex"),
    ]),
    made("char", 1, "char"),
    made("symbol", 4, "symbol"),
  ].map((type) => [type.name, type]),
);

/** The type of a name; without a name the one of a word. A bit field has the type of its container. */
export function fetchType(name: string | undefined): FetchType | undefined {
  if (name?.startsWith("b")) {
    const slash = name.indexOf("/");
    const bits = slash < 0 ? undefined : unsignedNumber(name.slice(slash + 1));
    return bits === undefined ? undefined : types.get(`u${bits}`);
  }
  return types.get(name ?? "x32");
}
