import type { Alias, CoreProgram, InterruptRegister, Knobs, Scenario } from "@cmodx/machine";
import { aarch64 } from "./aarch64/dialect.js";
import { arm, thumb } from "./arm/dialect.js";
import { type Assembled, type Dialect, type Labels, OutsideDialect } from "./dialect.js";
import type { CodeLine, Column, Condition, Constant, LitmusTest, Observable } from "./litmus-test.js";
import { showConstant } from "./print.js";

/** What a condition compares a place with. */
type Right = Extract<Condition, { kind: "equals" }>["right"];

const dialects: readonly Dialect[] = [aarch64, arm, thumb];

/** Where data locations start, and how far apart they are: each on a line of its own. */
const dataBase = 0x1000;
const dataStep = 0x100;
/** Where code starts, and how far apart the processors' code is. */
const codeBase = 0x10000;
const codeStep = 0x1000;
/** Where handlers of interrupts start, as far apart as code is; behind all code of 16 processors and its handlers of exceptions. */
const interruptBase = codeBase + codeStep * 32;
/** Where other addresses of memory start, each on a page of its own, as far into it as the memory is into its page. */
const aliasBase = 0x100000;
const page = 0x1000;

/** A test made ready to run. */
export interface Lowered {
  readonly scenario: Scenario;
  readonly dialect: Dialect;
  /** What a state shows, in order: those of `locations`, then those of the condition. */
  readonly observables: readonly Observable[];
  /** The value of a constant. */
  value(constant: Constant): number;
  /** The address of a location, or of a label that a condition names like a register (`1:L0`); undefined for registers. */
  addressOf(observable: Observable): number | undefined;
  /** What a condition compares a place with: another place, or a value. */
  compared(right: Right): Observable | number;
  /** The number of a register of a processor. */
  register(processor: number, name: string): number;
  label(processor: number, name: string): number | undefined;
  /** A value as the test would write it. */
  show(value: number): string;
}

/**
 * Lays a test out in memory and assembles it.
 *
 * @throws OutsideDialect naming the first construct that is not in the dialect
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x0=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x0] ;\nexists (x=1)");
 * parsed.ok && lowerLitmus(parsed.test).scenario.cores.length; // 1
 * ```
 */
export function lower(test: LitmusTest): Lowered {
  const dialect = dialects.find(({ arches }) => arches.includes(test.arch.toLowerCase()));
  if (dialect === undefined) throw new OutsideDialect(`architecture ${test.arch}`);
  return new Lowering(test, dialect).result();
}

