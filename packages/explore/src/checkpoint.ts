import { ExploreError } from "./explore-error.js";

/** A search written down: how each state was found, which wait, and which decide a property. */
export interface Checkpoint {
  readonly parents: Int32Array;
  readonly positions: Int32Array;
  readonly frontier: readonly number[];
  readonly decided: readonly (readonly [property: number, state: number])[];
  readonly transitions: number;
  readonly seconds: number;
}

const magic = 0x6b637863;
const version = 1;
const headerBytes = 40;

/** Little-endian on every host. */
export function writeCheckpoint(saved: Checkpoint): Uint8Array {
  const { parents, positions, frontier, decided } = saved;
  const bytes = new Uint8Array(headerBytes + 4 * (2 * parents.length + frontier.length + 2 * decided.length));
  const view = new DataView(bytes.buffer);
  [magic, version, parents.length, frontier.length, decided.length].forEach((word, i) => {
    view.setInt32(4 * i, word, true);
  });
  view.setFloat64(24, saved.transitions, true);
  view.setFloat64(32, saved.seconds, true);
  let at = headerBytes;
  for (const words of [parents, positions, frontier, decided.flat()]) {
    for (const word of words) {
      view.setInt32(at, word, true);
      at += 4;
    }
  }
  return bytes;
}

/** @throws ExploreError `E_CHECKPOINT` when the bytes are no checkpoint */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const fail = (what: string): never => {
    throw new ExploreError({
      code: "E_CHECKPOINT",
      what,
      remedy: "use bytes that checkpoint() gave",
      facts: { bytes: bytes.length },
    });
  };
  if (bytes.length < headerBytes) fail("a checkpoint is longer than that");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(0, true) !== magic || view.getInt32(4, true) !== version) fail("this is no checkpoint");
  const [states, waiting, decided] = [8, 12, 16].map((at) => view.getInt32(at, true)) as [number, number, number];
  const words = 2 * states + waiting + 2 * decided;
  if (states < 0 || waiting < 0 || decided < 0 || headerBytes + 4 * words !== bytes.length) {
    fail("the checkpoint is cut short, or longer than it says");
  }
  let at = headerBytes;
  const take = (length: number): Int32Array =>
    Int32Array.from({ length }, () => {
      at += 4;
      return view.getInt32(at - 4, true);
    });
  const [parents, positions, frontier] = [take(states), take(states), take(waiting)];
  const pairs = take(2 * decided);
  const inside = (number: number): boolean => number >= 0 && number < states;
  if (!frontier.every(inside)) fail("the checkpoint names a state it has not");
  return {
    parents,
    positions,
    frontier: [...frontier],
    decided: Array.from({ length: decided }, (_, i) => {
      const [property, state] = [pairs[2 * i]!, pairs[2 * i + 1]!];
      if (!inside(state)) fail("the checkpoint names a state it has not");
      return [property, state] as const;
    }),
    transitions: view.getFloat64(24, true),
    seconds: view.getFloat64(32, true),
  };
}
