import { decodeA32, decodeT32, format } from "@cmodx/codec";
import { Run } from "@cmodx/explore";
import {
  architecture,
  CellsTooCoarse,
  type CoreState,
  MachineModel,
  type Message,
  messageIdentity,
  type Scenario,
  valueAt,
  type WitnessStep,
  World,
} from "@cmodx/machine";
import type { Age, Contents, CoreView, ExecutionView, Frame, SiteShape, SiteView } from "./execution.js";
import { VIEW_NAMES } from "./execution.js";
import { messageOf } from "./messages.js";

/** Lines that the report of an execution has beside those that cores tell. */
const COMMENTS: ReadonlySet<string> = new Set(["early", "violation", "message"]);
/** How many steps may be tried to follow one core's lines. */
const MOST_TRIES = 200_000;

/**
 * Follows the lines of a witness through the machine once more, to learn what each core and memory held at each of them. Without a
 * way through (a report that is no execution, such as that of a deadlock) there are lines and no states.
 */
export function replay(scenario: Scenario, witness: readonly WitnessStep[]): ExecutionView {
  for (const cellBytes of [4, 2, 1]) {
    try {
      return new Replay(scenario, witness, cellBytes).view();
    } catch (error) {
      if (!(error instanceof CellsTooCoarse)) throw error;
    }
  }
  return linesOnly(scenario, witness);
}

function linesOnly(scenario: Scenario, witness: readonly WitnessStep[]): ExecutionView {
  const frames = witness.map(({ core, event, detail }) => ({ core, event, detail, visible: 0, cores: [], sites: [] }));
  return { cores: scenario.cores.length, sites: [], frames, hasStates: false };
}

/** One step of one core: what it told, and what it left. */
interface Followed {
  readonly state: CoreState;
  readonly lines: number;
  readonly address: number | null;
}

class Replay {
  readonly #scenario: Scenario;
  readonly #witness: readonly WitnessStep[];
  readonly #world: World;
  readonly #model: MachineModel;
  readonly #memory: readonly Message[];
  readonly #run: Run<Message>;
  /** By position in memory, the number of the message there. */
  readonly #sequence: readonly number[];
  readonly #could = new Map<string, readonly Contents[]>();
  #tries = 0;

