import type { CoreState, Value } from "./core-state.js";
import type { Observation } from "./observation.js";
import type { Operation } from "./operation.js";
import { contextSynchronisation, control, dmb, dsb } from "./rules/barrier.js";
import { sendInterrupt } from "./rules/interrupt.js";
import { load } from "./rules/load.js";
import { cleanDcache, invalidateIcache } from "./rules/maintenance.js";
import { store } from "./rules/store.js";
import type { Step } from "./world.js";

/** Performs one step of a plan. Its own addresses and values are constants: they depend on nothing read before. */
export function perform(
  operation: Exclude<Operation, { op: "execute" }>,
  core: CoreState,
  step: Step,
  observe: (event: Observation) => void,
): void {
  const constant = (value: number): Value => ({ value, view: 0 });
  switch (operation.op) {
    case "store":
      store(core, step, constant(operation.address), constant(operation.value), operation.size);
      return;
    case "load": {
      const { value } = load(core, step, constant(operation.address), operation.size);
      observe({ event: "load", as: operation.as, value });
      return;
    }
    case "await": {
      const { address, size, equals } = operation;
      // The loop's branch: what follows is control-dependent on the value that ended it. Earlier rounds change nothing.
      control(core, load(core, step, constant(address), size, { equals }));
      return;
    }
    case "clean-dcache":
      cleanDcache(core, step, constant(operation.address));
      return;
    case "invalidate-icache": {
      const { address, scope } = operation;
      invalidateIcache(core, step, address === "all" ? "all" : constant(address), scope);
      return;
    }
    case "invalidate-predictor":
      step.run.tell(() => "invalidate branch predictor (changes no outcome)");
      return;
    case "dmb":
      dmb(core, step, operation.option);
      return;
    case "dsb":
      dsb(core, step, operation.option);
      return;
    case "isb":
      contextSynchronisation(core);
      step.run.tell(() => "isb: context synchronisation");
      return;
    case "send-ipi":
      for (const to of operation.to) sendInterrupt(core, step, to);
      return;
    case "mark":
      observe({ event: "mark", label: operation.label });
      step.run.tell(() => `mark: ${operation.label}`);
      return;
  }
}
