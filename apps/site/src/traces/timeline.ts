import type { TraceEntry } from "@cmodx/trace";

/** A call: from when to when, how deep. */
export interface Span {
  readonly name: string;
  readonly start: number;
  /** Infinite while it lasts. */
  end: number;
  readonly depth: number;
}

/** Something that happened at one moment. */
export interface Instant {
  readonly name: string;
  readonly text: string;
  readonly time: number;
}

export interface Lane {
  readonly name: string;
  spans: Span[];
  instants: Instant[];
  readonly open: Span[];
  depth: number;
}

/** Spans and instants that a lane keeps. */
const MOST = 20_000;

/** A recording as lanes, one a core: grows by entries, or is read from a file. Times are nanoseconds. */
export class Timeline {
  readonly lanes: Lane[] = [];
  start: number = Number.POSITIVE_INFINITY;
  end = 0;

  get isEmpty(): boolean {
    return this.lanes.every(({ spans, instants }) => spans.length + instants.length === 0);
  }

  lane(index: number, name: string = `core ${index}`): Lane {
    while (this.lanes.length <= index) {
      const number = this.lanes.length;
      this.lanes.push({
        name: number === index ? name : `core ${number}`,
        spans: [],
        instants: [],
        open: [],
        depth: 0,
      });
    }
    return this.lanes[index]!;
  }

  add(entry: TraceEntry): void {
    const { core, time } = entry;
    switch (entry.kind) {
      case "entry":
        this.begin(core, entry.name, time);
        return;
      case "exit":
        this.finish(core, time);
        return;
      case "function":
        this.happen(core, { name: entry.name, text: `called by ${entry.parent}`, time });
        return;
      case "event":
        this.happen(core, { name: entry.name, text: entry.text, time });
        return;
      case "mark":
        this.happen(core, { name: entry.text, text: "mark", time });
    }
  }

  begin(core: number, name: string, time: number): void {
    this.#reach(time);
    const lane = this.lane(core);
    const span: Span = { name, start: time, end: Number.POSITIVE_INFINITY, depth: lane.open.length };
    lane.depth = Math.max(lane.depth, lane.open.length + 1);
    lane.open.push(span);
    lane.spans.push(span);
    if (lane.spans.length > MOST) lane.spans = lane.spans.slice(MOST / 2);
  }

  finish(core: number, time: number): void {
    this.#reach(time);
    const span = this.lane(core).open.pop();
    if (span !== undefined) span.end = time;
  }

  /** A tracer that was switched off leaves calls open: they are no longer followed. */
  close(time: number): void {
    for (const lane of this.lanes) for (const span of lane.open.splice(0)) span.end = time;
  }

  happen(core: number, instant: Instant): void {
    this.#reach(instant.time);
    const lane = this.lane(core);
    lane.instants.push(instant);
    if (lane.instants.length > MOST) lane.instants = lane.instants.slice(MOST / 2);
  }

  #reach(time: number): void {
    this.start = Math.min(this.start, time);
    this.end = Math.max(this.end, time);
  }
}

const MOST_EVENTS = 500_000;
const MOST_LANES = 64;

/** Reads a recording in Chrome's Trace Event Format; a text says what is wrong with it. */
export function readChromeJson(text: string): Timeline | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return "this is not JSON";
  }
  const events = Array.isArray(parsed) ? parsed : (parsed as { traceEvents?: unknown } | null)?.traceEvents;
  if (!Array.isArray(events)) return "there is no array `traceEvents` in it";
  if (events.length > MOST_EVENTS) return `it has ${events.length} events; the viewer takes ${MOST_EVENTS}`;
  const timeline = new Timeline();
  const lanes = new Map<string, number>();
  const names = new Map<string, string>();
  const known = events.filter(isEvent).toSorted((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
  for (const event of known) {
    if (event.ph === "M" && event.name === "thread_name" && typeof event.args?.["name"] === "string") {
      names.set(`${event.pid} ${event.tid}`, event.args["name"].slice(0, 40));
    }
  }
  for (const event of known) {
    const key = `${event.pid} ${event.tid}`;
    if (event.ph === "M" || event.ts === undefined) continue;
    if (!lanes.has(key) && lanes.size >= MOST_LANES) continue;
    const lane = lanes.get(key) ?? lanes.size;
    if (!lanes.has(key)) timeline.lane(lane, names.get(key) ?? `thread ${event.tid}`);
    lanes.set(key, lane);
    const time = Math.round(event.ts * 1000);
    const name = String(event.name ?? "").slice(0, 120);
    if (event.ph === "B") timeline.begin(lane, name, time);
    else if (event.ph === "E") timeline.finish(lane, time);
    else if (event.ph === "X") {
      timeline.begin(lane, name, time);
      timeline.finish(lane, time + Math.round((event.dur ?? 0) * 1000));
    } else if (event.ph === "i" || event.ph === "I") {
      const text = Object.values(event.args ?? {})
        .map(String)
        .join(" ")
        .slice(0, 200);
      timeline.happen(lane, { name, text, time });
    }
  }
  timeline.close(timeline.end);
  return timeline.isEmpty ? "there is nothing in it that a timeline could show" : timeline;
}

interface ChromeEvent {
  readonly ph: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly name?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

function isEvent(value: unknown): value is ChromeEvent {
  if (typeof value !== "object" || value === null) return false;
  const { ph, ts, dur } = value as Record<string, unknown>;
  const isTime = (time: unknown): boolean => time === undefined || (typeof time === "number" && Number.isFinite(time));
  return typeof ph === "string" && isTime(ts) && isTime(dur);
}