  constructor(scenario: Scenario, witness: readonly WitnessStep[], cellBytes: number) {
    this.#scenario = scenario;
    this.#witness = witness;
    const bytes = new Map<number, number>();
    for (const { address, bytes: content } of scenario.memory) {
      for (let i = 0; i < content.length; i++) bytes.set(address + i, content[i]!);
    }
    const knobs = { ...architecture, ...scenario.model };
    this.#world = new World(bytes, knobs, scenario.cores.length, cellBytes, true, scenario);
    this.#model = new MachineModel(this.#world, scenario.cores, scenario.isas ?? [], scenario.sites ?? []);
    const numbered = new Map(witness.flatMap((step) => messageEntry(step, knobs.lineBytes)));
    this.#memory = [
      ...Array.from({ length: numbered.size }, (_, i) => numbered.get(i + 1)!),
      ...storesToCome(scenario, [...numbered.values()]),
    ];
    // Equal messages have one number: a later stage cleans the same line again.
    const identities = this.#memory.map((message) => (message === undefined ? "" : messageIdentity(message)));
    this.#sequence = identities.map((identity) => identities.indexOf(identity));
    this.#run = new Run<Message>(
      (message) => identities.indexOf(messageIdentity(message)),
      (number) => this.#memory[number]!,
    );
  }

  view(): ExecutionView {
    const { cores } = this.#scenario;
    if (this.#memory.includes(undefined as never)) return linesOnly(this.#scenario, this.#witness);
    const paths: Followed[][] = [];
    for (let core = 0; core < cores.length; core++) {
      const path = this.#follow(core);
      if (path === undefined) return linesOnly(this.#scenario, this.#witness);
      paths.push(path);
    }
    const shapes = this.#sites(paths);
    return { cores: cores.length, sites: shapes, frames: this.#frames(paths, shapes), hasStates: true };
  }

  /** A path of one core that tells exactly its lines of the witness. */
  #follow(core: number): Followed[] | undefined {
    const lines = this.#witness
      .filter((step) => step.core === core && !COMMENTS.has(step.event))
      .map(({ detail }) => detail);
    const own = this.#memory.flatMap((message, i) => (message.core === core ? [i + 1] : []));
    const run = this.#run;
    run.enter(this.#sequence);
    interface Node {
      readonly state: CoreState;
      readonly promises: readonly number[];
      readonly at: number;
      readonly step: Followed | undefined;
      readonly parent: Node | undefined;
    }
    const start = this.#model.initial(core);
    const stack: Node[] = [{ state: start, promises: own, at: 0, step: undefined, parent: undefined }];
    run.telling = true;
    try {
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (node.at >= lines.length) {
          const path: Followed[] = [];
          for (let each: Node | undefined = node; each?.step !== undefined; each = each.parent) path.unshift(each.step);
          return path;
        }
        const next: Node[] = [];
        run.force([]);
        do {
          if (this.#tries++ > MOST_TRIES) return undefined;
          run.begin(node.promises, []);
          if (this.#model.finished(core, node.state, run)) break;
          const state = this.#model.copy(node.state);
          this.#model.step(core, state, run);
          if (run.dead || run.tail.length > 0) continue;
          const { told } = run;
          // The story ends with what is wrong, which may be in the middle of a step.
          if (told.some((line, i) => node.at + i < lines.length && lines[node.at + i] !== line)) continue;
          const address = node.state.running ? node.state.pc : null;
          const step = { state, lines: told.length, address };
          next.push({ state, promises: run.promises, at: node.at + told.length, step, parent: node });
        } while (run.advance());
        stack.push(...next.reverse());
      }
      return undefined;
    } finally {
      run.telling = false;
    }
  }

  /** Where some core fetched what some core stores. */
  #sites(paths: readonly (readonly Followed[])[]): SiteShape[] {
    const written = (address: number, size: number): boolean =>
      this.#memory.some((m) => m.kind === "W" && m.address < address + size && address < m.address + m.size);
    const isas = this.#scenario.isas ?? [];
    const found = new Map<number, SiteShape>();
    for (const path of paths) {
      let isa = 0;
      for (const { address, state } of path) {
        const set = isas[isa];
        if (address !== null && set !== undefined && written(address, 4)) {
          if (!written(address, set.fetchBytes) && !this.#isWide(set.fetchBytes, address)) continue;
          found.set(address, { address, isa: set.name, unitBytes: set.fetchBytes });
        }
        isa = state.isa;
      }
    }
    return [...found.values()].toSorted((a, b) => a.address - b.address).slice(0, 8);
  }

  #isWide(unitBytes: number, address: number): boolean {
    return unitBytes === 2 && (this.#world.initial(address, 2) & 0xffff) >= 0xe800;
  }

  /** The witness in its order, each line with how things are behind it. */
  #frames(paths: readonly (readonly Followed[])[], shapes: readonly SiteShape[]): Frame[] {
    const states = paths.map((_, core) => this.#model.initial(core));
    const pcs: (number | null)[] = paths.map(() => null);
    const at = paths.map(() => ({ step: 0, line: 0 }));
    const frames: Frame[] = [];
    let visible = 0;
    for (const line of this.#witness) {
      const entry = messageEntry(line, this.#world.knobs.lineBytes)[0];
      if (entry !== undefined) visible = Math.max(visible, entry[0]);
      let executed: Frame["executed"];
      const own = at[line.core]!;
      if (!COMMENTS.has(line.event)) {
        const path = paths[line.core]!;
        while (path[own.step] !== undefined && path[own.step]!.lines === 0) states[line.core] = path[own.step++]!.state;
        const step = path[own.step];
        if (step !== undefined) {
          own.line++;
          pcs[line.core] = step.address;
          if (own.line >= step.lines) {
            states[line.core] = step.state;
            own.step++;
            own.line = 0;
          }
          const shape = shapes.find(({ address }) => address === step.address);
          if (line.event === "execute" && shape !== undefined) executed = this.#executed(frames, line, shape, visible);
        }
      }
      // What is said of an execution is said of the one before it.
      if (line.event === "violation") executed = frames.findLast((frame) => frame.core === line.core)?.executed;
      frames.push({
        ...line,
        visible,
        ...(executed === undefined ? {} : { executed }),
        cores: states.map((state, core) => coreView(state, pcs[core] ?? null)),
        sites: shapes.map((shape) => this.#site(shape, visible, states)),
      });
    }
    return frames;
  }

  /** The units that the fetches just before this line brought. */
  #executed(
    frames: readonly Frame[],
    { core }: WitnessStep,
    shape: SiteShape,
    visible: number,
  ): Contents & { address: number } {
    const units: number[] = [];
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i]!;
      if (frame.core !== core) continue;
      const fetched = /^fetch 0x([0-9a-f]+) from 0x([0-9a-f]+) /.exec(frame.detail);
      if (fetched === null) break;
      units.unshift(Number.parseInt(fetched[1]!, 16));
      if (Number.parseInt(fetched[2]!, 16) === shape.address) break;
    }
    const complete =
      units.length > 0 ? units : unitsAt(shape, (a, n) => valueAt(this.#world, this.#memory, a, n, visible));
    return { address: shape.address, ...this.#contents(shape, withSecond(shape, complete, this.#world), visible) };
  }

  #site(shape: SiteShape, visible: number, states: readonly CoreState[]): SiteView {
    const data = unitsAt(shape, (address, size) => valueAt(this.#world, this.#memory, address, size, visible));
    const unified = unitsAt(shape, (address, size) => this.#unified(address, size, visible));
    return {
      data: this.#contents(shape, data, visible),
      unified: this.#contents(shape, unified, visible),
      could: states.map((state, core) => this.#couldExecute(shape, core, state, visible)),
    };
  }

  /** What has reached the point of unification: of each byte, the last store that a clean of its line follows. */
  #unified(address: number, size: number, visible: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) {
      const line = this.#world.line(address + i);
      let cleaned = 0;
      for (let t = 1; t <= visible; t++) {
        const message = this.#memory[t - 1]!;
        if (message.kind === "D" && message.line === line) cleaned = t;
      }
      const until = this.#world.knobs.idc ? visible : cleaned;
      value |= (valueAt(this.#world, this.#memory, address + i, 1, until) & 0xff) << (8 * i);
    }
    return value;
  }

  /** Every instruction that the model lets the core fetch at the site now: one step of it, with every choice. */
  #couldExecute(shape: SiteShape, core: number, state: CoreState, visible: number): readonly Contents[] {
    const key = `${shape.address} ${core} ${state.vF} ${visible}`;
    const known = this.#could.get(key);
    if (known !== undefined) return known;
    const program = { steps: [{ op: "execute", isa: shape.isa, address: shape.address } as const] };
    const model = new MachineModel(
      this.#world,
      this.#scenario.cores.map(() => program),
      this.#scenario.isas ?? [],
      [],
    );
    const from = model.copy(state);
    Object.assign(from, { frame: 0, step: 0, running: true, pc: shape.address, calls: 0, it: 0, stopped: 0 });
    from.isa = model.isaNumber(shape.isa);
    from.interrupted = undefined;
    from.interruptAt = Number.MAX_SAFE_INTEGER;
    const run = new Run<Message>(
      () => -1,
      (number) => this.#memory[number]!,
    );
    run.enter(this.#sequence.slice(0, visible));
    run.telling = true;
    run.force([]);
    const found = new Map<string, Contents>();
    do {
      run.begin([], []);
      model.step(core, model.copy(from), run);
      const units = run.told.flatMap((line) => {
        const fetched = /^fetch 0x([0-9a-f]+) from/.exec(line);
        return fetched === null ? [] : [Number.parseInt(fetched[1]!, 16)];
      });
      const complete =
        units.length > 0 ? units : unitsAt(shape, (a, n) => valueAt(this.#world, this.#memory, a, n, visible));
      const contents = this.#contents(shape, withSecond(shape, complete, this.#world), visible);
      found.set(contents.units.join(), contents);
    } while (run.advance() && found.size < 16);
    const order: readonly Age[] = ["fresh", "stale", "torn"];
    const could = [...found.values()].toSorted((a, b) => order.indexOf(a.age) - order.indexOf(b.age));
    this.#could.set(key, could);
    return could;
  }

  #contents(shape: SiteShape, units: readonly number[], visible: number): Contents {
    return { units, text: textOf(shape, units), age: this.#age(shape, units, visible) };
  }

  /** Compares with what memory held at the site at each moment so far. */
  #age(shape: SiteShape, units: readonly number[], visible: number): Age {
    for (let t = visible; t >= 0; t--) {
      const held = units.every(
        (unit, i) =>
          unsigned(
            valueAt(this.#world, this.#memory, shape.address + i * shape.unitBytes, shape.unitBytes, t),
            shape,
          ) === unit,
      );
      if (!held) continue;
      const newest = units.every(
        (unit, i) =>
          unsigned(
            valueAt(this.#world, this.#memory, shape.address + i * shape.unitBytes, shape.unitBytes, visible),
            shape,
          ) === unit,
      );
      return newest ? "fresh" : "stale";
    }
    return "torn";
  }
}

/**
 * The stores that a story has not come to when it ends: a fetch of what nobody ever writes has no choice, and tells nothing, so they
 * have to be there.
 */
function storesToCome(scenario: Scenario, told: readonly Message[]): Message[] {
  const known = told.map(messageIdentity);
  return scenario.cores.flatMap(({ steps, onIpi = [] }, core) =>
    [...steps, ...onIpi].flatMap((step): Message[] => {
      if (step.op !== "store") return [];
      const { address, size } = step;
      const message: Message = { kind: "W", core, address, size, value: step.value | 0 };
      const at = known.indexOf(messageIdentity(message));
      if (at < 0) return [message];
      known.splice(at, 1);
      return [];
    }),
  );
}

function messageEntry(step: WitnessStep, lineBytes: number): [number, Message][] {
  const entry = messageOf(step, lineBytes);
  return entry === undefined ? [] : [entry];
}

function unsigned(value: number, { unitBytes }: SiteShape): number {
  return unitBytes === 2 ? value & 0xffff : value >>> 0;
}

/** The units of one instruction, the second one only where the first says that there is one. */
function unitsAt(shape: SiteShape, read: (address: number, size: number) => number): number[] {
  const first = unsigned(read(shape.address, shape.unitBytes), shape);
  if (shape.unitBytes === 4 || first < 0xe800) return [first];
  return [first, unsigned(read(shape.address + 2, 2), shape)];
}

/** A halfword that nobody writes is fetched without a word: it is what it was. */
function withSecond(shape: SiteShape, units: readonly number[], world: World): readonly number[] {
  if (shape.unitBytes === 4 || units.length !== 1 || units[0]! < 0xe800) return units;
  return [units[0]!, world.initial(shape.address + 2, 2) & 0xffff];
}

function textOf({ isa, address }: SiteShape, units: readonly number[]): string {
  const [first = 0, second = 0] = units;
  return format(isa === "a32" ? decodeA32(first, address) : decodeT32(first, second, address));
}

function coreView(state: CoreState, pc: number | null): CoreView {
  const views = Object.fromEntries(VIEW_NAMES.map((name) => [name, state[name]])) as CoreView["views"];
  return {
    registers: state.registers.slice(0, 16).map((value) => value >>> 0),
    flags: state.flags,
    views,
    pc,
    inHandler: state.frame !== 0,
  };
}
