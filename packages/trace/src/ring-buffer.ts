import type { Recording, TraceEntry } from "./recording.js";

/**
 * The last so many entries of each core: what came before is overwritten, and counted.
 *
 * @example
 * ```ts
 * const ring = new RingBuffer(1, 2);
 * const task = { pid: 80, comm: "sh" };
 * for (const text of ["one", "two", "three"]) ring.add({ kind: "mark", core: 0, time: 0, task, text });
 * const { entries, count } = ring.recording("nop");
 * [...entries].map((entry) => entry.kind === "mark" && entry.text); // ["two", "three"]
 * count; // { inBuffer: 2, written: 3 }
 * ```
 */
export class RingBuffer {
  /** Whether a full buffer loses its oldest entry for a new one, or the new one. */
  overwrite = true;
  readonly #size: number;
  readonly #cores: { entries: TraceEntry[]; next: number }[];
  #written = 0;

  /**
   * @param cores - at least 1
   * @param size - entries that each core keeps, at least 1
   */
  constructor(cores: number, size: number) {
    this.#size = size;
    this.#cores = Array.from({ length: cores }, () => ({ entries: [], next: 0 }));
  }

  /**
   * Takes an entry into its core's part. Where that is full its oldest one is lost; without `overwrite` the new one is.
   *
   * @param entry - its times do not go back
   */
  add(entry: TraceEntry): void {
    const core = this.#cores[entry.core];
    if (core === undefined || (!this.overwrite && core.entries.length >= this.#size)) return;
    this.#written++;
    if (core.entries.length < this.#size) core.entries.push(entry);
    else core.entries[core.next] = entry;
    core.next = (core.next + 1) % this.#size;
  }

  clear(): void {
    for (const core of this.#cores) core.entries.length = core.next = 0;
    this.#written = 0;
  }

  /**
   * What is kept, merged by time; of equal times the lower core first.
   *
   * @param tracer - the tracer's name, for the recording's head
   */
  recording(tracer: string): Recording {
    const inBuffer = this.#cores.reduce((sum, { entries }) => sum + entries.length, 0);
    const cores = this.#cores.map((core) => ({ ...core }));
    const count = { inBuffer, written: this.#written };
    return { tracer, cores: cores.length, count, entries: { [Symbol.iterator]: () => merged(cores, this.#size) } };
  }
}

function* merged(
  cores: readonly { entries: readonly TraceEntry[]; next: number }[],
  size: number,
): Generator<TraceEntry> {
  // The oldest of a full buffer is where the next one would go.
  const queues = cores.map(({ entries, next }) => ({ entries, at: 0, start: entries.length < size ? 0 : next }));
  for (;;) {
    let first: { entry: TraceEntry; queue: (typeof queues)[number] } | undefined;
    for (const queue of queues) {
      const entry = queue.entries[(queue.start + queue.at) % Math.max(queue.entries.length, 1)];
      if (queue.at >= queue.entries.length || entry === undefined) continue;
      if (first === undefined || entry.time < first.entry.time) first = { entry, queue };
    }
    if (first === undefined) return;
    first.queue.at++;
    yield first.entry;
  }
}
