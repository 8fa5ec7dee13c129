import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { audit } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditHtml } from "../src/audit/html.js";

const bytes = readFileSync(new URL("../../../samples/sites-thumb2.elf", import.meta.url));
const report = audit(openElf(memorySource(bytes)), { path: "<b>&.elf" });
const page = [...auditHtml(report)].join("");
const data = (html: string) =>
  JSON.parse(/<script type="application\/json" id="sites">(.*?)<\/script>/s.exec(html)![1]!) as unknown[][];

test("the page has every site, and its names are escaped", () => {
  expect(data(page)).toHaveLength(report.sites.length);
  expect(data(page)[0]!.slice(0, 3)).toEqual(["mcount", report.sites[0]!.address, ".text"]);
  expect(page).toContain("<h1>Patch sites of &lt;b&gt;&amp;.elf</h1>");
  const hostile = { ...report, sites: report.sites.map((site) => ({ ...site, symbol: "</script><script>x" })) };
  const told = [...auditHtml(hostile)].join("");
  expect(told.match(/<\/script>/g)).toHaveLength(2);
  expect(data(told)[0]![6]).toContain("</script><script>x");
});

test("the page asks nobody for anything, and its script is one", () => {
  expect(page).not.toMatch(/https?:|\b(src|href|url)\s*[=(]|@import|fetch\(/);
  const script = /<script>(.*?)<\/script>/s.exec(page)![1]!;
  expect(() => new Function(script)).not.toThrow();
});

test("each chart has the counts of the summary, and each section a map", () => {
  for (const [kind, { sites }] of Object.entries(report.summary)) {
    expect(page).toMatch(new RegExp(`<th scope="row">${kind}</th><td><i [^>]*></i></td><td>${sites}</td>`));
  }
  expect([...page.matchAll(/<figcaption>(\S+)/g)].map(([, section]) => section)).toEqual([
    ...new Set(report.sites.map(({ section }) => section)),
  ]);
});
