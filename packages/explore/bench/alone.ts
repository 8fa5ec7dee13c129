// Run by the bench as built JavaScript in a process of its own, so that its memory and time are the search's and not the loader's.
import { readFileSync } from "node:fs";
import { check } from "../src/index.js";
import { twoHalves } from "./two-halves.js";

const [cores, calls, states] = process.argv.slice(2).map(Number) as [number, number, number];
const before = process.cpuUsage();
const found = check(twoHalves({ cores, calls }), { exhaustive: true, limits: { states, steps: 1e9, seconds: 600 } });
const { user, system } = process.cpuUsage(before);
// Not `maxRSS`: a process is said to have had as much as the one that started it had at that time.
const megabytes = Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
const { states: count, transitions } = found;
console.log(JSON.stringify({ states: count, transitions, seconds: (user + system) / 1e6, megabytes }));
