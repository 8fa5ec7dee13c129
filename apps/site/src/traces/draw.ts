import type { Instant, Lane, Span, Timeline } from "./timeline.js";

/** The part of a timeline that is shown, in nanoseconds. */
export interface View {
  readonly from: number;
  readonly to: number;
}

const ROW = 17;
const HEAD = 18;
const GAP = 10;
const AXIS = 20;
const MOST_ROWS = 8;

const rowsOf = (lane: Lane): number => Math.min(MOST_ROWS, Math.max(2, lane.depth));
const laneHeight = (lane: Lane): number => HEAD + (rowsOf(lane) + 1) * ROW + GAP;

const heightOf = (timeline: Timeline): number =>
  AXIS +
  Math.max(
    120,
    timeline.lanes.reduce((sum, lane) => sum + laneHeight(lane), 0),
  );

/** What is at a point of the drawing. */
export interface Hit {
  readonly lane: string;
  readonly name: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Draws the lanes: calls as bars, deeper ones below, moments as marks in a row of their own. */
export function draw(canvas: HTMLCanvasElement, timeline: Timeline, view: View): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const scale = devicePixelRatio || 1;
  const { clientWidth: width } = canvas;
  const height = heightOf(timeline);
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
  }
  const style = getComputedStyle(canvas);
  const ink = style.getPropertyValue("color");
  const line = style.getPropertyValue("--line");
  const isDark = document.documentElement.dataset["theme"] !== "light";
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  drawAxis(context, view, width, height, ink, line);
  let top = AXIS;
  for (const lane of timeline.lanes) {
    context.fillStyle = ink;
    context.fillText(lane.name, 6, top + HEAD / 2);
    for (const span of visible(lane.spans, view)) drawSpan(context, span, view, width, top + HEAD, isDark);
    const marks = top + HEAD + rowsOf(lane) * ROW + ROW / 2;
    let free = Number.NEGATIVE_INFINITY;
    for (const instant of lane.instants) {
      const x = place(instant.time, view, width);
      if (x < -2 || x > width + 2) continue;
      context.fillStyle = colour(instant.name, isDark);
      context.beginPath();
      context.moveTo(x, marks - 6);
      context.lineTo(x + 4, marks + 5);
      context.lineTo(x - 4, marks + 5);
      context.fill();
      if (x < free) continue;
      context.fillStyle = ink;
      context.fillText(instant.name, x + 6, marks);
      free = x + 12 + context.measureText(instant.name).width;
    }
    top += laneHeight(lane);
    context.fillStyle = line;
    context.fillRect(0, top - GAP / 2, width, 1);
  }
}

const place = (time: number, { from, to }: View, width: number): number => ((time - from) / (to - from)) * width;

/** Spans are sorted by start; those behind the view need not be looked at. */
function* visible(spans: readonly Span[], { from, to }: View): Generator<Span> {
  for (const span of spans) {
    if (span.start > to) return;
    if (span.end >= from) yield span;
  }
}

function drawSpan(
  context: CanvasRenderingContext2D,
  span: Span,
  view: View,
  width: number,
  top: number,
  isDark: boolean,
): void {
  const x = Math.max(-1, place(span.start, view, width));
  const end = Math.min(width + 1, place(span.end, view, width));
  const shown = Math.max(1, end - x - 0.5);
  const y = top + Math.min(span.depth, MOST_ROWS - 1) * ROW;
  context.fillStyle = colour(span.name, isDark);
  context.fillRect(x, y, shown, ROW - 2);
  if (shown < 28) return;
  context.fillStyle = isDark ? "#0d1117" : "#ffffff";
  context.save();
  context.beginPath();
  context.rect(x, y, shown - 2, ROW);
  context.clip();
  context.fillText(span.name, Math.max(x, 0) + 4, y + ROW / 2 - 1);
  context.restore();
}

/** One colour for one name, dark enough (or light enough) for its text. */
function colour(name: string, isDark: boolean): string {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return `hsl(${((hash >>> 0) % 36) * 10} ${isDark ? "55% 68%" : "55% 36%"})`;
}

function drawAxis(
  context: CanvasRenderingContext2D,
  view: View,
  width: number,
  height: number,
  ink: string,
  line: string,
): void {
  const span = view.to - view.from;
  const rough = span / Math.max(2, width / 110);
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((n) => n * unit).find((each) => each >= rough) ?? 10 * unit;
  context.fillStyle = ink;
  for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
    const x = place(time, view, width);
    context.fillStyle = line;
    context.fillRect(x, 0, 1, height);
    context.fillStyle = ink;
    context.fillText(timeText(time), x + 4, AXIS / 2);
  }
}

export const timeText = (nanoseconds: number): string =>
  nanoseconds >= 1e6
    ? `${(nanoseconds / 1e6).toFixed(3)} ms`
    : nanoseconds >= 1e3
      ? `${(nanoseconds / 1e3).toFixed(2)} µs`
      : `${Math.round(nanoseconds)} ns`;

/** The deepest call, or the mark, at a point. */
export function hitAt(timeline: Timeline, view: View, width: number, x: number, y: number): Hit | undefined {
  const time = view.from + (x / width) * (view.to - view.from);
  let top = AXIS;
  for (const lane of timeline.lanes) {
    const height = laneHeight(lane);
    if (y >= top && y < top + height) {
      const row = Math.floor((y - top - HEAD) / ROW);
      if (row >= rowsOf(lane)) return markAt(lane, view, width, x);
      const span = lane.spans.findLast((each) => each.depth === row && each.start <= time && time <= each.end);
      if (span === undefined) return undefined;
      return { lane: lane.name, name: span.name, text: "", start: span.start, end: span.end };
    }
    top += height;
  }
  return undefined;
}

function markAt(lane: Lane, view: View, width: number, x: number): Hit | undefined {
  let nearest: Instant | undefined;
  let distance = 8;
  for (const instant of lane.instants) {
    const away = Math.abs(place(instant.time, view, width) - x);
    if (away < distance) [nearest, distance] = [instant, away];
  }
  if (nearest === undefined) return undefined;
  return { lane: lane.name, name: nearest.name, text: nearest.text, start: nearest.time, end: nearest.time };
}
