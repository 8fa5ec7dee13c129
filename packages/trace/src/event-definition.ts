/** How a value of a C type stands in memory: its bytes, and whether it is signed. */
export interface CType {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** A field with its place in a record. */
export interface EventField {
  readonly name: string;
  /** As the format file prints it, with the array's brackets where the kernel puts them: `char prev_comm[16]`. */
  readonly declaration: string;
  /** One value, an array of fixed length, or one whose length is the record's own. */
  readonly kind: "field" | "array" | "dynamic";
  readonly element: CType;
  /** Whether it is text: an array, fixed or dynamic, of `char`. */
  readonly text: boolean;
  /** Bytes from the record's start. */
  readonly offset: number;
  /** Bytes in the record's fixed part. */
  readonly size: number;
  readonly signed: boolean;
}

/** An event with the layout of its records. */
export interface EventDefinition {
  readonly system: string;
  readonly name: string;
  readonly id: number;
  readonly common: readonly EventField[];
  readonly fields: readonly EventField[];
  /** Bytes of a record's fixed part. */
  readonly size: number;
  /** As after `print fmt: `. */
  readonly print: string;
}

/** A field's value: text for arrays of `char`, numbers for other arrays; 64-bit fields are bigints. */
export type FieldValue = number | bigint | string | readonly (number | bigint)[];

/** What a record holds, by field. */
export type EventValues = Readonly<Record<string, FieldValue>>;

const common = (type: string, name: string, offset: number, size: CType["size"], signed: boolean): EventField => ({
  name,
  declaration: `${type} ${name}`,
  kind: "field",
  element: { size, signed },
  text: false,
  offset,
  size,
  signed,
});

/**
 * What every record begins with: eight bytes.
 *
 * @example
 * ```ts
 * COMMON_FIELDS.map(({ offset }) => offset); // [0, 2, 3, 4]
 * ```
 *
 * @see linux include/linux/trace_events.h struct trace_entry
 */
export const COMMON_FIELDS: readonly EventField[] = [
  common("unsigned short", "common_type", 0, 2, false),
  common("unsigned char", "common_flags", 2, 1, false),
  common("unsigned char", "common_preempt_count", 3, 1, false),
  common("int", "common_pid", 4, 4, true),
];

/**
 * The event's `format` file as tracefs shows it.
 *
 * @param definition - the event, with its number and the layout of its fields
 *
 * @example
 * ```ts
 * const wake = { system: "sched", name: "wake", id: 300, common: COMMON_FIELDS, fields: [], size: 8, print: '"woken"' };
 * formatFile(wake).split("\n").slice(0, 2); // ["name: wake", "ID: 300"]
 * ```
 *
 * @see linux kernel/trace/trace_events.c f_show
 */
export function formatFile({ name, id, common, fields, print }: EventDefinition): string {
  const line = ({ declaration, offset, size, signed }: EventField) =>
    `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed ? 1 : 0};\n`;
  return [
    `name: ${name}\nID: ${id}\nformat:\n`,
    ...common.map(line),
    "\n",
    ...fields.map(line),
    `\nprint fmt: ${print}\n`,
  ].join("");
}
