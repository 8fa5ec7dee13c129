import { Worker } from "node:worker_threads";
import { ExploreError } from "./explore-error.js";
import { defaultLimits, type LimitHit, type Limits, type Progress, remedies } from "./limits.js";
import type { PackedModel } from "./packed-model.js";
import { withoutSymmetry } from "./packed-space.js";
import type { CheckResult, PropertyResult } from "./search.js";
import type { WorkerTask } from "./search-worker.js";
import { Control, type SharedSearch, Stop, sharedSearch } from "./shared-states.js";

/** A model that workers can load: `import(module)` has a function `name` that makes it of these arguments. */
export interface ModelSource {
  /** A file URL. */
  readonly module: string;
  readonly name: string;
  /** Anything that can be sent to a worker. */
  readonly arguments?: readonly unknown[];
}

/** How many threads search, and what `check` would be told. */
export interface WorkerOptions {
  /** Threads to search with, 1 to 64. */
  readonly workers: number;
  readonly limits?: Partial<Pick<Limits, "states" | "seconds">>;
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
  readonly symmetry?: boolean;
  readonly ample?: boolean;
  readonly exhaustive?: boolean;
}

/** How often progress is reported, and the clock and the caller's signal looked at. */
const milliseconds = 50;

/**
 * Visits the reachable states of a packed model with several threads, breadth first, and decides its properties as `check` does:
 * the same states (as many, where the model has an `ample`, only by chance), verdicts, and lengths of paths. Transitions are not counted. `limits.states` is also what room is reserved for.
 *
 * @param source - the module that makes the model: each thread imports it for itself
 * @param options - limits, the number of threads, progress and cancellation
 * @throws ExploreError `E_WORKERS` where workers cannot search: `eventually` properties, too many actions, a model that cannot be loaded
 *
 * @example
 * ```ts
 * // Every worker loads the model anew, so it is named by its module: here one that is a text.
 * const text = "export const counter = () => ({ words: 1, init: () => [[0]], actions: 2, properties: [], " +
 *   "step: (action, state) => (state[0] = (state[0] * 2 + action) % 5000) >= 0 })";
 * const source = { module: `data:text/javascript,${encodeURIComponent(text)}`, name: "counter" };
 * const states = async (workers: number) => (await checkWithWorkers(source, { workers })).states; // 5000 with any number of them
 * await states(0).catch(({ code }) => code); // "E_WORKERS"
 * ```
 */
export async function checkWithWorkers(source: ModelSource, options: WorkerOptions): Promise<CheckResult> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const started = Date.now();
  const model = await load(source);
  const { workers } = options;
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) throw refused(`${workers} workers`);
  if (model.properties.some(({ kind }) => kind === "eventually")) throw refused("a property that is `eventually`");
  if (model.actions > 65_536) throw refused(`${model.actions} actions`);
  const ample = options.ample !== false;
  const shared = sharedSearch(model, workers, limits.states, ample && "ample" in model);
  const control = new Int32Array(shared.control);
  const seconds = (): number => (Date.now() - started) / 1000;
  const states = (): number =>
    Array.from({ length: workers }, (_, worker) => Atomics.load(control, 3 * worker)).reduce((a, b) => a + b);
  const stop = (reason: number): void => {
    Atomics.compareExchange(control, 3 * workers + Control.stop, Stop.none, reason);
  };

  const look = setInterval(() => {
    options.onProgress?.({ states: states(), steps: 0, memories: 0, seconds: seconds() });
    if (options.signal?.aborted) stop(Stop.cancelled);
    if (seconds() > limits.seconds) stop(Stop.seconds);
  }, milliseconds);
  const threads: Worker[] = [];
  try {
    await Promise.all(
      Array.from({ length: workers }, (_, worker) => {
        const task: WorkerTask = {
          shared,
          worker,
          model: { module: source.module, name: source.name, arguments: source.arguments ?? [] },
          symmetry: options.symmetry !== false,
          ample,
          exhaustive: options.exhaustive === true,
        };
        const thread = new Worker(new URL("./search-worker.js", import.meta.url), { workerData: task });
        threads.push(thread);
        return new Promise<void>((resolve, reject) => {
          thread.once("error", reject);
          thread.once("exit", () => resolve());
        });
      }),
    );
  } finally {
    clearInterval(look);
    for (const thread of threads) void thread.terminate();
  }
  return conclude(model, shared, options.symmetry !== false, { limits, seconds: seconds(), states: states() });
}

function conclude(
  model: PackedModel,
  shared: SharedSearch,
  symmetry: boolean,
  { limits, seconds, states }: { readonly limits: Limits; readonly seconds: number; readonly states: number },
): CheckResult {
  const { workers } = shared;
  const control = new Int32Array(shared.control);
  const parents = shared.parents.map((buffer) => new Int32Array(buffer));
  const positions = shared.positions.map((buffer) => new Uint16Array(buffer));
  const reason = control[3 * workers + Control.stop];
  const name = reason === Stop.states ? "states" : reason === Stop.seconds ? "seconds" : "cancelled";
  const limit: LimitHit | undefined =
    reason === Stop.done
      ? undefined
      : { limit: name, value: name === "cancelled" ? 0 : limits[name], remedy: remedies[name] };
  const pathTo = (number: number): string => {
    const path: number[] = [];
    for (let at = number; at >= 0; at = parents[at % workers]![Math.floor(at / workers)]!) {
      path.push(positions[at % workers]![Math.floor(at / workers)]!);
    }
    path.reverse();
    const canonical = symmetry ? model.canonical?.bind(model) : undefined;
    return (canonical === undefined ? path : withoutSymmetry(model, canonical, path)).join(".");
  };
  const properties = model.properties.map(({ name: what, kind }, i): PropertyResult => {
    const at = control[3 * workers + Control.words + i]! - 1;
    if (at < 0 && limit !== undefined) return { name: what, kind, verdict: "unknown" };
    const verdict = at >= 0 === (kind === "sometimes") ? "holds" : "violated";
    return at < 0 ? { name: what, kind, verdict } : { name: what, kind, verdict, path: pathTo(at) };
  });
  return {
    properties,
    states,
    transitions: 0,
    depth: Math.max(0, control[3 * workers + Control.level]! - 2),
    seconds,
    complete: limit === undefined,
    ...(limit === undefined ? {} : { limit }),
  };
}

async function load({ module, name, arguments: from = [] }: ModelSource): Promise<PackedModel> {
  let made: unknown;
  try {
    const found = (await import(module)) as Record<string, (...from: readonly unknown[]) => PackedModel>;
    made = found[name]?.(...from);
  } catch (cause) {
    throw refused(`the module ${module}, which cannot be loaded`, cause);
  }
  if (typeof made !== "object" || made === null || !("step" in made))
    throw refused(`${name}, which makes no packed model`);
  return made as PackedModel;
}

function refused(what: string, cause?: unknown): ExploreError {
  return new ExploreError({
    code: "E_WORKERS",
    what: `workers cannot search with ${what}`,
    remedy: "use check() in one thread, or correct the model source",
    facts: {},
    ...(cause === undefined ? {} : { cause }),
  });
}
