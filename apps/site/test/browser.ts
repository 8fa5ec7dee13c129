import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's chromium, or another one on the PATH; undefined where there is none. */
export const executable: string | undefined = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find((file) => existsSync(file));

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable ?? "", args: ["--no-sandbox", "--disable-gpu"] });

/** A page that keeps everything it complained of. */
export async function open(context: BrowserContext, url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  await page.goto(url, { waitUntil: "load" });
  return { page, complaints };
}

/** Waits until every playground of the page has answered. */
export async function answered(page: Page): Promise<void> {
  await page.waitForSelector('.playground[data-state="ready"] .answer > *', { state: "attached" });
}
