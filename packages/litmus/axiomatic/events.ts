import { type Flags, isWhole, lineOf, meaning, type Op, type Program, Unread, type Value } from "./program.js";

/** What an access has to do with one place; places do not overlap, so an access of several sizes of memory has several parts. */
export interface Part {
  readonly place: string;
  readonly value: Value;
}

/** One thing that a thread does. Dependencies are positions of reads of the same trace. */
export interface Event {
  readonly kind: "R" | "W" | "F" | "D" | "I" | "dmb" | "dsb" | "isb" | "raise" | "take";
  /** Of the instruction, in program order; a fetch has its instruction's, and comes before what that does. */
  readonly step: number;
  /** What is read, written or fetched: at once, whatever its size. */
  readonly parts: readonly Part[];
  /** What is cleaned or invalidated; left out where everything is. */
  readonly line?: string;
  /**
   * The line of an instruction cache that a fetch looks in and an invalidate forgets, where that is not told by the line of memory: it goes by
   * the address used.
   */
  readonly cacheLine?: string;
  /** Of an interrupt that is raised: the thread that it is for. */
  readonly target?: number;
  /** An invalidate that reaches its own core only. */
  readonly local?: boolean;
  /** Of a store-exclusive that succeeds: the position of the load-exclusive that it goes with. */
  readonly pair?: number;
  readonly option?: "sy" | "ld" | "st";
  /** LDAR, STLR. */
  readonly ordered?: boolean;
  readonly addr: readonly number[];
  readonly data: readonly number[];
  /** Reads that decided branches before it. */
  readonly ctrl: readonly number[];
}

/** A way through one thread's program, if its reads and fetches take these values. */
export interface Trace {
  readonly events: readonly Event[];
  readonly registers: ReadonlyMap<string, Value>;
  /** Exceptions taken, by the address of what caused them. */
  readonly exceptions?: readonly number[];
  /** It did not end: it went round a loop. What it had stored others may have read, and ended its waiting. */
  readonly waits?: boolean;
  /** It ended in a handler, where no interrupt is taken. */
  readonly masked?: boolean;
}

interface Known {
  readonly value: Value;
  readonly from: readonly number[];
}

const longest = 60;

/** All ways through each thread of a program of names. */
export function tracesOf(program: Program): readonly (readonly Trace[])[] {
  return traces(program.memory, program.code.length, (thread, values) => throughThread(program, thread, values));
}

/** All ways through each thread, with reads and fetches taking whatever anybody ever stores there. */
export function traces(
  memory: ReadonlyMap<string, Value>,
  threads: number,
  through: (thread: number, values: ReadonlyMap<string, ReadonlySet<Value>>) => Trace[],
): readonly (readonly Trace[])[] {
  const values = new Map<string, Set<Value>>();
  const add = (place: string, value: Value): boolean => {
    const known = values.get(place);
    if (known?.has(value)) return false;
    if (known === undefined) values.set(place, new Set([memory.get(place) ?? 0, value]));
    else known.add(value);
    return true;
  };
  for (const [place, value] of memory) add(place, value);
  for (let round = 0; ; round++) {
    const found = Array.from({ length: threads }, (_, thread) => through(thread, values));
    let more = false;
    for (const { events } of found.flat()) {
      for (const { kind, parts } of events)
        if (kind === "W") for (const { place, value } of parts) if (add(place, value)) more = true;
    }
    // A value that is stored is made of values stored before it, so no chain of them is longer than there are stores.
    const stores = found
      .map((own) => Math.max(0, ...own.map(({ events }) => events.filter(({ kind }) => kind === "W").length)))
      .reduce((sum, own) => sum + own, 0);
    if (!more || round > stores) return found.map((own) => own.filter(({ waits }) => waits !== true));
  }
}

