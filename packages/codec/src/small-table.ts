import { type Conditions, DecodeRow } from "./decode-row.js";
import { Decoder } from "./decoder.js";
import type { Group, Row } from "./encoding.js";
import { table } from "./generated/decode-rows.js";
import { readGroups } from "./table/read.js";

/** A row of which only what decoding needs is here. */
class SmallRow extends DecodeRow {
  readonly #group: Group;
  readonly #place: number;

  constructor(group: Group, place: number, index: number) {
    super(group.isa, group.narrow ? 2 : 4, index);
    this.#group = group;
    this.#place = place;
  }

  get #says(): Row {
    return this.#group.rows()[this.#place]!;
  }

  get id(): string {
    return this.#says.id;
  }

  get diagram(): string {
    return this.#says.diagram;
  }

  get conditions(): Conditions {
    return this.#says.conditions ?? this.#says.spec;
  }
}

function rows(): SmallRow[] {
  const made: SmallRow[] = [];
  for (const { group, size } of readGroups(table))
    for (let place = 0; place < size; place++) made.push(new SmallRow(group, place, made.length));
  return made;
}

/** Every row of the table, in its order. */
export const smallRows: readonly DecodeRow[] = rows();

export const smallDecoder: Decoder = new Decoder(smallRows);
