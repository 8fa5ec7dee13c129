import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { DIST } from "./serve.js";

// Every link of the built pages leads to a page or file of the build, and its fragment to something with that id.

const pages = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
const texts = new Map(pages.map((page) => [join(DIST, page), readFileSync(join(DIST, page), "utf8")]));
const ids = new Map<string, ReadonlySet<string>>();

function idsOf(file: string): ReadonlySet<string> {
  const known = ids.get(file);
  if (known !== undefined) return known;
  const found = new Set(
    [...(texts.get(file) ?? "").matchAll(/\sid="([^"]+)"/g)].map(([, id]) => withoutEntities(id ?? "")),
  );
  ids.set(file, found);
  return found;
}

const withoutEntities = (text: string): string =>
  text.replaceAll("&#38;", "&").replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'");

function broken(page: string, link: string): string | undefined {
  const [path = "", fragment] = withoutEntities(link).split("#");
  if (path.startsWith("/")) return `${link} is not relative`;
  let target = path === "" ? page : join(dirname(page), decodeURIComponent(path.split("?")[0] ?? ""));
  if (existsSync(target) && statSync(target).isDirectory()) target = join(target, "index.html");
  if (!existsSync(target)) return `${link} leads nowhere`;
  const isPlace = fragment !== undefined && fragment !== "" && !fragment.includes("=");
  return isPlace && !idsOf(target).has(decodeURIComponent(fragment)) ? `${link} has no such place` : undefined;
}

test("there are pages", () => expect(pages.length).toBeGreaterThan(50));

test.each(pages)("%s links only to what is there", (page) => {
  const file = join(DIST, page);
  const links = [...(texts.get(file) ?? "").matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? "");
  const own = links.filter((link) => !/^(https?|mailto|data):/.test(link));
  expect(own.map((link) => broken(file, link)).filter((wrong) => wrong !== undefined)).toEqual([]);
});

test("nothing in the build knows the folder it was built for", () => {
  const scripts = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(js|css|html)$/.test(file),
  );
  expect(scripts.filter((file) => readFileSync(join(DIST, file), "utf8").includes("__BASE__"))).toEqual([]);
});

test("every page is in the sidebar", () => {
  const sidebar = /<nav[^>]*sidebar[\s\S]*?<\/nav>/.exec(texts.get(join(DIST, "rules/index.html")) ?? "")?.[0] ?? "";
  const listed = [...sidebar.matchAll(/href="\.\.\/([^"]*)"/g)].map(([, link]) => join(link ?? "", "index.html"));
  expect(listed.length).toBeGreaterThan(50);
  const pagesOfContent = pages.filter((page) => page !== "404.html" && page !== "index.html");
  expect(pagesOfContent.filter((page) => !listed.includes(page) && page !== "rules/index.html")).toEqual([]);
});