function throughThread(program: Program, thread: number, values: ReadonlyMap<string, ReadonlySet<Value>>): Trace[] {
  const found: Trace[] = [];
  const start = new Map(
    [...program.registers[thread]!].map(([name, value]): [string, Known] => [name, { value, from: [] }]),
  );
  const go = (
    place: string,
    events: readonly Event[],
    registers: ReadonlyMap<string, Known>,
    ctrl: readonly number[],
    flags: { readonly held: Flags; readonly from: readonly number[] },
    step: number,
  ): void => {
    if (events.length > longest || step > longest || found.length > 20_000) throw new Unread("a long thread");
    const codes = values.get(place);
    if (codes === undefined) {
      found.push({ events, registers: new Map([...registers].map(([name, { value }]) => [name, value])) });
      return;
    }
    const modified = codes.size > 1;
    const conditional = [...codes].filter(
      (code) => /^!B\.?[A-Z]{2} /.test(String(code)) && !/^!(BL|BX|BR) /.test(String(code)),
    );
    // Two of them may be mixed: the bytes tell how.
    if (conditional.length > 1) throw new Unread("conditional branches that replace each other");
    for (const code of codes) {
      if (typeof code !== "string" || !code.startsWith("!")) throw new Unread("code that is no instruction");
      const fetched: readonly Event[] = modified
        ? [...events, { kind: "F", step, parts: [{ place, value: code }], addr: [], data: [], ctrl: [] }]
        : events;
      perform(meaning(code.slice(1)), place, fetched, registers, ctrl, flags, step);
    }
  };
  const perform = (
    op: Op,
    place: string,
    events: readonly Event[],
    registers: ReadonlyMap<string, Known>,
    ctrl: readonly number[],
    flags: { readonly held: Flags; readonly from: readonly number[] },
    step: number,
  ): void => {
    const [name, at] = place.split(":");
    const next = `${name}:${Number(at) + 1}`;
    const read = (register: string): Known =>
      /^[XW]ZR$/.test(register) ? { value: 0, from: [] } : (registers.get(register) ?? { value: 0, from: [] });
    const sum = (parts: readonly string[]): Known => {
      const known = parts.map(read);
      const names = known.filter(({ value }) => value !== 0);
      if (names.length !== 1 || typeof names[0]!.value !== "string") throw new Unread("an address that is no name");
      return { value: names[0]!.value, from: known.flatMap(({ from }) => from) };
    };
    const event = (one: Omit<Event, "step" | "parts" | "addr" | "data" | "ctrl"> & Partial<Event>): Event => ({
      step,
      parts: [],
      addr: [],
      data: [],
      ctrl,
      ...one,
    });
    const on = (to: string, more: readonly Event[] = events, now = registers, decided = ctrl, compared = flags): void =>
      go(to, more, now, decided, compared, step + 1);
    switch (op.op) {
      case "nop":
        on(next);
        return;
      case "read": {
        const { value, from } = sum(op.address);
        if (!isWhole(program, value, op.half === true)) throw new Unread("a part of a place");
        for (const taken of values.get(value as string) ?? [0]) {
          const now = new Map(registers).set(op.to, { value: taken, from: [events.length] });
          on(
            next,
            [
              ...events,
              event({
                kind: "R",
                parts: [{ place: value as string, value: taken }],
                addr: from,
                ...(op.acquire ? { ordered: true } : {}),
              }),
            ],
            now,
          );
        }
        return;
      }
      case "write": {
        const { value, from } = sum(op.address);
        const data = read(op.from);
        if (!isWhole(program, value, op.half === true, data.value)) throw new Unread("a part of a place");
        on(next, [
          ...events,
          event({
            kind: "W",
            parts: [{ place: value as string, value: data.value }],
            addr: from,
            data: data.from,
            ...(op.release ? { ordered: true } : {}),
          }),
        ]);
        return;
      }
      case "set": {
        const known = op.from.map(read);
        const result = { value: op.result(known.map(({ value }) => value)), from: known.flatMap(({ from }) => from) };
        on(next, events, new Map(registers).set(op.to, result));
        return;
      }
      case "flags": {
        const [one, other] = [
          read(op.from[0]),
          typeof op.from[1] === "number" ? { value: op.from[1], from: [] } : read(op.from[1]),
        ];
        on(next, events, registers, ctrl, {
          held: { equal: one.value === other.value },
          from: [...one.from, ...other.from],
        });
        return;
      }
      case "pick": {
        const now = new Map(registers).set(op.to, { value: op.when(flags.held) ? 1 : 0, from: flags.from });
        on(next, events, now);
        return;
      }
      case "branch": {
        const target = `${name}:${Number(at) + op.by}`;
        const linked = op.link ? new Map(registers).set("R30", { value: next, from: [] }) : registers;
        if (op.when === undefined && op.zero === undefined) {
          on(target, events, linked);
          return;
        }
        const taken =
          op.zero === undefined ? op.when!(flags.held) : (read(op.zero.register).value === 0) === op.zero.is;
        const from = op.zero === undefined ? flags.from : read(op.zero.register).from;
        on(taken ? target : next, events, registers, [...ctrl, ...from]);
        return;
      }
      case "jump": {
        const { value, from } = read(op.to);
        if (typeof value !== "string") throw new Unread("a jump to a number");
        on(value, events, op.link ? new Map(registers).set("R30", { value: next, from: [] }) : registers, [
          ...ctrl,
          ...from,
        ]);
        return;
      }
      case "fence":
        on(next, [...events, event({ kind: op.kind, option: op.option })]);
        return;
      case "isb":
        on(next, [...events, event({ kind: "isb" })]);
        return;
      case "clean":
      case "invalidate": {
        const { value, from } = sum(op.address);
        on(next, [
          ...events,
          event({ kind: op.op === "clean" ? "D" : "I", line: lineOf(program, value as string), addr: from }),
        ]);
        return;
      }
    }
  };
  go(`P${thread}:0`, [], start, [], { held: { equal: false }, from: [] }, 0);
  return found;
}
