import type { TraceEntry } from "@cmodx/trace";
import type { JSX } from "preact";
import { useCallback, useEffect, useId, useRef, useState } from "preact/hooks";
import { Choice } from "../playground/site-form.js";
import { KEY_CHOICES, PROBE_CHOICES } from "./choices.js";
import { draw, type Hit, hitAt, timeText, type View } from "./draw.js";
import type { Switches } from "./station.js";
import { readChromeJson, Timeline } from "./timeline.js";
import type { FromStation, ToStation } from "./wire.js";

const START: Switches = { tracer: "function_graph", filter: "", keys: [], probes: [] };
/** Instructions in each slice, by what the reader chooses. */
const PACES: readonly (readonly [string, string])[] = [
  ["120", "slow"],
  ["600", "steady"],
  ["6000", "fast"],
];
/** Nanoseconds that are shown when one follows the machine. */
const FOLLOWED = 4000;
const MOST_FILE = 64 * 2 ** 20;
const LAST_LINES = 14;

export function Viewer(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const timeline = useRef(new Timeline());
  const worker = useRef<Worker | undefined>(undefined);
  const [view, setView] = useState<View>({ from: 0, to: FOLLOWED });
  const [follows, setFollows] = useState(true);
  const [running, setRunning] = useState(true);
  const [pace, setPace] = useState("120");
  const [switches, setSwitches] = useState<Switches>(START);
  const [said, setSaid] = useState("Loading the machine");
  const [file, setFile] = useState<string | null>(null);
  const [hit, setHit] = useState<Hit>();
  const [lines, setLines] = useState<readonly string[]>([]);
  const filterId = useId();

  const post = (message: ToStation): void => worker.current?.postMessage(message);
  const followed = useRef(follows);
  followed.current = follows;

  useEffect(() => {
    if (file !== null) return;
    const machine = new Worker(new URL("./station-worker.js", import.meta.url), { type: "module" });
    worker.current = machine;
    timeline.current = new Timeline();
    timeline.current.lane(1);
    machine.onmessage = ({ data }: MessageEvent<FromStation>) => {
      if (data.kind === "ready") setSaid("");
      if (data.kind === "applied") setSaid(data.refused ?? "");
      if (data.kind !== "entries") return;
      for (const entry of data.entries) timeline.current.add(entry);
      timeline.current.end = Math.max(timeline.current.end, data.clock);
      if (data.entries.length > 0) setLines(data.entries.slice(-LAST_LINES).map(lineOf));
      if (followed.current) setView(({ from, to }) => ({ from: data.clock - (to - from), to: data.clock }));
    };
    machine.onerror = () => setSaid("the machine failed to start");
    return () => machine.terminate();
  }, [file]);

  useEffect(() => {
    if (switches.tracer !== "function_graph") timeline.current.close(timeline.current.end);
    post({ kind: "switches", switches });
  }, [switches, file]);
  useEffect(() => post({ kind: "pace", instructions: running ? Number(pace) : 0 }), [running, pace, file]);
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, timeline.current, view);
  });

  const zoom = useCallback((factor: number, at = 0.5): void => {
    setView(({ from, to }) => {
      const span = Math.min(1e9, Math.max(20, (to - from) * factor));
      const fixed = from + (to - from) * at;
      return { from: fixed - span * at, to: fixed + span * (1 - at) };
    });
  }, []);
  const pan = useCallback((part: number): void => {
    setFollows(false);
    setView(({ from, to }) => ({ from: from + part * (to - from), to: to + part * (to - from) }));
  }, []);
  const fit = (): void => {
    setFollows(false);
    const { start, end } = timeline.current;
    if (Number.isFinite(start)) setView({ from: start - (end - start) * 0.01, to: end + (end - start) * 0.01 + 1 });
  };
  const keys = (event: KeyboardEvent): void => {
    const act: Readonly<Record<string, () => void>> = {
      w: () => zoom(0.7),
      s: () => zoom(1.4),
      a: () => pan(-0.2),
      d: () => pan(0.2),
      ArrowLeft: () => pan(-0.2),
      ArrowRight: () => pan(0.2),
      ArrowUp: () => zoom(0.7),
      ArrowDown: () => zoom(1.4),
      f: fit,
    };
    if (event.ctrlKey || event.metaKey || act[event.key] === undefined) return;
    act[event.key]?.();
    event.preventDefault();
  };

  const open = async (dropped: File | undefined): Promise<void> => {
    if (dropped === undefined) return;
    if (dropped.size > MOST_FILE) {
      setSaid(`${dropped.name} is larger than ${MOST_FILE / 2 ** 20} MiB`);
      return;
    }
    const read = readChromeJson(await dropped.text());
    if (typeof read === "string") {
      setSaid(`${dropped.name}: ${read}`);
      return;
    }
    setFile(dropped.name);
    setFollows(false);
    timeline.current = read;
    setLines([]);
    setSaid(`${dropped.name}: ${read.lanes.length} lanes, ${timeText(read.end - read.start)}`);
    setView({ from: read.start, to: Math.max(read.end, read.start + 20) });
  };

  useWheel(canvas, zoom, pan);
  const drag = useDrag(canvas, pan);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file can be chosen by the button too
    <div
      class="tool not-content traces"
      data-state={said === "Loading the machine" ? "busy" : "ready"}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      }}
    >
      {file === null ? (
        <div class="trace-switches">
          <fieldset>
            <legend>Tracer</legend>
            {(["nop", "function", "function_graph"] as const).map((tracer) => (
              <button
                key={tracer}
                type="button"
                aria-pressed={switches.tracer === tracer}
                onClick={() => setSwitches({ ...switches, tracer })}
              >
                {tracer}
              </button>
            ))}
            <label for={filterId}>only functions</label>
            <input
              id={filterId}
              type="text"
              placeholder="*"
              spellcheck={false}
              maxLength={60}
              value={switches.filter}
              onChange={(event) => setSwitches({ ...switches, filter: event.currentTarget.value })}
            />
          </fieldset>
          <Toggles
            title="Static keys"
            names={KEY_CHOICES}
            on={(name) => switches.keys.includes(name)}
            onToggle={(name) => setSwitches({ ...switches, keys: toggled(switches.keys, name) })}
          />
          <Toggles
            title="Probes"
            names={PROBE_CHOICES}
            on={(name) => switches.probes.includes(PROBE_CHOICES.indexOf(name))}
            onToggle={(name) =>
              setSwitches({ ...switches, probes: toggled(switches.probes, PROBE_CHOICES.indexOf(name)) })
            }
          />
        </div>
      ) : null}
      <div class="trace-bar">
        {file === null ? (
          <>
            <button type="button" aria-pressed={!running} onClick={() => setRunning(!running)}>
              {running ? "Pause" : "Go on"}
            </button>
            <Choice label="Pace" value={pace} options={PACES} onChoose={setPace} />
            <button type="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
              Follow
            </button>
          </>
        ) : (
          <button type="button" onClick={() => setFile(null)}>
            Back to the machine
          </button>
        )}
        <button type="button" aria-label="zoom in" onClick={() => zoom(0.5, follows ? 1 : 0.5)}>
          +
        </button>
        <button type="button" aria-label="zoom out" onClick={() => zoom(2, follows ? 1 : 0.5)}>
          −
        </button>
        <button type="button" aria-label="earlier" onClick={() => pan(-0.5)}>
          ◀
        </button>
        <button type="button" aria-label="later" onClick={() => pan(0.5)}>
          ▶
        </button>
        <button type="button" onClick={fit}>
          All
        </button>
        <label class="button">
          Open a recording
          <input
            class="sr-only"
            type="file"
            accept=".json,application/json"
            onChange={(event) => void open(event.currentTarget.files?.[0])}
          />
        </label>
        <span class="said" role="status">
          {said}
        </span>
      </div>
      <canvas
        ref={canvas}
        class="timeline"
        tabIndex={0}
        role="img"
        aria-label="Timeline of the cores. Keys: W and S zoom, A and D move, F shows all."
        onKeyDown={keys}
        onMouseMove={(event) =>
          setHit(hitAt(timeline.current, view, event.currentTarget.clientWidth, event.offsetX, event.offsetY))
        }
        onMouseLeave={() => setHit(undefined)}
        {...drag}
      />
      <p class="held-note trace-hit">
        {hit === undefined
          ? "W, S zoom; A, D move; F shows all. Drag and wheel do, too. Drop a .json recording of chrome://tracing to look at it: it stays in this page."
          : `${hit.lane}: ${hit.name} ${hit.text} at ${timeText(hit.start)}${Number.isFinite(hit.end) && hit.end > hit.start ? `, for ${timeText(hit.end - hit.start)}` : ""}`}
      </p>
      {file === null ? (
        <pre class="trace-lines" tabIndex={0} role="log" aria-label="Latest entries" aria-live="off">
          {lines.length === 0 ? "nothing is recorded" : lines.join("\n")}
        </pre>
      ) : null}
    </div>
  );
}

