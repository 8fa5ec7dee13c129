import { type Conditions, DecodeRow } from "./decode-row.js";
import { Decoder } from "./decoder.js";
import type { Group, Row } from "./encoding.js";
import { decodeGroups } from "./generated/decode-rows.js";
import { thumbOf } from "./table/thumb-of.js";

/** Reads a group of the generated text: a line for each row, its parts apart by tabs. */
function groupOf([isa, arch, narrow, text]: (typeof decodeGroups)[number]): Group {
  let made: Row[] | undefined;
  const read = (): Row[] =>
    text.split("\n").map((line) => {
      const [id = "", diagram = "", ...conditions] = line.split("\t");
      const [only, undefined_, unpredictable] = conditions.map((part) => part || undefined);
      return {
        id,
        diagram,
        syntax: "",
        spec: {
          ...(only && { only }),
          ...(undefined_ && { undefined: undefined_ }),
          ...(unpredictable && { unpredictable }),
        },
      };
    });
  return {
    title: "",
    isa,
    arch,
    ...(narrow && { narrow: true }),
    rows: () => {
      made ??= read();
      return made;
    },
  };
}

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
    return this.#says.spec;
  }
}

/** A group whose rows are made once. */
function kept(group: Group): Group {
  let made: readonly Row[] | undefined;
  return {
    ...group,
    rows: () => {
      made ??= group.rows();
      return made;
    },
  };
}

function allRows(): SmallRow[] {
  const written = decodeGroups.map(groupOf);
  const groups = decodeGroups.flatMap(([, , , , from], n) =>
    from === undefined
      ? [{ group: written[n]!, size: decodeGroups[n]![5] }]
      : [{ group: kept(thumbOf(written[from]!)), size: decodeGroups[n]![5] }],
  );
  const made: SmallRow[] = [];
  for (const { group, size } of groups)
    for (let place = 0; place < size; place++) made.push(new SmallRow(group, place, made.length));
  return made;
}

/** Every row of the table, in its order. */
export const smallRows: readonly DecodeRow[] = allRows();

export const smallDecoder: Decoder = new Decoder(smallRows);
