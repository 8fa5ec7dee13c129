import { decodeA32, decodeT32, format, isWide } from "@cmodx/codec";
import type { LitmusTest, Lowered } from "../src/index.js";
import { lowerLitmus } from "../src/index.js";
import { type Event, type Part, type Trace, traces } from "./events.js";
import { Unread, type Value } from "./program.js";

// The second way to read a test, for those in which names are not enough: code is bytes at addresses, so stores to parts of an instruction,
// halves of one and mixtures of two are what the bytes make. Where things lie is the engine's layout; what instructions do is told here anew.

/** How often one exception may be taken: an execution that takes it so often shows that the bound was too low. */
export const mostExceptions = 4;

/** A test laid out in memory. */
export interface Layout {
  readonly lowered: Lowered;
  readonly threads: number;
  readonly lineBytes: number;
  readonly idc: boolean;
  readonly dic: boolean;
  /** What a place holds in the beginning. */
  initial(place: string): Value;
  traces(): readonly (readonly Trace[])[];
  /** The places of a word. */
  placesOf(address: number, size: number): readonly string[];
}

interface Known {
  readonly value: number;
  readonly from: readonly number[];
}

interface State {
  readonly pc: number;
  readonly registers: readonly Known[];
  readonly equal: boolean;
  readonly flags: readonly number[];
  readonly events: readonly Event[];
  readonly ctrl: readonly number[];
  readonly steps: number;
  /** The load-exclusive that is open. */
  readonly exclusive: { readonly at: number; readonly address: number } | undefined;
  readonly returnTo: number;
  readonly handling: "nothing" | "exception" | "interrupt";
  /** What the interrupt that was taken has interrupted. */
  readonly interrupted: Pick<State, "pc" | "equal" | "flags"> | undefined;
  readonly exceptions: readonly number[];
  /** Where the thread was, with what in its registers, since it last did something that others see. */
  readonly seen: ReadonlySet<string>;
}

const longest = 80;
/** Where a return from the whole leads. */
const outside = 0xfffffff0;

export function layoutOf(test: LitmusTest): Layout {
  const thumb = test.arch === "Thumb";
  if (!thumb && test.arch !== "ARM") throw new Unread(`${test.arch} as bytes`);
  const lowered = lowerLitmus(test);
  const { scenario } = lowered;
  const texts = test.columns.flatMap(({ lines }) => lines.map(({ text }) => text ?? ""));
  if (texts.some((text) => /^(LDR|STR)(EX)?S?[BD]\b/i.test(text)))
    throw new Unread("an access of a byte or of two words");
  const unit = thumb || texts.some((text) => /^(LDR|STR)(EX)?S?H\b/i.test(text)) ? 2 : 4;
  const bytes = new Map<number, number>();
  for (const { address, bytes: own } of scenario.memory)
    for (const [i, byte] of [...own].entries()) bytes.set(address + i, byte);
  const initialAt = (address: number): number => {
    let value = 0;
    for (let i = 0; i < unit; i++) value += (bytes.get(address + i) ?? 0) * 2 ** (8 * i);
    return value;
  };
  const memory = new Map<string, Value>();
  for (const address of bytes.keys()) {
    const start = address - (address % unit);
    memory.set(`${start}`, initialAt(start));
  }
  return {
    lowered,
    threads: scenario.cores.length,
    lineBytes: scenario.model?.lineBytes ?? 64,
    idc: scenario.model?.idc ?? false,
    dic: scenario.model?.dic ?? false,
    initial: (place) => initialAt(Number(place)),
    traces: () =>
      traces(memory, scenario.cores.length, (thread, values) => new Walk(lowered, thread, thumb, unit, values).all()),
    placesOf: (address, size) => Array.from({ length: size / unit }, (_, i) => `${address + i * unit}`),
  };
}

/** All ways through one thread. */
class Walk {
  readonly #found: Trace[] = [];
  readonly #lowered: Lowered;
  readonly #thread: number;
  readonly #thumb: boolean;
  readonly #unit: number;
  readonly #values: ReadonlyMap<string, ReadonlySet<Value>>;
  readonly #ends: ReadonlySet<number>;

  constructor(
    lowered: Lowered,
    thread: number,
    thumb: boolean,
    unit: number,
    values: ReadonlyMap<string, ReadonlySet<Value>>,
  ) {
    this.#lowered = lowered;
    this.#thread = thread;
    this.#thumb = thumb;
    this.#unit = unit;
    this.#values = values;
    const [step] = lowered.scenario.cores[thread]!.steps;
    this.#ends = new Set(step?.op === "execute" ? step.until : []);
  }

