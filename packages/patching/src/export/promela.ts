import { type Architecture, format } from "@cmodx/codec";
import { PatchingError } from "../patching-error.js";
import type { Plan } from "../protocols/plan.js";
import type { Step, StepOperation } from "../protocols/step.js";
import { listingOf } from "../rules/listing.js";
import { unitsOf } from "../units.js";
import { stepText } from "./text.js";

/** Bytes of a cache line in the exported machine. */
const LINE = 32;

/**
 * A plan with a machine of its own around it, for SPIN: an independent check of what `prove` says, as nothing of this package's
 * exploration is in it.
 *
 * The machine is an operational one: data memory, the point of unification, and for each core an instruction cache and one prefetched
 * copy of each fetch unit; lines are written back, filled and prefetched at any time. Maintenance completes at any time until a DSB
 * waits for it; an ISB, the entry of an interrupt and an exception return drop what was prefetched. Data accesses are in order.
 *
 * `spin -a FILE` asks for *old or new only*, `spin -DAFTER_COMPLETION -a FILE` for *new after completion*; `pan -E` reports a violation as a
 * failed assertion. `-DEXECUTORS=2` and `-DCALLS=1` change the cores and their runs through the site.
 *
 * @param plan - of any protocol
 * @param architecture - whose list says which instructions may be executed while they change
 * @throws {PatchingError} `E_NOT_APPLICABLE` for plans with islands or literals, which this machine does not have
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * planToPromela(plan(edit, "sync-cores")).includes("proctype patcher"); // true
 * ```
 */
