import { format } from "@cmodx/codec";
import type { Plan } from "../protocols/plan.js";
import type { Step, StepOperation } from "../protocols/step.js";

/**
 * A plan as C with the Linux kernel's helper names: what to port, not a driver. Each step has its reason above it.
 *
 * @param plan - of any protocol
 * @returns one function for the patching core and, where the others have steps, one that runs on each of them
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * planToC(plan(edit, "store-only")).includes("WRITE_ONCE(*(u32 *)0x00008000, 0xea0003fe);"); // true
 * ```
 */
export function planToC(plan: Plan): string {
  const { changes, protocol, steps } = plan;
  const points = [...new Set([...steps.patcher, ...steps.others].flatMap(({ operation }) => pointsOf(operation)))];
  const titles = changes.map(
    ({ edit }) => `${format(edit.from)} -> ${format(edit.to)} at ${hex(edit.address)} (${edit.isa})`,
  );
  return [
    `/* ${titles.join(",\n * ")}, by ${protocol} */`,
    ...(points.length > 0 ? ["", ...points] : []),
    ...(steps.others.length > 0 ? ["", ...body("static void others(void *unused)", steps.others)] : []),
    "",
    ...body("void patch(void)", steps.patcher),
    "",
  ].join("\n");
}

function body(signature: string, steps: readonly Step[]): string[] {
  const lines = steps.flatMap(({ operation, why }) => [`\t/* ${why} */`, `\t${statement(operation)}`]);
  return [signature, "{", ...lines, "}"];
}

/** The variables by which cores wait for each other. */
function pointsOf(operation: StepOperation): string[] {
  switch (operation.op) {
    case "arrive":
    case "await-others":
    case "forget-arrivals":
      return [`static atomic_t ${operation.point} = ATOMIC_INIT(0);`];
    case "release":
    case "await-release":
      return [`static int ${operation.point};`];
    default:
      return [];
  }
}

function statement(operation: StepOperation): string {
  switch (operation.op) {
    case "store":
      return `WRITE_ONCE(*(u${operation.size * 8} *)${hex(operation.address)}, ${hex(operation.value, operation.size * 2)});`;
    case "expect":
      return `if (READ_ONCE(*(u${operation.size * 8} *)${hex(operation.address)}) != ${hex(operation.value, operation.size * 2)}) return;`;
    case "clean-dcache":
      return cp15("DCCMVAU", 11, 1, operation.address);
    case "invalidate-icache":
      return operation.scope === "local" || operation.address === "all"
        ? cp15("ICIALLU", 5, 0, 0)
        : cp15("ICIMVAU", 5, 1, operation.address);
    case "invalidate-predictor":
      return operation.scope === "local" || operation.address === "all"
        ? cp15("BPIALL", 5, 6, 0)
        : cp15("BPIMVA", 5, 7, operation.address);
    case "dsb":
      return operation.option === "sy" ? "dsb(ish);" : "dsb(ishst);";
    case "dmb":
      return "dmb(ish);";
    case "isb":
      return "isb();";
    case "interrupt-others":
      return "smp_call_function(others, NULL, 0);";
    case "arrive":
      return `atomic_inc(&${operation.point});`;
    case "forget-arrivals":
      return `atomic_set(&${operation.point}, 0);`;
    case "await-others":
      return `while (atomic_read(&${operation.point}) != num_online_cpus() - 1) cpu_relax();`;
    case "release":
      return `WRITE_ONCE(${operation.point}, 1);`;
    case "await-release":
      return `while (!READ_ONCE(${operation.point})) cpu_relax();`;
  }
}

/** A write to the system control coprocessor's cache operations, with the manual's name beside it. */
function cp15(name: string, crm: number, opc2: number, address: number): string {
  return `asm volatile("mcr p15, 0, %0, c7, c${crm}, ${opc2}" : : "r" (${hex(address)}) : "memory"); /* ${name} */`;
}

function hex(value: number, digits = 8): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