  all(): Trace[] {
    const { steps, registers = {} } = this.#lowered.scenario.cores[this.#thread]!;
    const [step] = steps;
    const state: State = {
      pc: step?.op === "execute" ? step.address : outside,
      registers: Array.from({ length: 16 }, (_, n) => ({
        value: n === 14 ? outside : (registers[n] ?? 0) >>> 0,
        from: [],
      })),
      equal: false,
      flags: [],
      events: [],
      ctrl: [],
      steps: 0,
      exclusive: undefined,
      returnTo: outside,
      handling: "nothing",
      interrupted: undefined,
      exceptions: [],
      seen: new Set(),
    };
    this.#go(state);
    return this.#found;
  }

  #end({ events, registers, exceptions, handling }: State): void {
    this.#found.push({
      events,
      registers: new Map(registers.map(({ value }, n) => [`R${n}`, value | 0])),
      exceptions,
      masked: handling !== "nothing",
    });
  }

  /** The interrupt arrives here: for each thread one at most. */
  #interrupt(state: State): void {
    const handler = this.#lowered.scenario.cores[this.#thread]!.onInterrupt;
    if (handler === undefined || state.handling !== "nothing" || state.interrupted !== undefined) return;
    const { pc, equal, flags, ctrl, events, steps } = state;
    this.#go({
      ...state,
      pc: handler.address,
      handling: "interrupt",
      interrupted: { pc, equal, flags },
      steps: steps + 1,
      events: [...events, { kind: "take", step: steps, parts: [], addr: [], data: [], ctrl }],
      seen: new Set(),
    });
  }

  #go(state: State): void {
    const { pc, registers, equal, steps } = state;
    if (steps > longest || state.events.length > longest || this.#found.length > 20_000)
      throw new Unread("a long thread");
    const at = this.#memory(pc);
    if (pc === outside || this.#ends.has(pc) || !this.#values.has(`${at - (at % this.#unit)}`)) {
      this.#interrupt(state);
      this.#end(state);
      return;
    }
    // Once round a loop that leaves everything as it was is no other execution: without it, less is asked of the same final state.
    const here = `${pc} ${equal} ${state.returnTo} ${state.handling} ${registers.map(({ value }) => value).join()}`;
    if (state.seen.has(here)) {
      this.#found.push({ events: state.events, registers: new Map(), waits: true });
      return;
    }
    this.#interrupt(state);
    const next = { ...state, seen: new Set(state.seen).add(here) };
    for (const first of this.#fetch(next, pc, this.#thumb ? 2 : 4, true)) {
      if (!this.#thumb) this.#perform(first.state, format(decodeA32(first.value, pc)), 4);
      else if (!isWide(first.value)) this.#perform(first.state, format(decodeT32(first.value, 0, pc)), 2);
      else {
        for (const second of this.#fetch(first.state, pc + 2, 2, false))
          this.#perform(second.state, format(decodeT32(first.value, second.value, pc)), 4);
      }
    }
  }

  /** What may be fetched, with the event of it where there is more than one value. */
  #fetch(
    state: State,
    address: number,
    size: number,
    mix: boolean,
  ): { readonly value: number; readonly state: State }[] {
    const all = this.#possible(address, size);
    if (all.length === 1) return [{ value: joined(all[0]!, this.#unit), state }];
    const fetching = (before: State, parts: readonly Part[]): State => ({
      ...before,
      events: [
        ...before.events,
        { kind: "F", step: before.steps, parts, cacheLine: this.#cacheLine(address), addr: [], data: [], ctrl: [] },
      ],
    });
    const plain = all.map((parts) => ({ value: joined(parts, this.#unit), state: fetching(state, parts) }));
    if (!mix) return plain;
    // The condition of one branch with the target of another: both were fetched, in whichever order.
    const mixed = all.flatMap((one) =>
      all.flatMap((other) =>
        mixtures(joined(one, this.#unit), joined(other, this.#unit), this.#thumb).map((value) => ({
          value,
          state: fetching(fetching(state, one), other),
        })),
      ),
    );
    return [...plain, ...mixed];
  }

  /** All that an access of these bytes may read. */
  #possible(address: number, size: number): readonly (readonly Part[])[] {
    if (address % size !== 0) throw new Unread("an access that is not aligned");
    let found: readonly (readonly Part[])[] = [[]];
    for (let at = address; at < address + size; at += this.#unit) {
      const place = `${this.#memory(at)}`;
      const values = [...(this.#values.get(place) ?? [0])];
      found = found.flatMap((parts) => values.map((value) => [...parts, { place, value }]));
    }
    return found;
  }

  #perform(state: State, text: string, size: number): void {
    const { pc, registers, events, ctrl, steps } = state;
    const [written = "", rest = ""] = text.split(/ (.*)/s);
    const name = written.replace(/\.(n|w)$/, "");
    const operands = (rest.match(/\s*(?:\[[^\]]*\]!?|\{[^}]*\}|[^,]+)/g) ?? []).map((one) => one.trim());
    const unread = (): never => {
      throw new Unread(text);
    };
    const number = (operand: string | undefined): number => {
      const known = { sp: 13, lr: 14 }[operand ?? ""] ?? Number(/^r(\d+)$/.exec(operand ?? "")?.[1] ?? unread());
      return known < 15 ? known : unread();
    };
    const value = (operand: string | undefined): Known => {
      const immediate = /^#(-?(?:0x[0-9a-f]+|\d+))$/.exec(operand ?? "");
      return immediate === null ? registers[number(operand)]! : { value: Number(immediate[1]) >>> 0, from: [] };
    };
    const target = (operand: string | undefined): number =>
      /^0x[0-9a-f]+$/.test(operand ?? "") ? Number(operand) : unread();
    const event = (one: Partial<Event> & Pick<Event, "kind">): Event => ({
      step: steps,
      parts: [],
      addr: [],
      data: [],
      ctrl,
      ...one,
    });
    const on = (change: Partial<State> = {}): void =>
      this.#go({ ...state, steps: steps + 1, pc: pc + size, ...change });
    const withRegister = (n: number, known: Known): readonly Known[] => registers.with(n, known);
    const set = (n: number, result: number, from: readonly number[]): void =>
      on({ registers: withRegister(n, { value: result >>> 0, from }) });
    const address = (operand: string | undefined): Known => {
      const inner = /^\[(\w+)(?:, (#?-?\w+))?\]$/.exec(operand ?? "") ?? unread();
      const [base, offset] = [value(inner[1]), inner[2] === undefined ? { value: 0, from: [] } : value(inner[2])];
      return { value: (base.value + offset.value) >>> 0, from: [...base.from, ...offset.from] };
    };
    const read = (
      place: Known,
      bytes: number,
      then: (known: Known, done: readonly Event[], at: number) => void,
      more: Partial<Event> = {},
    ): void => {
      if (this.#interrupts(place.value) !== undefined) unread();
      for (const parts of this.#possible(place.value, bytes)) {
        const done = [...events, event({ kind: "R", parts, addr: place.from, ...more })];
        then({ value: joined(parts, this.#unit), from: [events.length] }, done, events.length);
      }
    };
    const store = (place: Known, data: Known, bytes: number, more: Partial<Event> = {}): Event =>
      event({
        kind: "W",
        parts: this.#split(place.value, data.value, bytes),
        addr: place.from,
        data: data.from,
        ...more,
      });
    /** What others may see: going round a loop again is then something new. */
    const done = (one: Event, change: Partial<State> = {}): void =>
      on({ events: [...events, one], seen: new Set(), ...change });
    const write = (place: Known, data: Known, bytes: number): void => {
      const targets = this.#interrupts(place.value);
      if (targets === undefined) {
        done(store(place, data, bytes));
        return;
      }
      if (bytes !== 4) unread();
      const raise = (target: number): Event => event({ kind: "raise", target, addr: place.from, data: data.from });
      on({ events: [...events, ...targets.map(raise)], seen: new Set() });
    };
    const fence = (kind: "dmb" | "dsb"): void => {
      const option = operands[0]?.endsWith("st") ? "st" : operands[0]?.endsWith("ld") ? "ld" : "sy";
      on({ events: [...events, event({ kind, option })] });
    };
    const except = (returnTo: number): void => {
      if (state.handling === "interrupt") unread();
      const exceptions = [...state.exceptions, pc];
      const handler = this.#lowered.scenario.cores[this.#thread]!.onException?.undefined;
      if (handler === undefined) this.#end({ ...state, exceptions });
      else if (exceptions.filter((one) => one === pc).length <= mostExceptions)
        on({
          pc: handler.kind === "code" ? handler.address : unread(),
          events: [...events, event({ kind: "isb" })],
          returnTo,
          handling: "exception",
          exceptions,
        });
    };
    const branchTo = (known: Known, more: Partial<State> = {}): void => {
      if ((known.value & 1) !== (this.#thumb ? 1 : 0) && known.value !== outside) unread();
      on({ pc: (known.value & ~1) >>> 0, ctrl: [...ctrl, ...known.from], ...more });
    };
    const calculated: Readonly<Record<string, (x: number, y: number) => number>> = {
      add: (x, y) => x + y,
      sub: (x, y) => x - y,
      eor: (x, y) => x ^ y,
      and: (x, y) => x & y,
      orr: (x, y) => x | y,
    };
    switch (name) {
      case "nop":
        on();
        return;
      case "mov":
      case "movw":
        set(number(operands[0]), value(operands[1]).value, value(operands[1]).from);
        return;
      case "mvn":
        set(number(operands[0]), ~value(operands[1]).value, value(operands[1]).from);
        return;
      case "movt": {
        const old = value(operands[0]);
        set(number(operands[0]), (old.value & 0xffff) | (value(operands[1]).value << 16), old.from);
        return;
      }
      case "add":
      case "sub":
      case "eor":
      case "and":
      case "orr": {
        const [x, y] =
          operands.length === 2 ? [value(operands[0]), value(operands[1])] : [value(operands[1]), value(operands[2])];
        set(number(operands[0]), calculated[name]!(x.value, y.value), [...x.from, ...y.from]);
        return;
      }
      case "cmp": {
        const [x, y] = [value(operands[0]), value(operands[1])];
        on({ equal: x.value === y.value, flags: [...x.from, ...y.from] });
        return;
      }
      case "ldr":
      case "ldrh":
        read(address(operands[1]), name === "ldr" ? 4 : 2, (known, more) =>
          on({ events: more, registers: withRegister(number(operands[0]), known) }),
        );
        return;
      case "lda":
        read(
          address(operands[1]),
          4,
          (known, more) => on({ events: more, registers: withRegister(number(operands[0]), known) }),
          { ordered: true },
        );
        return;
      case "stl":
        done(store(address(operands[1]), value(operands[0]), 4, { ordered: true }));
        return;
      case "str":
      case "strh":
        write(address(operands[1]), value(operands[0]), name === "str" ? 4 : 2);
        return;
      case "streq":
      case "strne": {
        // Known only with its condition, as if its address depended on it.
        if (state.equal !== (name === "streq")) {
          on();
          return;
        }
        const place = address(operands[1]);
        done(store({ ...place, from: [...place.from, ...state.flags] }, value(operands[0]), 4));
        return;
      }
      case "push":
      case "pop": {
        const register = /^\{(\w+)\}$/.exec(rest)?.[1] ?? unread();
        const stack = registers[13]!;
        if (name === "pop") {
          read(stack, 4, (known, more) =>
            on({
              events: more,
              registers: withRegister(number(register), known).with(13, { ...stack, value: stack.value + 4 }),
            }),
          );
          return;
        }
        const down = { ...stack, value: stack.value - 4 };
        done(store(down, value(register), 4), { registers: withRegister(13, down) });
        return;
      }
      case "ldrex":
      case "ldaex": {
        const place = address(operands[1]);
        read(
          place,
          4,
          (known, more, at) =>
            on({
              events: more,
              registers: withRegister(number(operands[0]), known),
              exclusive: { at, address: this.#memory(place.value) },
            }),
          name === "ldaex" ? { ordered: true } : {},
        );
        return;
      }
      case "strex":
      case "stlex": {
        const place = address(operands[2]);
        const status = number(operands[0]);
        const { exclusive } = state;
        on({ exclusive: undefined, registers: withRegister(status, { value: 1, from: [] }) });
        if (exclusive?.address !== this.#memory(place.value)) return;
        const ordered = name === "stlex" ? { ordered: true } : {};
        done(store(place, value(operands[1]), 4, { pair: exclusive.at, ...ordered }), {
          exclusive: undefined,
          registers: withRegister(status, { value: 0, from: [] }),
        });
        return;
      }
      case "b":
        on({ pc: target(operands[0]) });
        return;
      case "beq":
      case "bne":
        on({
          pc: state.equal === (name === "beq") ? target(operands[0]) : pc + size,
          ctrl: [...ctrl, ...state.flags],
        });
        return;
      case "bl":
        on({
          pc: target(operands[0]),
          registers: withRegister(14, { value: (pc + size) | (this.#thumb ? 1 : 0), from: [] }),
        });
        return;
      case "bx":
        branchTo(value(operands[0]));
        return;
      case "blx":
        branchTo(value(operands[0]), {
          registers: withRegister(14, { value: (pc + size) | (this.#thumb ? 1 : 0), from: [] }),
        });
        return;
      case "dmb":
      case "dsb":
        fence(name);
        return;
      case "isb":
        on({ events: [...events, event({ kind: "isb" })] });
        return;
      case "mcr": {
        const [, , register, n, m, two] = operands;
        const line = (): string => this.#line(this.#memory(value(register).value));
        const operation = `${n} ${m} ${two}`;
        if (["c7 c5 #7", "c7 c5 #6", "c7 c1 #6"].includes(operation)) {
          on();
          return;
        }
        if (operation === "c7 c11 #1") {
          done(event({ kind: "D", line: line(), addr: value(register).from }));
          return;
        }
        if (operation === "c7 c5 #1") {
          const cacheLine = this.#cacheLine(value(register).value);
          done(event({ kind: "I", line: line(), cacheLine, addr: value(register).from }));
          return;
        }
        if (operation === "c7 c5 #0") {
          done(event({ kind: "I", local: true }));
          return;
        }
        if (operation === "c7 c1 #0") {
          done(event({ kind: "I" }));
          return;
        }
        unread();
        return;
      }
      case "svc":
        except(pc + size);
        return;
      case "bkpt":
      case "udf":
        except(pc);
        return;
      case "eret":
        on({
          ...(state.handling === "interrupt" ? state.interrupted! : { pc: state.returnTo }),
          returnTo: outside,
          handling: "nothing",
          events: [...events, event({ kind: "isb" })],
          seen: new Set(),
        });
        return;
      default:
        unread();
        return;
    }
  }

  /** Whom a store to the address interrupts. */
  #interrupts(address: number): readonly number[] | undefined {
    const at = this.#memory(address);
    return this.#lowered.scenario.interruptRegisters?.find((one) => one.address === at - (at % 4))?.to;
  }

  /** What an address stands for. */
  #memory(address: number): number {
    const alias = this.#lowered.scenario.aliases?.find(
      (one) => one.address <= address && address < one.address + one.size,
    );
    return alias === undefined ? address : address - alias.address + alias.of;
  }

  #line(address: number): string {
    return `line ${Math.floor(address / (this.#lowered.scenario.model?.lineBytes ?? 64))}`;
  }

  /** Where a fetch from the address looks: by the address itself in a virtually indexed cache. */
  #cacheLine(address: number): string {
    return this.#line(this.#lowered.scenario.model?.l1ip === "pipt" ? this.#memory(address) : address);
  }

  #split(address: number, value: number, size: number): readonly Part[] {
    if (address % size !== 0) throw new Unread("an access that is not aligned");
    return Array.from({ length: size / this.#unit }, (_, i) => ({
      place: `${this.#memory(address) + i * this.#unit}`,
      value: Math.floor((value >>> 0) / 2 ** (8 * this.#unit * i)) % 2 ** (8 * this.#unit),
    }));
  }
}

/** The number that the parts make, least first. */
function joined(parts: readonly Part[], unit: number): number {
  return parts.reduce((sum, { value }, i) => sum + Number(value) * 2 ** (8 * unit * i), 0);
}

/** What the architecture lets a fetch make of two branches: the first one's condition with the second one's target. */
function mixtures(one: number, other: number, thumb: boolean): readonly number[] {
  if (!thumb) {
    const branch = (word: number): boolean => Math.floor(word / 2 ** 24) % 16 === 10 && word < 0xf0000000;
    if (!branch(one) || !branch(other)) return [];
    const mixed = Math.floor(one / 2 ** 24) * 2 ** 24 + (other % 2 ** 24);
    return mixed === one || mixed === other ? [] : [mixed];
  }
  const [condition, target] = [halfBranch(one), halfBranch(other)];
  if (condition === undefined || target === undefined) return [];
  const reach = condition.always ? 1024 : 128;
  if (target.offset < -reach || target.offset >= reach) return [];
  const mixed = condition.always ? 0xe000 + (target.offset & 0x7ff) : (one & 0xff00) + (target.offset & 0xff);
  return mixed === one || mixed === other ? [] : [mixed];
}

/** B<c> and B in 16 bits: how many halfwords on. */
function halfBranch(half: number): { readonly always: boolean; readonly offset: number } | undefined {
  if (half >>> 12 === 13 && ((half >>> 8) & 15) < 14) return { always: false, offset: ((half & 0xff) ^ 0x80) - 0x80 };
  return half >>> 11 === 28 ? { always: true, offset: ((half & 0x7ff) ^ 0x400) - 0x400 } : undefined;
}
