import type { Node } from "./node.js";

/** What costs the host an instruction or two, and does nothing else. */
const cheap: ReadonlySet<string> = new Set(
  "register flag constant add sub and or xor shl shr sar rotr mul eq lt ltu le leu clz eqz select".split(" "),
);

/**
 * Is all that the condition at a place decides what one register becomes, and that cheap to work out? Then the host can choose between two values
 * and need not branch: guest compilers write such instructions where a branch would be hard to foretell.
 */
export function isChoice(nodes: readonly Node[], when: number): boolean {
  if (nodes[when]!.args[0]!.op !== "condition") return false;
  let written = 0;
  for (let i = when + 1; nodes[i]!.op !== "end"; i++) {
    if (nodes[i]!.op === "setregister") written++;
    else if (!cheap.has(nodes[i]!.op)) return false;
  }
  return written === 1;
}
