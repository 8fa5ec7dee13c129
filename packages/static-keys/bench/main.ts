// What a tracepoint costs, and how fast the keys of a kernel are switched.
//
//   pnpm bench static-keys
//
// Seconds depend on the machine and what else it does: compare the ratios.
import { channel } from "node:diagnostics_channel";
import { bytesMemory } from "@cmodx/patching";
import {
  type JumpEntry,
  liveOrStop,
  memoryPatcher,
  type Patcher,
  PlanPatcher,
  StaticKeys,
  staticKey,
  Tracepoints,
  tracepoint,
} from "@cmodx/static-keys";

const CALLS = 1_000_000;

function time(run: () => void): number {
  for (let i = 0; i < 3; i++) run();
  const started = performance.now();
  run();
  return performance.now() - started;
}

const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0, new Uint8Array(0)), liveOrStop) });
const point = tracepoint<[value: number]>("point", staticKey("key", { address: 0x1000 }));
labels.init([], [point.key]);
const points = new Tracepoints({ labels });
const peer = channel("bench");
let sum = 0;
const listen = (value: number) => {
  sum += value;
};
const off = time(() => {
  for (let i = 0; i < CALLS; i++) point.call(i);
});
const peerOff = time(() => {
  for (let i = 0; i < CALLS; i++) if (peer.hasSubscribers) peer.publish(i);
});
points.register(point, (_, value) => listen(value));
peer.subscribe((value) => listen(value as number));
const on = time(() => {
  for (let i = 0; i < CALLS; i++) point.call(i);
});
const peerOn = time(() => {
  for (let i = 0; i < CALLS; i++) if (peer.hasSubscribers) peer.publish(i);
});
console.log(`${CALLS} calls, nobody listens: ${off.toFixed(1)} ms; node:diagnostics_channel ${peerOff.toFixed(1)} ms`);
console.log(
  `${CALLS} calls, one listens:   ${on.toFixed(1)} ms; node:diagnostics_channel ${peerOn.toFixed(1)} ms (${sum})`,
);

// As many sites and keys as Debian's vmlinux has.
const SITES = 5003;
const KEYS = 1700;
const text = new Uint8Array(SITES * 8);
const keys = Array.from({ length: KEYS }, (_, i) => staticKey(`key${i}`, { address: 0x100_0000 + 8 * i }));
const entries = Array.from({ length: SITES }, (_, i): JumpEntry => {
  new DataView(text.buffer).setUint32(8 * i, 0xe320f000, true);
  const key = keys[i % KEYS]!.address;
  return { isa: "a32", code: 8 * i, target: 8 * i + 0x400, key, likely: false, init: false, width: 4 };
});
const ways: readonly (readonly [string, Patcher])[] = [
  ["in memory", memoryPatcher(bytesMemory(0, text))],
  ["by stop-machine", new PlanPatcher(bytesMemory(0, text), "stop-machine")],
  ["by kernel-patch-text", new PlanPatcher(bytesMemory(0, text), "kernel-patch-text")],
];
for (const [way, patcher] of ways) {
  const kernel = new StaticKeys({ patcher });
  kernel.init(entries, keys);
  const started = performance.now();
  for (const key of keys) kernel.enable(key);
  const middle = performance.now();
  for (const key of keys) kernel.disable(key);
  const ended = performance.now();
  const stops = patcher instanceof PlanPatcher ? `, ${patcher.cost(4).stops} machine stops` : "";
  console.log(
    `${KEYS} keys of ${SITES} sites ${way}: on ${(middle - started).toFixed(0)} ms, off ${(ended - middle).toFixed(0)} ms${stops}`,
  );
}
