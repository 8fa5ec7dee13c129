import { readFileSync } from "node:fs";
import { decodeA32, decodeT32, effects, type Insn, type Isa } from "@cmodx/codec";
import { DynRecord, Ftrace, FtraceOps } from "@cmodx/ftrace";
import { applyEdits, type CodeMemory } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

// What kernels did to their own code, or would: the ARM record is of one that ran, the Thumb-2 one of instructions that GNU as made. Another
// record of this form is compared with CMODX_OBSERVED=file.

type State = Readonly<Record<string, string>>;

interface Observed {
  readonly ftrace_one_function: {
    readonly function: string;
    readonly site: string;
    readonly ftrace_caller: string;
    readonly ftrace_regs_caller: string;
    readonly enabled_functions: readonly string[];
  } & Readonly<
    Record<"elf_bytes_8" | "booted" | "function_tracer_on" | "off_again" | "graph_tracer_on" | "graph_off", State>
  >;
  readonly ftrace_all: { readonly other: readonly { readonly address: string; readonly kinds: readonly string[] }[] };
}

const THUMB_OFF = "0df1040d";

/** The places that a record tells of, and the kernel's code there. */
class Kernel {
  readonly isa: Isa;
  readonly memory: CodeMemory;
  readonly ftrace: Ftrace;
  readonly record: DynRecord;
  readonly #bytes = new Map<number, number>();
  readonly #places: Readonly<Record<string, number>>;

  constructor({ ftrace_one_function: one, ftrace_all: all }: Observed) {
    const at = (text: string) => (Number(text) & ~1) >>> 0;
    const calls = all.other.filter(({ kinds }) => kinds.includes("ftrace_call")).map(({ address }) => at(address));
    const [call, regsCall] = calls.toSorted((a, b) => a - b) as [number, number];
    this.isa = one.booted[`${one.function} mcount site`]!.startsWith(THUMB_OFF) ? "t32" : "a32";
    this.#places = {
      [`${one.function} mcount site`]: at(one.site),
      ftrace_call: call,
      ftrace_graph_call: call + 4,
      ftrace_regs_call: regsCall,
      ftrace_graph_regs_call: regsCall + 4,
    };
    this.memory = {
      read: (address, size) => {
        const bytes = Array.from({ length: size }, (_, i) => this.#bytes.get(address + i));
        return bytes.some((byte) => byte === undefined) ? undefined : Uint8Array.from(bytes as number[]);
      },
      write: (address, bytes) => {
        for (const [i, byte] of bytes.entries()) this.#bytes.set(address + i, byte);
      },
    };
    for (const [name, address] of Object.entries(this.#places))
      this.memory.write(address, this.#told(one.elf_bytes_8, name));
    const goes = (state: State, name: string) => effects(this.#insn(state, name)).branch!.target!;
    this.record = new DynRecord({ isa: this.isa, ip: at(one.site), name: one.function });
    this.ftrace = new Ftrace({
      records: [this.record],
      code: {
        [this.isa]: {
          caller: at(one.ftrace_caller),
          regsCaller: at(one.ftrace_regs_caller),
          ftraceCalls: [call, regsCall],
          graphCalls: [
            { at: call + 4, to: goes(one.graph_tracer_on, "ftrace_graph_call") },
            { at: regsCall + 4, to: goes(one.graph_tracer_on, "ftrace_graph_regs_call") },
          ],
          stub: goes(one.elf_bytes_8, "ftrace_call"),
          listFunction: 0x8000_0000,
        },
      },
      addressOf: () => goes(one.function_tracer_on, "ftrace_call"),
      patcher: { memory: this.memory, patch: (edits) => applyEdits(edits, this.memory) },
    });
  }

  /** What is at each place now, in the record's own words. */
  state(told: State): State {
    const now = Object.keys(told)
      .filter((name) => this.#places[name] !== undefined)
      .map((name) => [name, this.#at(this.#places[name]!, told[name]!.length / 2)]);
    return Object.fromEntries(now) as State;
  }

  /** A place may be told of with what lies behind it, which is told where we know it. */
  #at(address: number, size: number): string {
    const known = size > 4 && this.memory.read(address + 4, 4) !== undefined ? 8 : 4;
    return Buffer.from(this.memory.read(address, known)!).toString("hex");
  }

  #told(state: State, name: string): Uint8Array {
    const hex = name === "ftrace_graph_regs_call" ? state["ftrace_regs_call"]!.slice(8) : state[name]!;
    return Uint8Array.from(Buffer.from(hex.slice(0, 8), "hex"));
  }

  #insn(state: State, name: string): Insn {
    const view = new DataView(this.#told(state, name).slice().buffer);
    const address = this.#places[name]!;
    return this.isa === "a32"
      ? decodeA32(view.getUint32(0, true), address)
      : decodeT32(view.getUint16(0, true), view.getUint16(2, true), address);
  }
}

const own = ["observed-arm.json", "observed-thumb2.json"].map(
  (name) => [name, new URL(`vectors/${name}`, import.meta.url)] as const,
);
const other = process.env["CMODX_OBSERVED"];
const files = other === undefined ? own : [...own, [other, other] as const];

describe.each(files)("%s", (_, file) => {
  const observed = JSON.parse(readFileSync(file, "utf8")) as Observed;
  const one = observed.ftrace_one_function;
  const kernel = new Kernel(observed);
  /** Each place as far as it is known here: only the first word of a call site is. */
  const expected = (told: State) =>
    Object.fromEntries(
      Object.entries(kernel.state(told)).map(([name, now]) => [name, told[name]!.slice(0, now.length)]),
    );

  test("boot, the function tracer, the graph: every place holds the same bytes at each step", () => {
    const step = (told: State, act: () => string) => {
      expect([act(), kernel.ftrace.bug, kernel.state(told)]).toEqual(["ok", undefined, expected(told)]);
    };
    const { ftrace, record } = kernel;
    step(one.booted, () => ftrace.initialise());
    const functions = new FtraceOps("function", () => undefined, { recursionSafe: true });
    functions.filter.add(record.ip);
    step(one.function_tracer_on, () => ftrace.register(functions));
    expect(`${record.listed} (${record.count})`).toBe(one.enabled_functions[0]!.trim());
    step(one.off_again, () => ftrace.unregister(functions));
    const graph = new FtraceOps("function_graph", () => undefined, { stub: true }, functions);
    step(one.graph_tracer_on, () => {
      const answer = ftrace.register(graph);
      return answer === "ok" ? ftrace.setGraph("on") : answer;
    });
    step(one.graph_off, () => {
      const answer = ftrace.unregister(graph);
      return answer === "ok" ? ftrace.setGraph("off") : answer;
    });
  });

  test("something is compared", () => {
    expect(Object.keys(kernel.state(one.booted))).toHaveLength(4);
    expect(one.booted).not.toEqual(one.function_tracer_on);
  });
});
