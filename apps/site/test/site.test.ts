import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromeJson, type TraceEntry } from "@cmodx/trace";
import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SITE_DEFAULT, writeState } from "../src/engine/state.js";
import { answered, executable, launch, open } from "./browser.js";
import { serve } from "./serve.js";

// The built site in a real browser. Where there is none, everything here is skipped, and says so.

if (executable === undefined) {
  process.stderr.write("cmodx: no chromium on the PATH: the site's tests in a browser are skipped\n");
}

const TOOLS = /^$|playground|encodings|traces|fetch|halfword/;

describe.skipIf(executable === undefined)("the site in a browser", () => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof serve>>;
  let context: BrowserContext;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), serve()]);
    context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], bypassCSP: false });
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  const visit = async (path: string): Promise<{ page: Page; complaints: string[] }> => open(context, site.url + path);
  const verdict = (page: Page): Promise<string> => page.locator(".proof h3 .verdict").first().innerText();
  const choose = (page: Page, label: string, value: string) =>
    page.getByLabel(label, { exact: true }).selectOption(value);

  test("the front page draws a counterexample, and its button mends the protocol", async () => {
    const { page, complaints } = await visit("");
    await answered(page);
    expect(await verdict(page)).toBe("violated");
    expect(await page.locator(".executed").innerText()).toContain("torn");
    await page.getByRole("button", { name: /^Fix it/ }).click();
    await page.waitForSelector(".proof.verdict-holds .stepper");
    await page.getByRole("button", { name: "Break it again" }).click();
    await page.waitForSelector(".proof.verdict-violated");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("the front page says what it says without scripts, too", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const page = await plain.newPage();
    await page.goto(site.url);
    expect(await page.locator("cmodx-playground .lanes li").count()).toBeGreaterThan(3);
    await plain.close();
  });

  test("the first load is under 200 kB compressed, before the playground is opened", async () => {
    const page = await context.newPage();
    let bytes = 0;
    const counted: Promise<unknown>[] = [];
    page.on("response", (response) => counted.push(response.body().then((body) => (bytes += gzipSync(body).length))));
    await page.goto(`${site.url}guides/quick-start/`, { waitUntil: "networkidle" });
    await Promise.all(counted);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(200_000);
    await page.close();
  });

  test("the playground explores an edit, step by step", async () => {
    const { page, complaints } = await visit("playground/");
    await answered(page);
    expect(await page.locator(".judgement .verdict").innerText()).toBe("synchronise");
    const count = page.locator(".stepper-count");
    const at = async (): Promise<number> => Number((await count.innerText()).split("/")[0]);
    const last = await at();
    await page.getByRole("button", { name: "one step back" }).click();
    expect(await at()).toBe(last - 1);
    await page.locator(".live-lanes").focus();
    await page.keyboard.press("Home");
    expect(await at()).toBe(1);
    expect(await page.locator(".site-now").innerText()).toContain("nop.w");
    await page.keyboard.press("ArrowRight");
    await page.getByLabel("step", { exact: true }).fill(String(last - 1));
    expect(await page.locator(".executed .unit").allInnerTexts()).toEqual(["f3af old", "bffe new"]);
    await page.getByLabel("New instruction").fill("b.w 0x");
    await page.waitForSelector(".refusal");
    await page.getByLabel("New instruction").fill("bl 0x9000");
    await page.waitForSelector(".proof");
    expect(await page.locator(".refusal").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a step is taken out, and put in, and everything is proved anew", async () => {
    const state = { ...SITE_DEFAULT, isa: "a32", from: "nop", to: "b 0x9000", protocol: "sync-cores" } as const;
    const { page } = await visit(`playground/#${writeState(state)}`);
    await answered(page);
    expect(await verdict(page)).toBe("holds");
    await page.locator(".plan summary").click();
    await page.getByRole("button", { name: "take clean out" }).click();
    await page.waitForSelector(".proof.verdict-violated");
    expect(await page.evaluate("location.hash")).toContain("steps=-p1");
    await page.getByLabel("put in").first().selectOption("clean");
    await page.getByRole("button", { name: "put clean in front of dsb-after-clean" }).first().click({ force: true });
    await page.waitForSelector(".proof.verdict-holds .stepper");
    await page.close();
  });

  test("two protocols stand side by side", async () => {
    const { page } = await visit("playground/");
    await answered(page);
    await choose(page, "Compare with", "stop-machine");
    await page.waitForSelector(".proofs.is-pair .proof:nth-child(2)");
    expect(await page.locator(".proof h3 .verdict").allInnerTexts()).toEqual(["violated", "holds"]);
    await page.close();
  });

  test("a litmus test is decided, edited, and refused where it is wrong", async () => {
    const { page, complaints } = await visit("playground/");
    await answered(page);
    await page.getByRole("button", { name: "Litmus test" }).click();
    await page.waitForSelector(".outcomes .verdict-allowed");
    expect(await page.locator(".outcomes tbody tr").count()).toBe(2);
    await choose(page, "Example", "1");
    await page.waitForSelector(".outcomes .verdict-forbidden");
    const editor = page.locator(".cm-content");
    await editor.click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("{");
    await page.waitForSelector(".refusal");
    expect(await page.locator(".refusal").innerText()).toContain("Line");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a small program shows its outcomes and registers", async () => {
    const { page } = await visit("playground/");
    await answered(page);
    await page.getByRole("button", { name: "Small program" }).click();
    await page.waitForSelector(".outcomes tbody tr");
    expect((await page.locator(".outcomes tbody").innerText()).match(/1:r5=0x[12]/g)?.length).toBe(2);
    expect(await page.locator(".registers").first().innerText()).toContain("r1");
    await page.close();
  });

  test("a link that was copied opens the same question", async () => {
    const { page } = await visit("playground/");
    await answered(page);
    await choose(page, "Protocol", "kernel-patch-text");
    await choose(page, "Executing cores", "2");
    await page.waitForSelector('[aria-label="Proof of kernel-patch-text"]');
    await page.getByRole("button", { name: "Copy link" }).click();
    const link = (await page.evaluate("navigator.clipboard.readText()")) as string;
    expect(link).toContain(`${site.url}playground/#mode=site`);
    await page.getByRole("button", { name: "Copy as command" }).click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toContain(
      "--protocol kernel-patch-text --executors 2",
    );
    const other = await open(context, link);
    await answered(other.page);
    expect(await other.page.getByLabel("Protocol", { exact: true }).inputValue()).toBe("kernel-patch-text");
    expect(await other.page.locator(".proof .counts").innerText()).toBe(
      (await page.locator(".proof .counts").innerText()).replace(
        /[\d.]+ s\./,
        (await other.page.locator(".proof .counts").innerText()).match(/[\d.]+ s\./)?.[0] ?? "",
      ),
    );
    await Promise.all([page.close(), other.page.close()]);
  });

  test("markup in a link stays text", async () => {
    const { page } = await visit(
      `playground/#mode=site&from=${encodeURIComponent("<img src=x onerror=alert(1)>")}&to=nop`,
    );
    await page.waitForSelector(".refusal");
    expect(await page.locator(".refusal").innerText()).toContain("<img");
    expect(await page.locator("cmodx-playground img").count()).toBe(0);
    await page.close();
  });

  test("an exploration that takes long is cancelled, and the next one is answered", async () => {
    const { page } = await visit(
      `playground/#${writeState({ ...SITE_DEFAULT, protocol: "stop-machine-all", executors: 4 })}`,
    );
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled: nothing is known.").waitFor();
    await choose(page, "Protocol", "store-only");
    await answered(page);
    expect(await verdict(page)).toBe("violated");
    await page.close();
  });

  test("an exercise says when it is solved", async () => {
    const { page } = await visit("learn/2-the-lists/");
    await answered(page);
    expect(await page.locator(".goal").innerText()).toContain("To do");
    await page.getByLabel("Old instruction").fill("nop");
    await page.waitForSelector(".goal.is-solved");
    await page.close();
  });

  test("the encoding explorer shows diagram, facts and neighbours", async () => {
    const { page, complaints } = await visit("encodings/#isa=a32&insn=nop");
    await page.waitForSelector(".diagram");
    expect(await page.locator(".described-head").innerText()).toBe("nop");
    await page.getByLabel("Instruction, word or bytes").fill("b 0x9000");
    expect(await page.locator(".facts").innerText()).toContain("reaches -33554432");
    await page.getByRole("button", { name: "show eb0003fe" }).click();
    expect(await page.locator(".described-head").innerText()).toBe("bl 0x9000");
    await page.getByLabel("Instruction, word or bytes").fill("<b>");
    await page.waitForSelector(".refusal");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("the trace viewer traces a program while it runs, and opens a recording", async () => {
    const { page, complaints } = await visit("traces/");
    const lines = page.locator(".trace-lines");
    await page
      .getByText(/measure\(\)/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "nop", exact: true }).click();
    await page.getByRole("button", { name: "trace_sample" }).click();
    await page.waitForFunction(() => /trace_sample: /.test(document.querySelector(".trace-lines")?.textContent ?? ""));
    await page.getByRole("button", { name: "adc" }).click();
    await page.waitForFunction(() => /adc: /.test(document.querySelector(".trace-lines")?.textContent ?? ""));
    await page.getByRole("button", { name: "Pause" }).click();
    await page.waitForTimeout(200);
    const still = await lines.innerText();
    await page.waitForTimeout(300);
    expect(await lines.innerText()).toBe(still);
    await page.locator("canvas").focus();
    for (const key of ["w", "s", "a", "d", "f"]) await page.keyboard.press(key);
    const entries: TraceEntry[] = [
      { kind: "event", core: 0, time: 5, task: { pid: 1, comm: "x" }, name: "e", text: "t" },
    ];
    const recording = [...chromeJson({ tracer: "nop", cores: 1, entries, count: { inBuffer: 1, written: 1 } })].join(
      "",
    );
    const file = (name: string, text: string) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) });
    await page.locator('input[type="file"]').setInputFiles(file("bad.json", "{"));
    await page.getByText("bad.json: this is not JSON").waitFor();
    await page.locator('input[type="file"]').setInputFiles(file("good.json", recording));
    await page.getByText("good.json: 1 lanes").waitFor();
    await page.getByRole("button", { name: "Back to the machine" }).click();
    await page.getByRole("button", { name: "Follow" }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("search finds a page by its words", async () => {
    const { page, complaints } = await visit("rules/");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("input.pagefind-ui__search-input").fill("straddle");
    const found = page.locator(".pagefind-ui__result-link").first();
    await found.waitFor();
    await found.click();
    await page.waitForLoadState("load");
    expect(new URL(page.url()).pathname.startsWith("/some/folder/")).toBe(true);
    expect(await page.locator("main").innerText()).toMatch(/straddle/i);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("dark and light are the reader's choice, and are remembered", async () => {
    const { page } = await visit("glossary/");
    for (const theme of ["dark", "light"]) {
      await page.locator("starlight-theme-select select").first().selectOption(theme);
      await page.reload();
      expect(await page.locator("html").getAttribute("data-theme")).toBe(theme);
    }
    await page.close();
  });

  const pages = [
    "",
    "playground/",
    "encodings/",
    "traces/",
    "learn/1-fetch-and-caches/",
    "protocols/halfword-toggle/",
    "catalogue/protocols/",
    "catalogue/incidents/",
    "catalogue/litmus/",
    "rules-table/",
    "commands/prove/",
    "api/trace/",
  ];

  test.each(pages)(
    "%s: 360 px are enough, nothing is complained of, and axe finds nothing, light and dark",
    async (path) => {
      const problems: unknown[] = [];
      // The colours of a page without a tool are Starlight's, and the same on each.
      const schemes = TOOLS.test(path) ? (["light", "dark"] as const) : (["light"] as const);
      for (const colorScheme of schemes) {
        const small = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme, bypassCSP: true });
        const { page, complaints } = await open(small, site.url + path);
        if (await page.locator("cmodx-playground").count()) await answered(page);
        if (path === "traces/")
          await page
            .getByText(/measure\(\)/)
            .first()
            .waitFor();
        const width = await page.evaluate("document.documentElement.scrollWidth");
        if (width !== 360) problems.push(`${width} px wide`);
        await page.evaluate(axe.source);
        const found = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
        };
        problems.push(
          ...complaints,
          ...found.violations.map(({ id, nodes }) => [
            colorScheme,
            id,
            nodes.length,
            nodes[0]?.html.slice(0, 200),
            nodes[0]?.failureSummary,
          ]),
        );
        await small.close();
      }
      expect(problems).toEqual([]);
    },
  );
});

test("every page has a content security policy that names no other host", () => {
  const html = readFileSync(fileURLToPath(new URL("../dist/playground/index.html", import.meta.url)), "utf8");
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval'(?<!wasm-unsafe-eval')/);
});