export function planToPromela(plan: Plan, architecture: Architecture = "armv7"): string {
  const { changes, protocol, steps, resume } = plan;
  if (changes.some(({ island, literal }) => island !== undefined || literal !== undefined)) {
    throw new PatchingError({
      code: "E_NOT_APPLICABLE",
      what: `the plan by ${protocol} branches to an island or loads a literal, and the Promela machine has neither`,
      remedy: "prove it instead",
      facts: { protocol },
    });
  }
  const sites = new Sites(plan, architecture);
  const points = [...new Set([...steps.patcher, ...steps.others].flatMap(({ operation }) => pointOf(operation)))];
  const titles = changes.map(
    ({ edit }) => `${format(edit.from)} -> ${format(edit.to)} at 0x${edit.address.toString(16)}`,
  );
  const performed = (own: readonly Step[], core: string) =>
    own.flatMap((step) => [
      `    /* ${stepText(step)} */`,
      ...lower(step.operation, core, sites).map((line) => `    ${line}`),
    ]);
  return [
    `/* ${titles.join(", ")}, by ${protocol}`,
    ` * spin -a FILE, or spin -DAFTER_COMPLETION -a FILE; cc -o pan pan.c; ./pan -E */`,
    "#ifndef EXECUTORS",
    "#define EXECUTORS 1",
    "#endif",
    "#ifndef CALLS",
    "#define CALLS 2",
    "#endif",
    "#define CORES (EXECUTORS + 1)",
    `#define UNITS ${sites.units.length}`,
    `#define LINES ${sites.lines.length}`,
    "#define NONE 255",
    "",
    "/* Values of a fetch unit are numbered:",
    ...sites.units.map(
      ({ address, values }, i) =>
        ` * unit ${i} at 0x${address.toString(16)}: ${values.map((value, n) => `${n} = 0x${value.toString(16)}`).join(", ")}`,
    ),
    " */",
    "byte mem[UNITS], pou[UNITS];",
    "byte icache[CORES * UNITS], prefetched[CORES * UNITS];",
    "bool clean[CORES * LINES], invalidate[CORES * LINES], invalidate_own[CORES * LINES];",
    "bool ipi[CORES], complete;",
    ...points.map((point) => `bool ${name(point)}[CORES];`),
    "",
    "inline drop(c) { atomic {",
    ...sites.units.map((_, u) => `  prefetched[c * UNITS + ${u}] = NONE;`),
    "} }",
    "inline dsb(c) {",
    `  ${sites.lines.map((_, l) => [`clean`, `invalidate`, `invalidate_own`].map((each) => `!${each}[c * LINES + ${l}]`).join(" && ")).join(" && ")};`,
    "}",
    "",
    "/* Takes unit u for core c: what was prefetched, or what the instruction cache has or now gets. */",
    "inline fetch(c, u, v, listed) { atomic {",
    "  if",
    "  :: icache[c * UNITS + u] == NONE -> icache[c * UNITS + u] = pou[u]",
    "  :: else",
    "  fi;",
    "  if",
    "  :: prefetched[c * UNITS + u] != NONE -> v = prefetched[c * UNITS + u]",
    "  :: else -> v = icache[c * UNITS + u]",
    "  fi;",
    "  /* A change that no list covers promises nothing to a core that might take another value here. */",
    "  assert(listed || (v == icache[c * UNITS + u] && v == pou[u] && v == mem[u]));",
    "} }",
    "",
    ...sites.executions(),
    "",
    "/* What the others do when they are interrupted; exception entry drops what was fetched ahead. */",
    "inline interrupted(c) {",
    "    ipi[c] = false;",
    "    drop(c);",
    ...performed(steps.others, "c"),
    ...(resume === "exception-return" ? ["    drop(c);"] : []),
    "}",
    "",
    "proctype executor(byte c) {",
    "  byte i, first, second;",
    "#ifdef AFTER_COMPLETION",
    "  do",
    "  :: ipi[c] -> interrupted(c)",
    "  :: complete -> break",
    "  od;",
    "  do",
    "  :: ipi[c] -> interrupted(c)",
    "  :: i == 0 -> sites(c, true); i++",
    "  :: i == 1 -> break",
    "  od;",
    "#else",
    "  do",
    "  :: ipi[c] -> interrupted(c)",
    "  :: i < CALLS -> sites(c, false); i++",
    "  :: i == CALLS -> break",
    "  od;",
    "#endif",
    "  do",
    "  :: ipi[c] -> interrupted(c)",
    "  :: complete && !ipi[c] -> break",
    "  od",
    "}",
    "",
    "proctype patcher() {",
    "    byte k;",
    ...performed(steps.patcher, "0"),
    "    complete = true",
    "}",
    "",
    "/* What caches and maintenance do by themselves, at any time. */",
    "active proctype hardware() {",
    "end:",
    "  do",
    ...sites.hardware(),
    "  od",
    "}",
    "",
    "init {",
    "  byte n;",
    "  atomic {",
    ...sites.units.map(({ start }, u) => `    mem[${u}] = ${start}; pou[${u}] = ${start};`),
    "    n = 0;",
    "    do",
    "    :: n < CORES * UNITS -> icache[n] = NONE; prefetched[n] = NONE; n++",
    "    :: else -> break",
    "    od;",
    "    run patcher();",
    "    n = 1;",
    "    do",
    "    :: n < CORES -> run executor(n); n++",
    "    :: else -> break",
    "    od",
    "  }",
    "}",
    "",
  ].join("\n");
}

/** One fetch unit of a site: the values that it may hold, by number. */
interface Unit {
  readonly address: number;
  readonly bytes: 2 | 4;
  readonly change: number;
  /** Which one of its instruction: 0, 1. */
  readonly part: number;
  readonly values: number[];
  readonly start: number;
}

class Sites {
  readonly units: readonly Unit[];
  readonly lines: readonly number[];
  readonly #plan: Plan;
  readonly #architecture: Architecture;