function toggled<T>(list: readonly T[], item: T): readonly T[] {
  return list.includes(item) ? list.filter((each) => each !== item) : [...list, item];
}

interface TogglesProps {
  readonly title: string;
  readonly names: readonly string[];
  readonly on: (name: string) => boolean;
  readonly onToggle: (name: string) => void;
}

function Toggles({ title, names, on, onToggle }: TogglesProps): JSX.Element {
  return (
    <fieldset>
      <legend>{title}</legend>
      {names.map((name) => (
        <button key={name} type="button" aria-pressed={on(name)} onClick={() => onToggle(name)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** As tracefs words it, with the core in front. */
function lineOf(entry: TraceEntry): string {
  const at = `[${entry.core}] ${String(entry.time).padStart(9)} ns  `;
  switch (entry.kind) {
    case "entry":
      return `${at}${"  ".repeat(entry.depth)}${entry.name}() {`;
    case "exit":
      return `${at}${"  ".repeat(entry.depth)}} ${entry.name}, ${entry.duration} ns`;
    case "function":
      return `${at}${entry.name} <-${entry.parent}`;
    case "event":
      return `${at}${entry.name}: ${entry.text}`;
    case "mark":
      return `${at}${entry.text}`;
    default:
      return `${at}${entry.kind}`;
  }
}

/** The wheel zooms where the pointer is; sideways it moves. Not passive: the page must stay where it is. */
function useWheel(
  canvas: { readonly current: HTMLCanvasElement | null },
  zoom: (factor: number, at?: number) => void,
  pan: (part: number) => void,
): void {
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / element.clientWidth);
      else zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, event.offsetX / element.clientWidth);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [zoom, pan]);
}

function useDrag(canvas: { readonly current: HTMLCanvasElement | null }, pan: (part: number) => void): object {
  const at = useRef<number | undefined>(undefined);
  return {
    onPointerDown: (event: PointerEvent) => {
      at.current = event.clientX;
      canvas.current?.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent) => {
      if (at.current === undefined || canvas.current === null) return;
      pan((at.current - event.clientX) / canvas.current.clientWidth);
      at.current = event.clientX;
    },
    onPointerUp: () => {
      at.current = undefined;
    },
  };
}
