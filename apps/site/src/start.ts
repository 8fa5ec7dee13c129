// On every page: the elements that compute are only brought where a page has one, and after everything that can be read.
const elements: Readonly<Record<string, () => Promise<unknown>>> = {
  "cmodx-playground": () => import("./playground/element.js"),
  "cmodx-encoding": () => import("./encodings/element.js"),
  "cmodx-traces": () => import("./traces/element.js"),
};

function bring(): void {
  for (const [name, load] of Object.entries(elements)) if (document.querySelector(name)) void load();
}

if (document.readyState === "complete") bring();
else addEventListener("load", bring, { once: true });
