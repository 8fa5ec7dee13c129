/** A call whose return the graph's handler is waiting for. */
export interface GraphFrame {
  readonly name: string;
  readonly ip: number;
  /** Where it really returns to. */
  readonly parent: number;
  /** Address of the stack's word that the handler's address was put into. */
  readonly slot: number;
  readonly entered: number;
  /** Who asked for it. */
  readonly recorded: boolean;
  readonly profiled: boolean;
  /** Nothing that it calls is recorded. */
  readonly hidden: boolean;
}

const DEEPEST = 50;

/**
 * One core's calls under way, the outermost first.
 *
 * @example
 * ```ts
 * const stack = new GraphStack(new Set([0x9040]));
 * stack.push({ name: "f", ip: 0x8000, parent: 0x8100, slot: 0x7000, entered: 0, recorded: true, profiled: false, hidden: false });
 * stack.depth; // 1
 * stack.realAt(0x7000); // 0x8100
 * ```
 *
 * @see linux kernel/trace/fgraph.c
 */
export class GraphStack {
  readonly #frames: GraphFrame[] = [];
  readonly #handlers: ReadonlySet<number>;

  /** @param handlers - `return_to_handler` of each instruction set */
  constructor(handlers: ReadonlySet<number>) {
    this.#handlers = handlers;
  }

  get depth(): number {
    return this.#frames.length;
  }

  get isFull(): boolean {
    return this.#frames.length >= DEEPEST;
  }

  get top(): GraphFrame | undefined {
    return this.#frames.at(-1);
  }

  /**
   * A function was entered.
   *
   * @param frame - the function, and where it returns to
   */
  push(frame: GraphFrame): void {
    this.#frames.push(frame);
  }

  /**
   * A call came back to the handler. Whatever it called and left by `longjmp` is forgotten: its frame is below the stack pointer. A
   * function that was called last thing of all by a jump has the handler as its parent, and comes back before the one that jumped.
   *
   * @param sp - as the function left it
   */
  returned(sp: number): GraphFrame | undefined {
    const frames = this.#frames;
    let at = frames.findIndex(({ slot }) => slot < sp);
    if (at < 0) return undefined;
    while (frames[at + 1] !== undefined && this.#handlers.has(frames[at + 1]!.parent >>> 0)) at++;
    const [frame] = frames.splice(at);
    return frame;
  }

  /**
   * What the handler's address at a slot stands for.
   *
   * @param slot - address of the word on the stack
   */
  realAt(slot: number): number | undefined {
    const at = this.#frames.findIndex((frame) => frame.slot === slot);
    // The first of those at one slot is who returns to the real caller.
    return this.#frames[at]?.parent;
  }
}
