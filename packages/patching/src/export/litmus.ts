import { effects, format, type Insn } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import type { Plan } from "../protocols/plan.js";
import type { StepOperation } from "../protocols/step.js";
import { kindOf } from "../rules/listing.js";

/** What executing each instruction leaves in R9 of the executing core. */
const LEAVES = { fall: 1, old: 2, new: 3 } as const;

/**
 * A plan as a litmus test in herd's format, with this project's mnemonics for maintenance: may a core that knows the plan is complete
 * execute anything but the new instruction? `Allowed` is a violation of *new-after-completion*.
 *
 * Approximated: there is one executing core, it runs through the site once, and an interrupt is a flag that it waits for before
 * everything else; its entry, and its return where that is an exception return, are an ISB.
 *
 * @param plan - of any protocol
 * @throws {PatchingError} `E_NOT_APPLICABLE` unless the plan is one of a single change between NOP, B and BL of one fetch unit, without
 *   placeholder, island or literal
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * planToLitmus(plan(edit, "store-only")).startsWith("ARM "); // true
 * ```
 */
export function planToLitmus(plan: Plan): string {
  const [{ edit }] = plan.changes;
  const refusal = whyNot(plan);
  if (refusal !== undefined) {
    throw new PatchingError({
      code: "E_NOT_APPLICABLE",
      what: `the plan by ${plan.protocol} is no litmus test: ${refusal}`,
      remedy: "export it as Promela, or prove it",
      facts: { protocol: plan.protocol },
    });
  }
  const patcher = new Column(0, edit);
  for (const { operation } of plan.steps.patcher) patcher.add(operation);
  patcher.lines.push("DMB");
  patcher.set("complete");
  const executor = new Column(1, edit);
  if (plan.steps.patcher.some(({ operation }) => operation.op === "interrupt-others")) {
    executor.wait("interrupt");
    executor.lines.push("ISB");
    for (const { operation } of plan.steps.others) executor.add(operation);
    if (plan.resume === "exception-return") executor.lines.push("ISB");
  }
  executor.wait("complete");
  executor.lines.push(...site(edit));
  const columns = [patcher, executor];
  const height = Math.max(...columns.map(({ lines }) => lines.length));
  const rows = Array.from(
    { length: height },
    (_, i) => ` ${columns.map(({ lines }) => (lines[i] ?? "").padEnd(24)).join("| ")};`,
  );
  return [
    `${edit.isa === "a32" ? "ARM" : "Thumb"} ${plan.protocol}`,
    `(* ${format(edit.from)} -> ${format(edit.to)}. Interrupts are a flag that the executing core waits for, their entry and return an ISB. *)`,
    `{ 0:R0=${written(edit)}; ${columns.flatMap((column) => column.initial).join(" ")} 1:R9=0; }`,
    ` ${["P0", "P1"].map((name) => name.padEnd(24)).join("| ")};`,
    ...rows,
    `exists (1:R9=${leaves(edit.from, "old")})`,
    "",
  ].join("\n");
}

function whyNot({ changes, steps }: Plan): string | undefined {
  const [{ edit, placeholder, island, literal }, ...rest] = changes;
  const unit = edit.isa === "a32" ? 4 : 2;
  const kinds = [edit.from, edit.to].map((insn) => kindOf(insn).replace(/^NOP$/, "nop"));
  if (rest.length > 0) return "it changes several sites";
  if (placeholder !== undefined || island !== undefined || literal !== undefined)
    return "it goes by a placeholder, an island or a literal";
  if ([edit.from, edit.to].some((insn) => insn.size !== unit)) return "the instructions take more than one fetch";
  if (
    kinds.some((kind) => !["nop", "B", "BL"].includes(kind)) ||
    [edit.from, edit.to].some((insn) => insn.cond !== "al")
  ) {
    return "it can tell NOP, B and BL apart, and no others";
  }
  if (kinds[0] === "nop" && kinds[1] === "nop") return "old and new do the same";
  return steps.others.some(({ operation }) => operation.op === "store") ? "the other cores write too" : undefined;
}

function leaves(insn: Insn, which: "old" | "new"): number {
  return effects(insn).branch === undefined ? LEAVES.fall : LEAVES[which];
}

/** The site, and what tells behind it which way it went: falling through, to the old target `t`, to the new one `u`. */
function site({ from, isa }: Edit): string[] {
  const old = effects(from).branch === undefined ? "NOP" : `${kindOf(from)} t`;
  const move = isa === "a32" ? "MOV" : "MOV.W";
  return [
    `m: ${old}`,
    `${move} R9,#${LEAVES.fall}`,
    "B e",
    `t: ${move} R9,#${LEAVES.old}`,
    "B e",
    `u: ${move} R9,#${LEAVES.new}`,
    "e:",
  ];
}

/** The new instruction as a number: its way to `u` is what {@link site} makes it. */
function written({ to, isa }: Edit): string {
  if (effects(to).branch === undefined) return "NOP";
  // A32: five instructions of 4 bytes. T32: the site and two branches of 2 bytes, two moves of 4.
  return `instr:"${kindOf(to)} .+${isa === "a32" ? 20 : 14}"`;
}

/** One processor's column: its lines, and the registers that hold addresses. */
class Column {
  readonly lines: string[] = [];
  readonly #processor: number;
  readonly #edit: Edit;
  readonly #flags = new Map<string, string>();
  #labels = 0;

  constructor(processor: number, edit: Edit) {
    this.#processor = processor;
    this.#edit = edit;
  }

  get initial(): string[] {
    const own = this.#processor;
    return [
      `${own}:R1=P1:m;`,
      `${own}:R3=1;`,
      ...[...this.#flags].map(([flag, register]) => `${own}:${register}=${flag};`),
    ];
  }

  #flag(name: string): string {
    const flag = name.replaceAll(/\W/g, "_");
    const register = this.#flags.get(flag) ?? `R${4 + this.#flags.size}`;
    this.#flags.set(flag, register);
    return register;
  }

  set(name: string): void {
    this.lines.push(`STR R3,[${this.#flag(name)}]`);
  }

  wait(name: string): void {
    const label = `w${this.#labels++}`;
    this.lines.push(`${label}: LDR R2,[${this.#flag(name)}]`, "CMP R2,#1", `BNE ${label}`);
  }

  add(operation: StepOperation): void {
    switch (operation.op) {
      case "store":
        this.lines.push(`${this.#edit.isa === "a32" ? "STR" : "STRH"} R0,[R1]`);
        return;
      case "expect":
        return;
      case "clean-dcache":
        this.lines.push("DCCMVAU R1");
        return;
      case "invalidate-icache":
        this.lines.push(
          operation.scope === "local" ? "ICIALLU" : operation.address === "all" ? "ICIALLUIS" : "ICIMVAU R1",
        );
        return;
      case "invalidate-predictor":
        this.lines.push(
          operation.scope === "local" ? "BPIALL" : operation.address === "all" ? "BPIALLIS" : "BPIMVA R1",
        );
        return;
      case "dsb":
        this.lines.push(operation.option === "sy" ? "DSB" : "DSB ISHST");
        return;
      case "dmb":
        this.lines.push("DMB");
        return;
      case "isb":
        this.lines.push("ISB");
        return;
      case "interrupt-others":
        this.set("interrupt");
        return;
      case "arrive":
        this.set(operation.point);
        return;
      case "forget-arrivals":
        return;
      case "await-others":
      case "await-release":
        this.wait(operation.point);
        return;
      case "release":
        this.set(operation.point);
        return;
    }
  }
}
