import { workerData } from "node:worker_threads";
import type { PackedModel } from "./packed-model.js";
import { PackedSpace } from "./packed-space.js";
import { SharedGroups } from "./shared-groups.js";
import { Control, type SharedSearch, SharedStates, Stop } from "./shared-states.js";

/** What a worker is started with. */
export interface WorkerTask {
  readonly shared: SharedSearch;
  readonly worker: number;
  readonly model: { readonly module: string; readonly name: string; readonly arguments: readonly unknown[] };
  readonly symmetry: boolean;
  readonly ample: boolean;
  readonly exhaustive: boolean;
}

/**
 * One of several threads that search together, level by level: each takes states of the level from a common counter, and what they find is
 * the next level. Between levels all wait for the last.
 */
class SearchWorker {
  readonly #task: WorkerTask;
  readonly #model: PackedModel;
  readonly #states: SharedStates | SharedGroups;
  /** Where what is known lies in tables that are exchanged for larger ones. */
  readonly #groups: SharedGroups | undefined;
  readonly #space: PackedSpace;
  readonly #control: Int32Array;
  readonly #common: number;
  readonly #parents: Int32Array;
  readonly #positions: Uint16Array;
  readonly #taken: Int32Array;
  #noted = 0;

  constructor(task: WorkerTask, model: PackedModel) {
    const { shared, worker, symmetry, ample } = task;
    this.#task = task;
    this.#model = model;
    this.#groups = shared.tails.length > 0 ? new SharedGroups(shared, worker) : undefined;
    this.#states = this.#groups ?? new SharedStates(shared, worker);
    this.#taken = new Int32Array(shared.together);
    const options = { symmetry, ample, fingerprints: false, numbers: this.#groups === undefined, states: 0 };
    this.#space = new PackedSpace(model, options, { states: this.#states, index: this.#states });
    this.#control = new Int32Array(shared.control);
    this.#common = 3 * shared.workers;
    this.#parents = new Int32Array(shared.parents[worker]!);
    this.#positions = new Uint16Array(shared.positions[worker]!);
  }

  run(): void {
    const { workers } = this.#task.shared;
    const expanded = (number: number): boolean =>
      Math.floor(number / workers) < this.#control[3 * (number % workers) + 2]!;
    if (this.#task.worker === 0) this.#note(this.#space.start());
    this.#meet();
    while (this.#read(Control.ended) === 0) {
      for (let count = this.#take(); count > 0; count = this.#take()) {
        this.#note(this.#space.expand(this.#taken, count, expanded));
        if (this.#found() > this.#task.shared.states) this.#stop(Stop.states);
      }
      this.#meet();
    }
  }

  /** Takes the next states of the level: how many. */
  #take(): number {
    if (this.#read(Control.stop) !== Stop.none) return 0;
    const { workers, together, edges } = this.#task.shared;
    if (this.#groups?.hasRoom(edges) === false) Atomics.store(this.#control, this.#common + Control.full, 1);
    if (this.#read(Control.full) !== 0) return 0;
    let from = Atomics.add(this.#control, this.#common + Control.next, together);
    let count = 0;
    for (let worker = 0; worker < workers && count < together; worker++) {
      const [begin, end] = [this.#control[3 * worker + 1]!, this.#control[3 * worker + 2]!];
      let at = begin + from;
      for (; at < end && count < together; at++) this.#taken[count++] = at * workers + worker;
      from = Math.max(0, from - (end - begin));
    }
    return count;
  }

  /** Writes down how the states that are new were found, and which properties they decide. */
  #note(edges: number): void {
    const { workers } = this.#task.shared;
    const { worker } = this.#task;
    const { sources, targets, positions } = this.#space;
    for (let edge = 0; edge < edges; edge++) {
      const number = targets[edge]!;
      if (number !== this.#noted * workers + worker) continue;
      this.#parents[this.#noted] = this.#read(Control.level) === 0 ? -1 : this.#taken[sources[edge]!]!;
      this.#positions[this.#noted++] = positions[edge]!;
      this.#decide(number);
    }
    Atomics.store(this.#control, 3 * worker, this.#states.size);
  }

  #decide(number: number): void {
    const state = this.#space.state(number);
    const { properties } = this.#model;
    for (let i = 0; i < properties.length; i++) {
      const property = properties[i]!;
      const at = this.#common + Control.words + i;
      if (this.#control[at] !== 0 || property.holds(state) !== (property.kind === "sometimes")) continue;
      Atomics.compareExchange(this.#control, at, 0, number + 1);
    }
  }

  /** Waits for the other workers. The last one to come makes room and lets them go on, or opens the next level, or ends the search. */
  #meet(): void {
    const { workers, edges } = this.#task.shared;
    const met = this.#read(Control.met);
    if (Atomics.add(this.#control, this.#common + Control.arrived, 1) < workers - 1) {
      Atomics.wait(this.#control, this.#common + Control.met, met);
    } else {
      if (this.#read(Control.full) === 0) this.#openLevel();
      else this.#groups?.makeRoom(edges);
      Atomics.store(this.#control, this.#common + Control.full, 0);
      Atomics.store(this.#control, this.#common + Control.arrived, 0);
      Atomics.add(this.#control, this.#common + Control.met, 1);
      Atomics.notify(this.#control, this.#common + Control.met);
    }
    this.#groups?.open();
  }

  #openLevel(): void {
    const { workers } = this.#task.shared;
    let waiting = 0;
    for (let worker = 0; worker < workers; worker++) {
      const [end, size] = [this.#control[3 * worker + 2]!, this.#control[3 * worker]!];
      this.#control[3 * worker + 1] = end;
      this.#control[3 * worker + 2] = size;
      waiting += size - end;
    }
    if (waiting === 0 || this.#decided()) this.#stop(Stop.done);
    if (this.#read(Control.stop) !== Stop.none) Atomics.store(this.#control, this.#common + Control.ended, 1);
    Atomics.store(this.#control, this.#common + Control.next, 0);
    Atomics.add(this.#control, this.#common + Control.level, 1);
  }

  #decided(): boolean {
    const { properties } = this.#model;
    if (this.#task.exhaustive || properties.length === 0) return false;
    return properties.every((_, i) => this.#read(Control.words + i) !== 0);
  }

  #found(): number {
    let sum = 0;
    for (let worker = 0; worker < this.#task.shared.workers; worker++) sum += Atomics.load(this.#control, 3 * worker);
    return sum;
  }

  #stop(reason: number): void {
    Atomics.compareExchange(this.#control, this.#common + Control.stop, Stop.none, reason);
  }

  #read(word: number): number {
    return Atomics.load(this.#control, this.#common + word);
  }
}

const task = workerData as WorkerTask;
const module = (await import(task.model.module)) as Record<string, (...from: readonly unknown[]) => PackedModel>;
new SearchWorker(task, module[task.model.name]!(...task.model.arguments)).run();
