import { type LitmusOptions, type LitmusResult, type LitmusTest, litmusPart, runLitmusInParts } from "@cmodx/litmus";
import type { AskedMachine, MachineAnswer, MachineAsk } from "@cmodx/machine";

/** How the work is divided: so small that parts have to hand sequences to each other. */
export interface Division {
  readonly parts: number;
  readonly alone: number;
  readonly sequences: number;
}

/** Parts of a test in this process, everything between them copied as it would be on its way to a worker. */
export function partsOf(
  test: LitmusTest,
  count: number,
  options: Pick<LitmusOptions, "limits" | "reductions"> = {},
  change: (said: MachineAnswer) => MachineAnswer = (said) => said,
): AskedMachine[] {
  return Array.from({ length: count }, () => {
    const part = litmusPart(test, options);
    return { ask: async (asked: MachineAsk) => change(structuredClone(part.answer(structuredClone(asked)))) };
  });
}

export function inParts(
  test: LitmusTest,
  { parts, alone, sequences }: Division,
  options: LitmusOptions = {},
  change?: (said: MachineAnswer) => MachineAnswer,
): Promise<LitmusResult> {
  const divided = { ...options, alone, sequences, milliseconds: Number.POSITIVE_INFINITY };
  return runLitmusInParts(test, divided, () => partsOf(test, parts, options, change));
}
