import type { SoftEvent } from "@cmodx/trace";
import { matches, parsePattern } from "@cmodx/trace";
import type { Ftrace, FtraceAnswer } from "./ftrace.js";
import type { FunctionProbes, ProbeAction, ProbeKind } from "./function-probes.js";

/** What commands in a filter file need. */
export interface FilterCommands {
  readonly ftrace: Ftrace;
  readonly probes: FunctionProbes;
  /** The event that `enable_event:system:event` names. */
  readonly event: (system: string, name: string) => SoftEvent | undefined;
}

const EVENT_ACTIONS: ReadonlySet<string> = new Set(["enable_event", "disable_event"]);
const COUNTED_ACTIONS: ReadonlySet<string> = new Set(["traceon", "traceoff", "snapshot", "stacktrace"]);
/** These act once, whatever count is written. */
const ONCE_ACTIONS: ReadonlySet<string> = new Set(["dump", "cpudump"]);
const FOR_EVER = -1;

/**
 * Runs `function:command[:parameters]`, as it is written into `set_ftrace_filter`; with `!` in front of the function the command's
 * trigger is taken away again.
 *
 * @param rest - what stands behind `command:`; undefined where there is no colon
 *
 * @see linux kernel/trace/trace_functions.c ftrace_trace_probe_callback, trace_events.c event_enable_func
 */
export function runCommand(
  commands: FilterCommands,
  name: string,
  command: string,
  rest: string | undefined,
): FtraceAnswer {
  if (EVENT_ACTIONS.has(command)) return switchingEvent(commands, name, command as ProbeAction, rest);
  if (ONCE_ACTIONS.has(command)) return change(commands, name, { does: command as ProbeAction, counted: true }, "1");
  if (!COUNTED_ACTIONS.has(command)) return "-EINVAL";
  const [count] = rest?.split(":") ?? [];
  return change(commands, name, { does: command as ProbeAction, counted: rest !== undefined }, count);
}

function switchingEvent(
  commands: FilterCommands,
  name: string,
  does: ProbeAction,
  rest: string | undefined,
): FtraceAnswer {
  const [system = "", event, count] = rest?.split(":") ?? [];
  if (event === undefined) return "-EINVAL";
  const found = commands.event(system, event);
  if (found === undefined || (count === "" && !name.startsWith("!"))) return "-EINVAL";
  return change(commands, name, { does, counted: count !== undefined }, count, found);
}

function change(
  { ftrace, probes }: FilterCommands,
  name: string,
  kind: ProbeKind,
  count: string | undefined,
  event?: SoftEvent,
): FtraceAnswer {
  if (name.startsWith("!")) {
    const pattern = parsePattern(name.slice(1));
    return probes.remove(kind, (ip) => pattern.search === "" || matches(pattern, ftrace.recordAt(ip)?.name ?? ""));
  }
  const left = count === undefined || count === "" ? FOR_EVER : countOf(count);
  if (typeof left === "string") return left;
  const shared = event === undefined ? undefined : { left, event };
  return probes.add(
    kind,
    ftrace.select(parsePattern(name)).map(({ ip }) => ip),
    () => shared ?? { left },
  );
}

/** A number as the kernel reads one into an unsigned word, seen as a signed one. */
function countOf(text: string): number | FtraceAnswer {
  const digits = /^\+?(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(text);
  if (digits === null) return "-EINVAL";
  const [, hex, octal, decimal] = digits;
  const value = Number.parseInt((hex ?? octal ?? decimal)!, hex !== undefined ? 16 : octal !== undefined ? 8 : 10);
  return value > 0xffffffff ? "-ERANGE" : value | 0;
}
