import { DecodeRow } from "./decode-row.js";
import { Decoder } from "./decoder.js";
import { table } from "./generated/decode-rows.js";
import { rowsOf } from "./table/read.js";

/** Every row of the table, in its order, of which only what decoding needs is here. */
export const smallRows: readonly DecodeRow[] = rowsOf(table, DecodeRow);

export const smallDecoder: Decoder = new Decoder(smallRows);
