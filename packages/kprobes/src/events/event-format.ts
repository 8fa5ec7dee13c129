import { COMMON_FIELDS, type EventDefinition, type EventField, formatFile } from "@cmodx/trace";
import type { Argument } from "./argument.js";
import type { EventCommand } from "./command.js";
import type { FetchType } from "./fetch-type.js";

/** Bytes of the common fields. */
const COMMON_BYTES = 8;
const WORD = 4;

/** A type as a format file declares it, and how a value of it is printed. */
function typeText({ name, size, form }: FetchType): { declared: string; printed: string; signed: 0 | 1 } {
  const long = size === 8 ? "L" : "";
  switch (form) {
    case "string":
      return { declared: "__data_loc char[]", printed: '\\"%s\\"', signed: 0 };
    case "signed":
      return { declared: name, printed: `%${long}d`, signed: 1 };
    case "hex":
      return { declared: `u${8 * size}`, printed: `0x%${long}x`, signed: 0 };
    case "symbol":
      return { declared: "u32", printed: "%pS", signed: 0 };
    case "char":
      return { declared: "u8", printed: "'%c'", signed: 0 };
    case "unsigned":
      return { declared: name, printed: `%${long}u`, signed: 0 };
  }
}

/**
 * The event with the layout of its records: fields follow each other without gaps, and begin with the places.
 *
 * @param command - the definition of the probe, read
 * @param id - the event's number, from 1
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x10, 0x40, 0x2d, 0xe9, 0x00, 0x40, 0xa0, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * const events = new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0x80300000, 4), { read: memory.read, comm: () => "sh" });
 * events.write("p:ev work top=%r0:u16");
 * const { fields } = probeDefinition(events.defined[0]!, 2000);
 * fields.map(({ name, offset, size }) => [name, offset, size]); // [["__probe_ip", 8, 4], ["top", 12, 2]]
 * ```
 *
 * @see linux kernel/trace/trace_probe.c traceprobe_set_print_fmt, trace_kprobe.c kprobe_event_define_fields
 */
export function probeDefinition(command: EventCommand, id: number): EventDefinition {
  const { group: system, event: name, isReturn, arguments: args } = command;
  let size = COMMON_BYTES;
  const next = (bytes: number): number => {
    size += bytes;
    return size - bytes;
  };
  const fields = [
    ...(isReturn ? ["__probe_func", "__probe_ret_ip"] : ["__probe_ip"]).map((place) => placeField(place, next(WORD))),
    ...args.map((argument) => argumentField(argument, next(argument.type.size * (argument.count ?? 1)))),
  ];
  const where = isReturn
    ? `"(%lx <- %lx)${args.map(printed).join("")}", REC->__probe_func, REC->__probe_ret_ip`
    : `"(%lx)${args.map(printed).join("")}", REC->__probe_ip`;
  const print = `${where}${args.flatMap(recorded).join("")}`;
  return { system, name, id, common: COMMON_FIELDS, fields, size, print };
}

/**
 * The event's `format` file.
 *
 * @param command - the definition of the probe, read
 * @param id - the event's number, from 1
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x10, 0x40, 0x2d, 0xe9, 0x00, 0x40, 0xa0, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * const events = new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0x80300000, 4), { read: memory.read, comm: () => "sh" });
 * events.write("p:ev work %r0");
 * eventFormat(events.defined[0]!, 2000).split("\n").at(-2); // "print fmt: \"(%lx) arg1=0x%x\", REC->__probe_ip, REC->arg1"
 * ```
 */
export function eventFormat(command: EventCommand, id: number): string {
  return formatFile(probeDefinition(command, id));
}

function placeField(name: string, offset: number): EventField {
  const element = { size: WORD, signed: false } as const;
  const declaration = `unsigned long ${name}`;
  return { name, declaration, kind: "field", element, text: false, offset, size: WORD, signed: false };
}

function argumentField({ name, type, count }: Argument, offset: number): EventField {
  const { declared, signed } = typeText(type);
  const isText = type.form === "string" && count === undefined;
  return {
    name,
    declaration: `${declared} ${name}${count === undefined ? "" : `[${count}]`}`,
    kind: isText ? "dynamic" : count === undefined ? "field" : "array",
    element: { size: isText ? 1 : type.size, signed: signed === 1 },
    text: isText,
    offset,
    size: type.size * (count ?? 1),
    signed: signed === 1,
  };
}

function printed({ name, type, count }: Argument): string {
  const one = typeText(type).printed;
  return ` ${name}=${count === undefined ? one : `{${Array.from({ length: count }, () => one).join(",")}}`}`;
}

function recorded({ name, type, count }: Argument): string[] {
  if (type.form === "string" && count === undefined) return [`, __get_str(${name})`];
  if (count === undefined) return [`, REC->${name}`];
  return Array.from({ length: count }, (_, i) =>
    type.form === "string" ? `, __get_str(${name}[${i}])` : `, REC->${name}[${i}]`,
  );
}
