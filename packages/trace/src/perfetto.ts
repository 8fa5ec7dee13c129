import { ProtobufWriter } from "./protobuf.js";
import type { Recording, TraceEntry } from "./recording.js";

// Field numbers of Perfetto's public trace format, protos/perfetto/trace: an interface, of which this writes what it needs.
const PACKET = 1;
const TIMESTAMP = 8;
const SEQUENCE = 10;
const TRACK_EVENT = 11;
const INTERNED = 12;
const SEQUENCE_FLAGS = 13;
const TRACK_DESCRIPTOR = 60;
const INCREMENTAL_CLEARED = 1;
const NEEDS_INCREMENTAL = 2;
const SLICE_BEGIN = 1;
const SLICE_END = 2;
const INSTANT = 3;

/** Tracks are named by numbers that are nobody else's: the process, then a core each. */
const PROCESS_TRACK = 1;
const coreTrack = (core: number): number => PROCESS_TRACK + 1 + core;

const CHUNK = 1 << 16;

/**
 * The recording in Perfetto's format, which its UI opens: a thread for each core, calls as slices, everything else as instants. Names
 * are written once and referred to by number. A chunk at a time.
 *
 * @param recording - what was recorded, times in nanoseconds
 *
 * @example
 * ```ts
 * const entries = [{ kind: "mark", core: 0, time: 2_000, task: { pid: 80, comm: "sh" }, text: "hello" }] as const;
 * const chunks = [...perfetto({ tracer: "nop", cores: 1, entries, count: { inBuffer: 1, written: 1 } })];
 * chunks[0]![0]; // 10
 * ```
 */
export function* perfetto({ cores, entries }: Recording): Generator<Uint8Array> {
  const [out, packet, inner, deep] = [
    new ProtobufWriter(),
    new ProtobufWriter(),
    new ProtobufWriter(),
    new ProtobufWriter(),
  ];
  const names = new Map<string, number>();
  const emit = () => out.message(PACKET, packet.bytes);

  deep.clear().varint(1, 1).text(6, "cmodx");
  inner.clear().varint(1, PROCESS_TRACK).message(3, deep.bytes);
  packet.clear().message(TRACK_DESCRIPTOR, inner.bytes).varint(SEQUENCE, 1).varint(SEQUENCE_FLAGS, INCREMENTAL_CLEARED);
  emit();
  for (let core = 0; core < cores; core++) {
    deep
      .clear()
      .varint(1, 1)
      .varint(2, core + 1)
      .text(5, `core ${core}`);
    inner.clear().varint(1, coreTrack(core)).message(4, deep.bytes);
    packet.clear().message(TRACK_DESCRIPTOR, inner.bytes).varint(SEQUENCE, 1);
    emit();
  }
  for (const entry of entries) {
    packet.clear().varint(TIMESTAMP, Math.max(0, Math.floor(entry.time)));
    const name = entry.kind === "exit" ? undefined : titleOf(entry);
    let number = name === undefined ? undefined : names.get(name);
    if (name !== undefined && number === undefined) {
      number = names.size + 1;
      names.set(name, number);
      deep.clear().varint(1, number).text(2, name);
      inner.clear().message(2, deep.bytes);
      packet.message(INTERNED, inner.bytes);
    }
    const type = entry.kind === "entry" ? SLICE_BEGIN : entry.kind === "exit" ? SLICE_END : INSTANT;
    inner.clear().varint(9, type).varint(11, coreTrack(entry.core));
    if (number !== undefined) inner.varint(10, number);
    packet.message(TRACK_EVENT, inner.bytes).varint(SEQUENCE, 1).varint(SEQUENCE_FLAGS, NEEDS_INCREMENTAL);
    emit();
    if (out.length >= CHUNK) {
      yield out.bytes.slice();
      out.clear();
    }
  }
  if (out.length > 0) yield out.bytes.slice();
}

function titleOf(entry: TraceEntry): string {
  switch (entry.kind) {
    case "event":
      return `${entry.name}: ${entry.text}`;
    case "stack":
      return `stack: ${entry.frames.join(" <- ")}`;
    case "mark":
      return entry.text;
    default:
      return entry.name;
  }
}