  constructor(plan: Plan, architecture: Architecture) {
    this.#plan = plan;
    this.#architecture = architecture;
    this.units = plan.changes.flatMap(({ edit, placeholder }, change) => {
      const held = [edit.from, edit.to, ...(placeholder === undefined ? [] : [placeholder])].map(unitsOf);
      const bytes = edit.isa === "a32" ? 4 : 2;
      const count = Math.max(...held.map(({ length }) => length));
      return Array.from({ length: count }, (_, part) => {
        const values = [...new Set(held.flatMap((units) => (units[part] === undefined ? [] : [units[part]])))];
        // What lies behind a narrow instruction is what the wide one needs there.
        const start = held[0]![part] ?? held[1]![part] ?? values[0]!;
        return {
          address: edit.address + part * bytes,
          bytes,
          change,
          part,
          values,
          start: values.indexOf(start),
        } as const;
      });
    });
    this.lines = [...new Set(this.units.map(({ address }) => address - (address % LINE)))];
  }

  /** Numbers of the lines that an operation on `address` reaches. */
  linesOf(address: number | "all"): number[] {
    return this.lines.flatMap((line, l) => (address === "all" || address - (address % LINE) === line ? [l] : []));
  }

  unitsOfLine(line: number): number[] {
    return this.units.flatMap(({ address }, u) => (address - (address % LINE) === this.lines[line] ? [u] : []));
  }

  /** The assignments, or with "==" the comparisons, that a value at an address means. */
  covered(address: number, size: number, value: number): [unit: number, value: number][] {
    return this.units.flatMap((unit, u): [number, number][] => {
      if (unit.address < address || unit.address + unit.bytes > address + size) return [];
      const part = unit.bytes === 4 ? value >>> 0 : (value >>> (8 * (unit.address - address))) & 0xffff;
      if (!unit.values.includes(part)) unit.values.push(part);
      return [[u, unit.values.indexOf(part)]];
    });
  }

  /** Inlines that run through the sites, and say of what was executed whether it may be. */
  executions(): string[] {
    const { changes } = this.#plan;
    return [
      "inline sites(c, finished) {",
      ...changes.flatMap(({ edit, placeholder }, change) => {
        const own = this.units.flatMap((unit, u) => (unit.change === change ? [u] : []));
        const [first = 0, second] = own;
        const is = (insn: typeof edit.from) =>
          unitsOf(insn)
            .map(
              (value, part) => `${part === 0 ? "first" : "second"} == ${this.units[own[part]!]!.values.indexOf(value)}`,
            )
            .join(" && ");
        const held = [edit.from, edit.to, ...(placeholder === undefined ? [] : [placeholder])];
        const narrow = held
          .filter((insn) => unitsOf(insn).length === 1)
          .map((insn) => this.units[first]!.values.indexOf(unitsOf(insn)[0]!));
        const listed = this.#listed(change) ? "true" : "false";
        return [
          `  fetch(c, ${first}, first, ${listed});`,
          ...(second === undefined
            ? []
            : [
                "  second = NONE;",
                "  if",
                `  :: ${narrow.map((value) => `first != ${value}`).join(" && ") || "true"} -> fetch(c, ${second}, second, ${listed})`,
                ...(narrow.length > 0 ? ["  :: else"] : []),
                "  fi;",
              ]),
          "  atomic {",
          "    drop(c);",
          `    assert(${held.map((insn) => `(${is(insn)})`).join(" || ")});`,
          `    assert(!(finished) || (${is(edit.to)}));`,
          "  };",
        ];
      }),
      "  skip",
      "}",
    ];
  }

