import type { ChainLink } from "./unwinder.js";

/**
 * The deepest stack that was seen, and who made it so deep.
 *
 * @example
 * ```ts
 * const stack = new StackTracer();
 * stack.enabled = true;
 * stack.saw([
 *   { pc: 0x8100, slot: 0x6ff0 },
 *   { pc: 0x8000, slot: 0x7000 },
 * ]);
 * stack.most; // 20
 * ```
 *
 * @see linux kernel/trace/trace_stack.c
 */
export class StackTracer {
  enabled = false;
  /** `stack_max_size`, in bytes. */
  most = 0;
  #links: readonly ChainLink[] = [];
  #top = 0;

  /** @param chain - the traced function first; the stack begins behind the word of the last */
  saw(chain: readonly ChainLink[]): void {
    const [first, last] = [chain[0], chain.at(-1)];
    if (first === undefined || last === undefined) return;
    const top = last.slot + 4;
    if (top - first.slot <= this.most) return;
    this.most = top - first.slot;
    this.#links = chain;
    this.#top = top;
  }

  /** `stack_trace`. @param place - an address as `function+0x10/0x20` */
  text(place: (address: number) => string): string {
    const depths = this.#links.map(({ slot }) => this.#top - slot);
    const rows = this.#links.map(({ pc }, i) => {
      const depth = depths[i]!;
      const size = depth - (depths[i + 1] ?? 0);
      return `${String(i).padStart(3)}) ${String(depth).padStart(8)}   ${String(size).padStart(5)}   ${place(pc)}\n`;
    });
    const head = `        Depth    Size   Location    (${rows.length} entries)\n        -----    ----   --------\n`;
    return `${head}${!this.enabled && this.most === 0 ? DISABLED : ""}${rows.join("")}`;
  }
}

const DISABLED = `#
#  Stack tracer disabled
#
# To enable the stack tracer, either add 'stacktrace' to the
# kernel command line
# or 'echo 1 > /proc/sys/kernel/stack_tracer_enabled'
#
`;
