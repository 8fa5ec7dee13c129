import type { Step } from "../protocols/step.js";

/**
 * A step in the words of an assembler listing.
 *
 * @param step - one step of a plan
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * plan(edit, "store-only").steps.patcher.map(stepText); // ["STR  0xea0003fe -> 0x00008000"]
 * ```
 */
export function stepText({ operation }: Step): string {
  switch (operation.op) {
    case "store":
      return `${operation.size === 4 ? "STR " : "STRH"} ${hexValue(operation.value, operation.size)} -> ${hexValue(operation.address, 4)}`;
    case "expect":
      return `stop here unless ${hexValue(operation.address, 4)} holds ${hexValue(operation.value, operation.size)}`;
    case "clean-dcache":
      return `DCCMVAU ${hexValue(operation.address, 4)}`;
    case "invalidate-icache":
      return operation.address === "all" ? "ICIALLU" : `ICIMVAU ${hexValue(operation.address, 4)}`;
    case "invalidate-predictor":
      return operation.address === "all" ? "BPIALL" : `BPIMVA ${hexValue(operation.address, 4)}`;
    case "dsb":
      return operation.option === "sy" ? "DSB" : "DSB ISHST";
    case "dmb":
      return "DMB";
    case "isb":
      return "ISB";
    case "interrupt-others":
      return "interrupt every other core";
    case "arrive":
      return `say: ${operation.point}`;
    case "forget-arrivals":
      return `take back what the others said: ${operation.point}`;
    case "await-others":
      return `wait until every other core says: ${operation.point}`;
    case "release":
      return `say to all: ${operation.point}`;
    case "await-release":
      return `wait for: ${operation.point}`;
  }
}

function hexValue(value: number, size: number): string {
  return `0x${value.toString(16).padStart(size * 2, "0")}`;
}
