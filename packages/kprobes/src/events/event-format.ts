import type { Argument } from "./argument.js";
import type { EventCommand } from "./command.js";
import type { FetchType } from "./fetch-type.js";

const COMMON = [
  ["unsigned short common_type", 0, 2, 0],
  ["unsigned char common_flags", 2, 1, 0],
  ["unsigned char common_preempt_count", 3, 1, 0],
  ["int common_pid", 4, 4, 1],
] as const;

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

/** The event's `format` file. @see linux kernel/trace/trace_probe.c traceprobe_set_print_fmt, trace_kprobe.c kprobe_event_define_fields */
export function eventFormat({ event, isReturn, arguments: args }: EventCommand, id: number): string {
  const line = (declared: string, offset: number, size: number, signed: number): string =>
    `\tfield:${declared};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;
  const places = isReturn ? ["__probe_func", "__probe_ret_ip"] : ["__probe_ip"];
  let at = COMMON_BYTES;
  const next = (size: number): number => {
    at += size;
    return at - size;
  };
  const placeLines = places.map((name) => line(`unsigned long ${name}`, next(WORD), WORD, 0));
  const fields = args.map(({ name, type, count }) => {
    const { declared, signed } = typeText(type);
    const size = type.size * (count ?? 1);
    return line(`${declared} ${name}${count === undefined ? "" : `[${count}]`}`, next(size), size, signed);
  });
  const where = isReturn
    ? `"(%lx <- %lx)${args.map(printed).join("")}", REC->__probe_func, REC->__probe_ret_ip`
    : `"(%lx)${args.map(printed).join("")}", REC->__probe_ip`;
  return [
    `name: ${event}\nID: ${id}\nformat:\n`,
    ...COMMON.map(([declared, offset, size, signed]) => line(declared, offset, size, signed)),
    "\n",
    ...placeLines,
    ...fields,
    `\nprint fmt: ${where}${args.flatMap(recorded).join("")}\n`,
  ].join("");
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
