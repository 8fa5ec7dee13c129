import stationUrl from "../../samples/station.elf?url";
import { Station } from "./station.js";
import type { FromStation, ToStation } from "./wire.js";

// The machine runs in a worker, in slices, so that switches are seen between two of them.

const scope = self as unknown as {
  postMessage(message: FromStation): void;
  onmessage: ((event: MessageEvent<ToStation>) => void) | null;
};

const SLICE_MS = 60;

let station: Station | undefined;
let pace = 0;
const waiting: ToStation[] = [];

function handle(message: ToStation): void {
  if (station === undefined) {
    waiting.push(message);
    return;
  }
  if (message.kind === "pace") pace = message.instructions;
  else {
    const refused = station.apply(message.switches);
    scope.postMessage({ kind: "applied", refused: refused ?? null });
  }
}

scope.onmessage = ({ data }) => handle(data);

const response = await fetch(new URL(stationUrl, import.meta.url));
station = new Station(new Uint8Array(await response.arrayBuffer()));
scope.postMessage({ kind: "ready", functions: station.functions });
for (const message of waiting) handle(message);
setInterval(() => {
  if (pace === 0 || station === undefined) return;
  const entries = station.advance(pace);
  scope.postMessage({ kind: "entries", entries, clock: station.clock });
}, SLICE_MS);