  /** Whether each passage between what a site holds in turn is listed; halves that change together are found torn all the same. */
  #listed(change: number): boolean {
    const { edit, placeholder } = this.#plan.changes[change]!;
    const turns = placeholder === undefined ? [edit.from, edit.to] : [edit.from, placeholder, edit.to];
    return turns.slice(1).every((to, i) => listingOf({ ...edit, from: turns[i]!, to }, this.#architecture).listed);
  }

  hardware(): string[] {
    const lines: string[] = [];
    this.lines.forEach((_, l) => {
      const own = this.unitsOfLine(l);
      const copy = own.map((u) => `pou[${u}] = mem[${u}]`).join("; ");
      const differs = own.map((u) => `pou[${u}] != mem[${u}]`).join(" || ");
      lines.push(`  :: atomic { ${differs} -> ${copy} } /* a line is written back */`);
      for (const c of CORE_NUMBERS) {
        const drop = (core: number | string) => own.map((u) => `icache[${core} * UNITS + ${u}] = NONE`).join("; ");
        lines.push(
          `#if CORES > ${c}`,
          `  :: atomic { clean[${c} * LINES + ${l}] -> ${copy}; clean[${c} * LINES + ${l}] = false }`,
          `  :: atomic { invalidate_own[${c} * LINES + ${l}] -> ${drop(c)}; invalidate_own[${c} * LINES + ${l}] = false }`,
          `  :: atomic { invalidate[${c} * LINES + ${l}] -> ${drop(0)};`,
          ...CORE_NUMBERS.slice(1).flatMap((other) => [`#if CORES > ${other}`, `     ${drop(other)};`, "#endif"]),
          `     invalidate[${c} * LINES + ${l}] = false }`,
          "#endif",
        );
      }
    });
    for (const c of CORE_NUMBERS.slice(1)) {
      lines.push(`#if CORES > ${c}`);
      this.units.forEach(({ part }, u) => {
        const at = `${c} * UNITS + ${u}`;
        const inOrder = part === 0 ? "" : ` && prefetched[${c} * UNITS + ${u - 1}] != NONE`;
        lines.push(
          `  :: atomic { icache[${at}] != pou[${u}] -> icache[${at}] = pou[${u}] } /* filled anew */`,
          `  :: atomic { prefetched[${at}] == NONE && icache[${at}] != NONE${inOrder} -> prefetched[${at}] = icache[${at}] }`,
        );
      });
      lines.push("#endif");
    }
    return lines;
  }
}

/** The preprocessor takes those that there are. */
const CORE_NUMBERS = [0, 1, 2, 3];

function pointOf(operation: StepOperation): string[] {
  return "point" in operation ? [operation.point] : [];
}

const name = (point: string) => `said_${point.replaceAll(/\W/g, "_")}`;

function lower(operation: StepOperation, core: string, sites: Sites): string[] {
  const others = (statement: (k: string) => string) => [
    `k = 1; do :: k < CORES -> ${statement("k")}; k++ :: else -> break od;`,
  ];
  switch (operation.op) {
    case "store": {
      const parts = sites.covered(operation.address, operation.size, operation.value);
      return [`atomic { ${parts.map(([u, value]) => `mem[${u}] = ${value}`).join("; ") || "skip"} };`];
    }
    case "expect": {
      const parts = sites.covered(operation.address, operation.size, operation.value);
      return [`(${parts.map(([u, value]) => `mem[${u}] == ${value}`).join(" && ") || "true"});`];
    }
    case "clean-dcache":
      return sites.linesOf(operation.address).map((l) => `clean[${core} * LINES + ${l}] = true;`);
    case "invalidate-icache": {
      const flag = operation.scope === "local" ? "invalidate_own" : "invalidate";
      return sites.linesOf(operation.address).map((l) => `${flag}[${core} * LINES + ${l}] = true;`);
    }
    case "dsb":
      return operation.option === "sy" ? [`dsb(${core});`] : ["/* waits for stores only */"];
    case "isb":
      return [`drop(${core});`];
    case "dmb":
    case "invalidate-predictor":
      return ["/* changes nothing here: data accesses are in order, and wrong predictions are found out */"];
    case "interrupt-others":
      return others((k) => `ipi[${k}] = true`);
    case "arrive":
      return [`${name(operation.point)}[${core}] = true;`];
    case "forget-arrivals":
      return others((k) => `${name(operation.point)}[${k}] = false`);
    case "await-others":
      return others((k) => `${name(operation.point)}[${k}]`);
    case "release":
      return [`${name(operation.point)}[0] = true;`];
    case "await-release":
      return [`${name(operation.point)}[0];`];
  }
}
