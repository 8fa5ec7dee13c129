import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { type PlayState, SITE_DEFAULT, writeState } from "../src/engine/state.js";
import { answered, executable, launch } from "../test/browser.js";
import { serve } from "../test/serve.js";

// What a reader waits for, in the built site: sizes over the wire, times in the browser. Printed, never asserted.

const LONG_PROGRAM = `core 0:
  mov r0, #660
l: subs r0, r0, #1
  bne l
core 1:
  mov r1, #1
`;

const rounds = 5;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const say = (what: string, value: string): void => console.log(`${what.padEnd(64)} ${value}`);

/** Everything that a page asks for until `done`, compressed as a static host would. */
async function firstLoad(browser: Browser, url: string, done: (page: Page) => Promise<unknown>): Promise<number> {
  const page = await (await browser.newContext()).newPage();
  let bytes = 0;
  const bodies: Promise<unknown>[] = [];
  page.on("response", (response) =>
    bodies.push(
      response
        .body()
        .then((body) => (bytes += gzipSync(body).length))
        .catch(() => 0),
    ),
  );
  await page.goto(url, { waitUntil: "load" });
  await done(page);
  await Promise.all([...bodies]);
  await page.context().close();
  return bytes;
}

/** From the navigation to the first answer. */
async function ready(browser: Browser, url: string): Promise<number> {
  const page = await (await browser.newContext()).newPage();
  const started = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await answered(page);
  const took = performance.now() - started;
  await page.context().close();
  return took;
}

/** From asking to the answer on the page, with the pause that lets one finish typing. */
async function asked(page: Page, state: PlayState): Promise<number> {
  return page.evaluate(async (fragment) => {
    if (location.hash === `#${fragment}`) return 0;
    const tool = document.querySelector("cmodx-playground")!;
    const answer = new Promise((done) => tool.addEventListener("cmodx-answer", done, { once: true }));
    const started = performance.now();
    location.hash = fragment;
    await answer;
    await new Promise((done) => requestAnimationFrame(done));
    return performance.now() - started;
  }, writeState(state));
}

/** Drags the slider over all steps, one move a frame, and measures the frames. */
async function slider(page: Page): Promise<{ steps: number; median: number; worst: number; perSecond: number }> {
  return page.evaluate(async () => {
    const range = document.querySelector('.stepper input[type="range"]') as HTMLInputElement;
    const steps = Number(range.max) + 1;
    const frames: number[] = [];
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!;
    let before = performance.now();
    for (let at = 0; at < steps; at += 11) {
      set.call(range, String(at));
      range.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((done) => requestAnimationFrame(done));
      const now = performance.now();
      frames.push(now - before);
      before = now;
    }
    const sorted = frames.toSorted((a, b) => a - b);
    const total = frames.reduce((sum, each) => sum + each, 0);
    return {
      steps,
      median: sorted[sorted.length >> 1]!,
      worst: sorted[Math.floor(sorted.length * 0.95)]!,
      perSecond: (1000 * frames.length) / total,
    };
  });
}

async function cancel(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    while (document.querySelector(".cancel") === null) await frame();
    await new Promise((done) => setTimeout(done, 500));
    const started = performance.now();
    (document.querySelector(".cancel") as HTMLButtonElement).click();
    while (document.querySelector(".cancel") !== null) await frame();
    return performance.now() - started;
  });
}

if (executable === undefined) {
  console.log("no chromium on the PATH: nothing to measure");
} else {
  const [browser, site] = await Promise.all([launch(), serve()]);
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;
  const ms = (time: number): string => `${time.toFixed(0)} ms`;
  const idle = (page: Page) => page.waitForLoadState("networkidle");
  say("a page of prose, compressed", kB(await firstLoad(browser, `${site.url}rules/`, idle)));
  say("the front page, until it is loaded", kB(await firstLoad(browser, site.url, async () => {})));
  say("the front page, with its playground at work", kB(await firstLoad(browser, site.url, answered)));
  say("the playground's page, at work", kB(await firstLoad(browser, `${site.url}playground/`, answered)));
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await ready(browser, `${site.url}playground/`));
  say(`playground ready, from the navigation (median of ${rounds})`, ms(median(times)));

  const page = await browser.newPage();
  // What runs this file names its functions, those that are sent to the page, too.
  await page.addInitScript({ content: "globalThis.__name = (named) => named" });
  await page.goto(`${site.url}playground/`);
  await answered(page);
  const questions: [string, PlayState][] = [
    ["two executors, T32 by store-only", { ...SITE_DEFAULT, executors: 2 }],
    ["two executors, T32 by stop-machine", { ...SITE_DEFAULT, executors: 2, protocol: "stop-machine" }],
    [
      "two executors, A32 by sync-cores",
      { ...SITE_DEFAULT, isa: "a32", from: "nop", to: "b 0x9000", executors: 2, protocol: "sync-cores" },
    ],
    [
      "two executors, T32 call by halfword-toggle",
      { ...SITE_DEFAULT, at: 0x8002, from: "bl 0x8100", to: "bl 0xa200", executors: 2, protocol: "halfword-toggle" },
    ],
    ["two executors, T32 by kernel-patch-text", { ...SITE_DEFAULT, executors: 2, protocol: "kernel-patch-text" }],
  ];
  for (const [what, state] of questions) {
    const measured: number[] = [];
    for (let i = 0; i < rounds; i++) {
      await asked(page, SITE_DEFAULT);
      measured.push(await asked(page, state));
    }
    say(`${what}: asked to drawn (200 ms of it a pause)`, ms(median(measured)));
  }
  await asked(page, { mode: "program", isa: "a32", text: LONG_PROGRAM });
  await page.waitForSelector(".stepper");
  const { steps, median: frame, worst, perSecond } = await slider(page);
  say(
    `slider over ${steps} steps`,
    `${perSecond.toFixed(0)} frames/s, median ${frame.toFixed(1)} ms, 95 % within ${worst.toFixed(1)} ms`,
  );
  await page.goto(
    `${site.url}playground/#${writeState({ ...SITE_DEFAULT, protocol: "stop-machine-all", executors: 4 })}`,
  );
  await page.reload();
  say("cancelled, from the click", ms(await cancel(page)));
  await browser.close();
  site.close();
}
