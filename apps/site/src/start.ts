import { warmEngine } from "./engine/engine.js";

// On every page: the elements that compute are only brought where a page has one.
const elements: Readonly<Record<string, () => Promise<unknown>>> = {
  "cmodx-playground": () => import("./playground/element.js"),
  "cmodx-encoding": () => import("./encodings/element.js"),
  "cmodx-traces": () => import("./traces/element.js"),
};

if (document.querySelector("cmodx-playground")) warmEngine();
for (const [name, load] of Object.entries(elements)) if (document.querySelector(name)) void load();
