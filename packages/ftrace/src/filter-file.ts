import { matches, type Pattern, parsePattern } from "@cmodx/trace";
import { type FilterCommands, runCommand } from "./filter-command.js";
import type { Ftrace, FtraceAnswer } from "./ftrace.js";
import type { FtraceOps } from "./ops.js";
import type { DynRecord } from "./record.js";

/** Which of an ops' two sets a file is about. */
export type FilterKind = "filter" | "notrace";

const EVERY = parsePattern("*");

/** What is kept until its module is loaded. */
interface Waiting {
  /** Undefined for all of the module's functions. */
  readonly name: string | undefined;
  readonly module: string;
}

/**
 * `set_ftrace_filter` and `set_ftrace_notrace` of one ops.
 *
 * @example
 * ```ts
 * import { applyEdits, bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x8000, new Uint8Array(0x2000));
 * const { bytes, code } = assembleTrampolines("a32", 0x9000);
 * memory.write(0x9000, bytes);
 * memory.write(0x8000, Uint8Array.of(0x04, 0xd0, 0x8d, 0xe2));
 * const records = [new DynRecord({ isa: "a32", ip: 0x8000, name: "vfs_read" })];
 * const patcher = { memory, patch: (edits: Parameters<typeof applyEdits>[0]) => applyEdits(edits, memory) };
 * const ftrace = new Ftrace({ records, code: { a32: code }, patcher });
 * const ops = new FtraceOps("mine", () => undefined);
 * const file = new FilterFile(ftrace, ops, "filter");
 * file.write("vfs_*"); // "ok"
 * file.read(); // "vfs_read\n"
 * ```
 *
 * @see linux Documentation/trace/ftrace.rst
 */
export class FilterFile {
  readonly #ftrace: Ftrace;
  readonly #ops: FtraceOps;
  readonly #kind: FilterKind;
  readonly #commands: FilterCommands | undefined;
  #waiting: Waiting[] = [];

  /**
   * @param ftrace - whose functions are named
   * @param ops - whose filter it is
   * @param kind - the filter, or `notrace`
   * @param commands - for `function:command` lines; without, only `mod` is known, as in every file but `set_ftrace_filter`
   */
  constructor(ftrace: Ftrace, ops: FtraceOps, kind: FilterKind, commands?: FilterCommands) {
    this.#ftrace = ftrace;
    this.#ops = ops;
    this.#kind = kind;
    this.#commands = commands;
    ftrace.onModule({ come: (module) => this.#loaded(module), gone: (ips) => ops.forget(ips) });
  }

  /**
   * Writes words, with blanks between: names and globs add, `!` takes away, `:mod:NAME` asks for a module's functions,
   * `name:command:count` sets a trigger. The first word that is refused ends it, and those before it hold.
   *
   * @param text - as it is written to the file
   * @param append - add to what is there; otherwise it is replaced, but for triggers
   * @param append - whether what is there stays, as with `>>`
   */
  write(text: string, append = false): FtraceAnswer {
    const words = text.split(/\s+/).filter((word) => word !== "");
    if (!append) this.#waiting = [];
    const set = new Set(append ? this.#ops[this.#kind] : []);
    let answer: FtraceAnswer = "ok";
    for (const word of words) {
      answer = this.#apply(set, word);
      if (answer !== "ok") break;
    }
    const changed = this.#commit(set);
    return changed === "ok" ? answer : changed;
  }

  read(): string {
    const set = this.#ops[this.#kind];
    const all = this.#kind === "filter" ? "#### all functions enabled ####" : "#### no functions disabled ####";
    const functions =
      set.size === 0 ? [all] : this.#ftrace.records.filter(({ ip }) => set.has(ip)).map(({ listed }) => listed);
    const waiting = this.#waiting.map(({ name, module }) => `${name ?? "*"}:mod:${module}`);
    const lines = [...functions, ...waiting, ...(this.#commands?.probes.lines() ?? [])];
    return lines.map((line) => `${line}\n`).join("");
  }

  #commit(set: ReadonlySet<number>): FtraceAnswer {
    const now = this.#ops[this.#kind];
    if (now.size === set.size && [...set].every((ip) => now.has(ip))) return "ok";
    return this.#ftrace.refilter(this.#ops, (ops) => {
      ops[this.#kind].clear();
      for (const ip of set) ops[this.#kind].add(ip);
    });
  }

  #apply(set: Set<number>, word: string): FtraceAnswer {
    const [name = "", command, ...rest] = word.split(":");
    if (command === undefined) return this.#change(set, parsePattern(name), undefined) ? "ok" : "-EINVAL";
    if (command === "mod") return this.#ofModule(set, name, rest[0] ?? "");
    if (this.#commands === undefined) return "-EINVAL";
    return runCommand(this.#commands, name, command, rest.length === 0 ? undefined : rest.join(":"));
  }

  #ofModule(set: Set<number>, name: string, module: string): FtraceAnswer {
    const pattern = parsePattern(name);
    if (this.#change(set, pattern, module)) return "ok";
    if (pattern.negated) {
      const before = this.#waiting.length;
      const asked = name.slice(1);
      this.#waiting = this.#waiting.filter(
        (each) => each.module !== module || (asked !== "*" && asked !== (each.name ?? "")),
      );
      return this.#waiting.length < before ? "ok" : "-EINVAL";
    }
    if (this.#ftrace.hasModule(module)) return "-EINVAL";
    this.#waiting.push({ name: name === "" || name === "*" ? undefined : name, module });
    return "ok";
  }

  /** Whether there is a function that the pattern means; it is added, or taken away. */
  #change(set: Set<number>, pattern: Pattern, module: string | undefined): boolean {
    const wanted = module === undefined ? undefined : parsePattern(module);
    const chosen = this.#ftrace
      .select(wanted !== undefined && pattern.search === "" ? EVERY : pattern)
      .filter((record) => wanted === undefined || ofModule(record, wanted));
    for (const { ip } of chosen) {
      if (pattern.negated) set.delete(ip);
      else set.add(ip);
    }
    return chosen.length > 0;
  }

  /** A module has come: what waited for it is asked again. */
  #loaded(module: string): void {
    const mine = this.#waiting.filter((each) => each.module === module);
    if (mine.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => each.module !== module);
    const set = new Set(this.#ops[this.#kind]);
    for (const { name } of mine) this.#change(set, parsePattern(name ?? "*"), module);
    this.#commit(set);
  }
}

/** `!` asks for what is not in the module; no name, or `*`, is any module. */
function ofModule({ module }: DynRecord, { search, negated, ...pattern }: Pattern): boolean {
  if (search === "") return (module === undefined) === negated;
  return (module !== undefined && matches({ search, negated, ...pattern }, module)) !== negated;
}
