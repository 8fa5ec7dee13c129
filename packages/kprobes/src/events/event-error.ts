/**
 * What the error log says, by the kernel's name.
 *
 * @example
 * ```ts
 * eventErrors.BAD_REG_NAME; // "Invalid register name"
 * ```
 *
 * @see linux kernel/trace/trace_probe.h
 */
export const eventErrors = {
  MAXACT_NO_KPROBE: "Maxactive is not for kprobe",
  BAD_MAXACT: "Invalid maxactive number",
  MAXACT_TOO_BIG: "Maxactive is too big",
  BAD_PROBE_ADDR: "Invalid probed address or symbol",
  NON_UNIQ_SYMBOL: "The symbol is not unique",
  BAD_RETPROBE: "Retprobe address must be an function entry",
  BAD_ADDR_SUFFIX: "Invalid probed address suffix",
  NO_GROUP_NAME: "Group name is not specified",
  GROUP_TOO_LONG: "Group name is too long",
  BAD_GROUP_NAME: "Group name must follow the same rules as C identifiers",
  NO_EVENT_NAME: "Event name is not specified",
  EVENT_TOO_LONG: "Event name is too long",
  BAD_EVENT_NAME: "Event name must follow the same rules as C identifiers",
  RETVAL_ON_PROBE: "$retval is not available on probe",
  BAD_STACK_NUM: "Invalid stack number",
  BAD_VAR: "Invalid $-variable specified",
  BAD_REG_NAME: "Invalid register name",
  BAD_MEM_ADDR: "Invalid memory address",
  BAD_IMM: "Invalid immediate value",
  IMMSTR_NO_CLOSE: "String is not closed with '\"'",
  FILE_ON_KPROBE: "File offset is not available with kprobe",
  TOO_MANY_OPS: "Dereference is too much nested",
  DEREF_NEED_BRACE: "Dereference needs a brace",
  BAD_DEREF_OFFS: "Invalid dereference offset",
  DEREF_OPEN_BRACE: "Dereference brace is not closed",
  COMM_CANT_DEREF: "$comm can not be dereferenced",
  BAD_FETCH_ARG: "Invalid fetch argument",
  ARRAY_NO_CLOSE: "Array is not closed",
  BAD_ARRAY_SUFFIX: "Array has wrong suffix",
  BAD_ARRAY_NUM: "Invalid array size",
  ARRAY_TOO_BIG: "Array number is too big",
  BAD_TYPE: "Unknown type is specified",
  BAD_STRING: "String accepts only memory argument",
  BAD_SYMSTRING: "Symbol String doesn't accept data/userdata",
  BAD_BITFIELD: "Invalid bitfield",
  ARG_NAME_TOO_LONG: "Argument name is too long",
  NO_ARG_NAME: "Argument name is not specified",
  BAD_ARG_NAME: "Argument name must follow the same rules as C identifiers",
  USED_ARG_NAME: "This argument name is already used",
  ARG_TOO_LONG: "Argument expression is too long",
  NO_ARG_BODY: "No argument expression",
  BAD_INSN_BNDRY: "Probe point is not an instruction boundary",
  FAIL_REG_PROBE: "Failed to register probe event",
  DIFF_PROBE_TYPE: "Probe type is different from existing probe",
  DIFF_ARG_TYPE: "Argument type or name is different from existing probe",
  SAME_PROBE: "There is already the exact same probe event",
  EVENT_TOO_BIG: "Event too big (too many fields?)",
} as const;

/** A key of {@link eventErrors}. */
export type EventErrorName = keyof typeof eventErrors;

/** Error numbers that writing to `kprobe_events` gives. */
export type EventErrno = "EINVAL" | "ENOENT" | "EEXIST" | "EBUSY" | "E2BIG" | "ENOMEM" | "EADDRNOTAVAIL" | "EILSEQ";

/** Why a command was refused; without a name nothing is logged. */
export interface EventFault {
  readonly errno: EventErrno;
  readonly error?: EventErrorName;
  /** Which word of the command, and which character of the word, the log points at. */
  readonly word?: number;
  readonly offset?: number;
}

/** Thrown inside the parser, and caught by whoever began it. */
export class EventRefusal extends Error {
  readonly fault: EventFault;

  constructor(fault: EventFault) {
    super(fault.error === undefined ? fault.errno : eventErrors[fault.error]);
    this.fault = fault;
  }
}

/** Refuses at a character of the word that is being read. */
export function refuseAt(error: EventErrorName, offset: number, errno: EventErrno = "EINVAL"): never {
  throw new EventRefusal({ errno, error, offset });
}