class Lowering {
  readonly #test: LitmusTest;
  readonly #dialect: Dialect;
  readonly #addresses = new Map<string, number>();
  readonly #labels = new Map<string, number>();
  /** Locations that stand for memory elsewhere, and that memory. */
  readonly #mapped = new Map<string, Extract<Constant, { kind: "location" | "label" }>>();
  readonly #aliases: Alias[] = [];
  /** Locations that raise interrupts, and for whom. */
  readonly #interrupts = new Map<string, readonly number[]>();
  readonly #symbolic: Map<string, number>[];
  /** By processor: symbolic registers that no register was left for, and the registers they are loaded into for an instruction. */
  readonly #loaded: ({ readonly names: Set<string>; readonly spare: readonly number[] } | undefined)[] = [];
  readonly #ends: number[] = [];
  readonly #code: {
    readonly address: number;
    readonly assembled: Assembled;
    readonly line: CodeLine;
    readonly processor: number;
  }[] = [];
  readonly #processors: number;

  constructor(test: LitmusTest, dialect: Dialect) {
    this.#test = test;
    this.#dialect = dialect;
    this.#processors = 1 + Math.max(...test.columns.map(({ processor }) => processor));
    if (this.#processors > 16) throw new OutsideDialect(`${this.#processors} processors`);
    for (const { target, value } of test.initial) this.#declare(target, value);
    this.#symbolic = Array.from({ length: this.#processors }, (_, processor) => this.#nameRegisters(processor));
    this.#placeData();
    for (const column of test.columns) this.#placeCode(column);
    for (const [name, memory] of this.#mapped) this.#placeAlias(name, memory);
    for (const observable of this.#observables()) this.#checkObservable(observable);
    for (const fault of this.#conditions().flatMap(faults)) this.#checkFault(fault);
    // Now, and not when the first execution is compared with it.
    for (const { right } of this.#conditions().flatMap(atoms)) this.#compared(right);
  }

  result(): Lowered {
    const test = this.#test;
    const bytes = new Map<number, number>();
    const put = (address: number, value: number, size: number): void => {
      for (let i = 0; i < size; i++) bytes.set(address + i, Math.floor(value / 2 ** (8 * i)) & 0xff);
    };
    for (const { address, assembled, line, processor } of this.#code) {
      const labels = {
        known: (name: string) => this.#labels.has(`${processor}:${name}`),
        address: (name: string) => this.#label(processor, name),
      };
      const word = at(line, () => assembled.encode(address, labels));
      put(address, word, assembled.size);
    }
    for (const { target, value } of test.initial) {
      if (target.kind !== "location" || value.kind === "mapping" || value.kind === "interrupt") continue;
      put(this.#address(target.name) + target.offset, this.#value(value) >>> 0, 4);
    }
    const observables = this.#observables();
    const cores = Array.from({ length: this.#processors }, (_, processor) => this.#program(processor, observables));
    const scenario: Scenario = {
      memory: [...bytes].map(([address, byte]) => ({ address, bytes: [byte] })),
      cores,
      model: this.#knobs(),
      isas: [this.#dialect.isa],
      cmodx: () => true,
      ...(this.#aliases.length === 0 ? {} : { aliases: this.#aliases }),
      ...(this.#interrupts.size === 0 ? {} : { interruptRegisters: this.#interruptRegisters() }),
    };
    const shown = this.#names();
    return {
      scenario,
      dialect: this.#dialect,
      observables,
      value: (constant) => this.#value(constant),
      addressOf: (observable) => this.#addressOf(observable),
      compared: (right) => this.#compared(right),
      register: (processor, name) => this.#register(processor, name),
      label: (processor, name) => this.#labels.get(`${processor}:${name}`),
      show: (value) => shown.get(value | 0) ?? String(value | 0),
    };
  }

  /** Notes what a line of the initial state says of addresses and interrupts. */
  #declare(target: LitmusTest["initial"][number]["target"], value: Constant): void {
    const { name } = target;
    const mapped = target.kind === "location" ? /^PTE\((\w+)\)$/.exec(name)?.[1] : undefined;
    if (mapped !== undefined && value.kind === "mapping") {
      // To its own memory is where it is anyway.
      if (value.to.kind === "location" && value.to.name === mapped && value.to.offset === 0)
        this.#mapped.delete(mapped);
      else this.#mapped.set(mapped, value.to);
    } else if (target.kind === "location" && name.includes("(")) throw new OutsideDialect(name);
    else if (target.kind === "location" && target.offset === 0 && value.kind === "interrupt")
      this.#interrupts.set(name, value.processors);
    else if (value.kind === "mapping" || value.kind === "interrupt")
      throw new OutsideDialect(`value ${showConstant(value)}`);
  }

  #interruptRegisters(): InterruptRegister[] {
    return [...this.#interrupts].map(([name, to]) => {
      const missing = to.find((processor) => !this.#labels.has(`${processor}:.interrupt`));
      if (missing !== undefined)
        throw new OutsideDialect(`an interrupt for P${missing}, which has no column P${missing}.I`);
      return { address: this.#address(name), to };
    });
  }

  /** A state shows registers and memory: not what is no memory, nor what has another name. */
  #checkObservable(observable: Observable): void {
    const { name } = observable;
    if (observable.kind === "register") {
      if (observable.processor < this.#processors) return;
      throw new OutsideDialect(`register ${name} of P${observable.processor}, which the test does not have`);
    }
    if (this.#interrupts.has(name)) throw new OutsideDialect(`${name} in a condition, which raises interrupts`);
    if (this.#mapped.has(name)) throw new OutsideDialect(`${name} in a condition, which is mapped to other memory`);
  }

  /** Gives a location that is mapped to other memory its address. */
  #placeAlias(name: string, memory: Extract<Constant, { kind: "location" | "label" }>): void {
    if (this.#test.initial.some(({ target }) => target.kind === "location" && target.name === name))
      throw new OutsideDialect(`a value of ${name}, which is mapped to other memory`);
    if (memory.kind === "location" && this.#mapped.has(memory.name))
      throw new OutsideDialect(`PA(${memory.name}), where ${memory.name} is mapped to other memory itself`);
    const of = this.#value(memory);
    const start = aliasBase + page * this.#aliases.length;
    this.#addresses.set(name, start + (of % page));
    // Code lies on its processor's page; locations have no more of one than what is their own.
    if (memory.kind === "label") this.#aliases.push({ address: start, size: page, of: of - (of % page) });
    else this.#aliases.push({ address: start + ((of - memory.offset) % page), size: dataStep, of: of - memory.offset });
  }

  #compared(right: Right): Observable | number {
    return this.#placeOf(right) ?? this.#value(right as Constant);
  }

  /** The place on the right of a comparison. `0:R2` is one where no label has that name. */
  #placeOf(right: Right): Observable | undefined {
    if (right.kind === "place") return right.place;
    if (right.kind !== "label" || right.offset !== 0) return undefined;
    const { processor, label: name } = right;
    if (this.#dialect.register(name) === undefined) return undefined;
    const own = this.#test.columns.filter((column) => column.processor === processor).flatMap(({ lines }) => lines);
    return own.some(({ labels }) => labels.includes(name)) ? undefined : { kind: "register", processor, name };
  }

  /** A fault of what is not there did not not happen: nothing can be said of it. */
  #checkFault({ processor, label, about }: Extract<Condition, { kind: "fault" }>): void {
    if (processor >= this.#processors) throw new OutsideDialect(`fault of P${processor}, which the test does not have`);
    if (label !== undefined && !this.#labels.has(`${processor}:${label}`))
      throw new OutsideDialect(`fault at label ${label} of P${processor}, which is not defined`);
    if (about !== undefined && kindOfFault(about) === undefined) throw new OutsideDialect(`fault of ${about}`);
  }

  /** Gives the symbolic registers of a processor real ones that its code does not name. */
  #nameRegisters(processor: number): Map<string, number> {
    const texts = this.#test.columns
      .filter((column) => column.processor === processor)
      .flatMap(({ lines }) => lines.map(({ text }) => text ?? ""));
    const words = new Set(texts.flatMap((text) => text.match(/%?\w+/g) ?? []));
    for (const { target } of this.#test.initial) {
      if (target.kind === "register" && target.processor === processor) words.add(target.name);
    }
    for (const observable of this.#observables()) {
      if (observable.kind === "register" && observable.processor === processor) words.add(observable.name);
    }
    const used = new Set([...words].map((word) => this.#dialect.register(word)));
    const free = this.#dialect.free.filter((register) => !used.has(register));
    const symbolic = [...words].filter((word) => word.startsWith("%"));
    const named = new Map<string, number>();
    if (symbolic.length <= free.length) {
      for (const [i, word] of symbolic.entries()) named.set(word, free[i]!);
      return named;
    }
    // Too many: those that only ever hold what they began with are loaded into a spare register where they are used.
    const constant = (word: string): boolean =>
      !texts.some((text) => writes(text, word)) &&
      !this.#observables().some((one) => one.kind === "register" && one.processor === processor && one.name === word);
    const spare = free.slice(0, 2);
    const rest = free.slice(2);
    const written = symbolic.filter((word) => !constant(word));
    if (written.length > rest.length || spare.length < 2) {
      throw new OutsideDialect(`more symbolic registers than free ones in P${processor}`);
    }
    for (const word of [...written, ...symbolic.filter(constant)]) {
      const register = rest[named.size];
      if (register !== undefined) named.set(word, register);
      else this.#loaded[processor] = { names: (this.#loaded[processor]?.names ?? new Set<string>()).add(word), spare };
    }
    return named;
  }

  #placeData(): void {
    const add = (name: string): void => {
      if (!this.#addresses.has(name) && !this.#mapped.has(name))
        this.#addresses.set(name, dataBase + dataStep * this.#addresses.size);
    };
    const constant = (value: Constant): void => {
      if (value.kind === "location") add(value.name);
    };
    for (const { target, value } of this.#test.initial) {
      if (target.kind === "location" && value.kind !== "mapping") add(target.name);
      if (value.kind === "mapping") constant(value.to);
      else constant(value);
    }
    for (const observable of this.#observables()) if (observable.kind === "location") add(observable.name);
    for (const condition of this.#conditions()) {
      for (const { right } of atoms(condition)) if (right.kind !== "place") constant(right);
    }
  }

  #placeCode(column: Column): void {
    const { processor, handler } = column;
    let address =
      handler === "interrupt"
        ? interruptBase + codeStep * processor
        : codeBase + codeStep * (2 * processor + (handler === "fault" ? 1 : 0));
    this.#labels.set(
      `${processor}:${handler === false ? ".start" : handler === "fault" ? ".handler" : ".interrupt"}`,
      address,
    );
    const symbolic = (name: string): number => this.#register(processor, name);
    for (const line of column.lines) {
      for (const label of line.labels) this.#labels.set(`${processor}:${label}`, address);
      if (line.text === undefined) continue;
      const { text, names } = this.#withSpares(processor, line, (name, register) => {
        for (const part of [0, 1]) {
          const encode = (at: number, labels: Labels): number => {
            const words = this.#dialect.constant(register, this.#initial(processor, name));
            return this.#dialect.assemble(words[part]!, symbolic).encode(at, labels);
          };
          this.#code.push({ address, assembled: { size: 4, encode }, line, processor });
          address += 4;
        }
      });
      const register = (name: string): number => names.get(name) ?? symbolic(name);
      const assembled = at(line, () => this.#dialect.assemble(text, register));
      this.#code.push({ address, assembled, line, processor });
      address += assembled.size;
    }
    this.#ends.push(address);
  }

  /** Loads what a line names and no register holds, by `load`; gives the spare registers by name. */
  #withSpares(processor: number, line: CodeLine, load: (name: string, register: number) => void) {
    const text = line.text!;
    const names = new Map<string, number>();
    const loaded = this.#loaded[processor];
    for (const name of loaded === undefined ? [] : (text.match(/%\w+/g) ?? [])) {
      if (!loaded!.names.has(name) || names.has(name)) continue;
      const register = loaded!.spare[names.size];
      if (register === undefined)
        throw new OutsideDialect(`more symbolic registers than free ones in P${processor}`, line);
      names.set(name, register);
      load(name, register);
    }
    return { text, names };
  }

  /** What a symbolic register of a processor begins with. */
  #initial(processor: number, name: string): number {
    const found = this.#test.initial.findLast(
      ({ target }) =>
        target.kind === "register" && target.name === name && (target.processor ?? processor) === processor,
    );
    return found === undefined ? 0 : this.#value(found.value);
  }

  #program(processor: number, observables: readonly Observable[]): CoreProgram {
    const registers: Record<number, number> = {};
    for (const { target, value } of this.#test.initial) {
      if (target.kind !== "register") continue;
      if (target.processor !== undefined && target.processor !== processor) continue;
      if (target.processor === undefined && !this.#symbolic[processor]!.has(target.name)) continue;
      if (this.#loaded[processor]?.names.has(target.name)) continue;
      registers[this.#register(processor, target.name)] = this.#value(value);
    }
    const observe = observables.flatMap((observable) =>
      observable.kind === "register" && observable.processor === processor && this.#addressOf(observable) === undefined
        ? [this.#register(processor, observable.name)]
        : [],
    );
    const { name: isa } = this.#dialect.isa;
    const address = this.#labels.get(`${processor}:.start`);
    const handler = this.#labels.get(`${processor}:.handler`);
    const interrupt = this.#labels.get(`${processor}:.interrupt`);
    const taken = handler === undefined ? undefined : ({ kind: "code", isa, address: handler } as const);
    return {
      steps: address === undefined ? [] : [{ op: "execute", isa, address, until: this.#everyEnd() }],
      registers,
      observe,
      ...(taken === undefined ? {} : { onException: { undefined: taken, svc: taken, bkpt: taken } }),
      ...(interrupt === undefined ? {} : { onInterrupt: { kind: "code", isa, address: interrupt } as const }),
    };
  }

  /** Code that is executed through another address ends there, too. */
  #everyEnd(): readonly number[] {
    const others = this.#aliases.flatMap(({ address, size, of }) =>
      this.#ends.filter((end) => end > of && end <= of + size).map((end) => address + (end - of)),
    );
    return [...this.#ends, ...others];
  }

  #knobs(): Partial<Knobs> {
    const cache = (this.#test.info["CacheType"] ?? "").toUpperCase();
    const line = Number(this.#test.info["LineBytes"] ?? Number.NaN);
    return {
      ...this.#dialect.knobs,
      idc: /\bIDC\b/.test(cache),
      dic: /\bDIC\b/.test(cache),
      ...(Number.isInteger(line) && line >= 4 && (line & (line - 1)) === 0 ? { lineBytes: line } : {}),
      ...this.#indexing(),
    };
  }

  /** Is the instruction cache indexed by virtual addresses, as it is in the worst case? */
  #indexing(): Partial<Knobs> {
    const l1ip = this.#test.info["L1Ip"];
    if (l1ip === undefined) return {};
    if (!/^(VIPT|PIPT)$/i.test(l1ip)) throw new OutsideDialect(`L1Ip=${l1ip} (it is VIPT or PIPT)`);
    return { l1ip: /^P/i.test(l1ip) ? "pipt" : "vipt" };
  }

  #register(processor: number, name: string): number {
    const register = this.#symbolic[processor]?.get(name) ?? this.#dialect.register(name);
    if (register === undefined) throw new OutsideDialect(`register ${processor}:${name}`);
    return register;
  }

  #addressOf(observable: Observable): number | undefined {
    if (observable.kind === "location") return this.#address(observable.name) + observable.offset;
    const { processor, name } = observable;
    if (name.startsWith("%") || this.#dialect.register(name) !== undefined) return undefined;
    return this.#label(processor, name);
  }

  #address(name: string): number {
    const address = this.#addresses.get(name);
    if (address === undefined) throw new OutsideDialect(`location ${name}`);
    return address;
  }

  #label(processor: number, name: string): number {
    const remote = /^P?(\d+):(\w+)$/.exec(name);
    const address = this.#labels.get(remote === null ? `${processor}:${name}` : `${remote[1]}:${remote[2]}`);
    if (address === undefined) throw new OutsideDialect(`label ${name}, which is not defined`);
    return address;
  }

  #value(constant: Constant): number {
    switch (constant.kind) {
      case "integer":
        if (constant.value !== (constant.value | 0))
          throw new OutsideDialect(`value ${showConstant(constant)} of more than 32 bits`);
        return constant.value;
      case "location":
        return this.#address(constant.name) + constant.offset;
      case "label":
        return this.#label(constant.processor, constant.label) + constant.offset;
      case "instruction":
        return this.#dialect.instruction(constant.text) | 0;
      case "mapping":
      case "interrupt":
      case "foreign":
        throw new OutsideDialect(`value ${showConstant(constant)}`);
    }
  }

  /** How states show addresses and instructions. */
  #names(): Map<number, string> {
    const names = new Map<number, string>();
    for (const [name, address] of this.#addresses) names.set(address, name);
    for (const [name, address] of this.#labels) {
      if (!name.includes(".")) names.set(address, `P${name}`);
    }
    const instruction = (constant: Constant): void => {
      if (constant.kind !== "instruction") return;
      const word = this.#value(constant);
      // What is zero is nothing more often than it is `UDF #0`.
      if (word !== 0) names.set(word, constant.text === "NOP" ? "NOP" : `instr:"${constant.text}"`);
    };
    for (const { value } of this.#test.initial) instruction(value);
    for (const { right } of this.#conditions().flatMap(atoms)) if (right.kind !== "place") instruction(right);
    return names;
  }

  #conditions(): readonly Condition[] {
    const { condition, filter } = this.#test;
    return filter === undefined ? [condition] : [condition, filter];
  }

  #observables(): readonly Observable[] {
    const found = new Map<string, Observable>();
    const wanted = [
      ...this.#test.locations,
      ...this.#conditions()
        .flatMap(atoms)
        .flatMap(({ left, right }) => [left, this.#placeOf(right) ?? left]),
    ];
    for (const observable of wanted) found.set(JSON.stringify(observable), observable);
    return [...found.values()];
  }
}

/** Might this instruction write the register? It names it first and is no store or comparison, or writes back. */
function writes(text: string, register: string): boolean {
  const [, mnemonic = "", first = ""] = /^\s*([\w.]+)\s+[{[]?\s*([\w%]+)/.exec(text) ?? [];
  if (/!|LDRD|LDM|POP/i.test(text) && text.includes(register)) return true;
  const reads =
    /^(STR(?!EX)|STL(?!EX)|STM|PUSH|CMP|CMN|TST|TEQ|B|CB|TB|DC|IC|BP)/i.test(mnemonic) && !/^BIC|^BF/i.test(mnemonic);
  return first === register && !reads;
}

/** The comparisons in a condition. */
export function atoms(condition: Condition): readonly Extract<Condition, { kind: "equals" }>[] {
  switch (condition.kind) {
    case "equals":
      return [condition];
    case "not":
      return atoms(condition.of);
    case "and":
    case "or":
    case "implies":
      return [...atoms(condition.left), ...atoms(condition.right)];
    default:
      return [];
  }
}

/** The exception that a condition's word for a kind of fault means. */
export function kindOfFault(about: string): "undefined" | "svc" | "bkpt" | undefined {
  if (/^undef/i.test(about)) return "undefined";
  if (/^(svc|supervisor)/i.test(about)) return "svc";
  return /^(brk|bkpt|breakpoint)/i.test(about) ? "bkpt" : undefined;
}

/** What a condition asks about faults. */
export function faults(condition: Condition): readonly Extract<Condition, { kind: "fault" }>[] {
  switch (condition.kind) {
    case "fault":
      return [condition];
    case "not":
      return faults(condition.of);
    case "and":
    case "or":
    case "implies":
      return [...faults(condition.left), ...faults(condition.right)];
    default:
      return [];
  }
}

/** Adds the line to what `build` finds outside the dialect. */
function at<T>(line: CodeLine, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof OutsideDialect && error.line === undefined) throw new OutsideDialect(error.construct, line);
    throw error;
  }
}
