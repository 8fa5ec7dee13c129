import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "astro";
import { apiPages } from "./api-pages.js";
import { cataloguePages } from "./catalogue-pages.js";
import { commandPages } from "./command-pages.js";
import { finish } from "./finish.js";
import { frontPage } from "./front-page.js";
import { writeLlms } from "./llms.js";
import { writePage } from "./page.js";
import { DIST, PAGE_LIST, PAGES, SITE } from "./paths.js";
import { repositoryPages } from "./repository-pages.js";
import { toolPages } from "./tool-pages.js";

// The site: pages from the repository's files, from the packages' data, from the command's help and from the docstrings; then Astro;
// then what Astro cannot do, relative addresses and a content security policy for each page.

process.env["ASTRO_TELEMETRY_DISABLED"] = "1";
rmSync(PAGES, { recursive: true, force: true });
rmSync(DIST, { recursive: true, force: true });
rmSync(join(SITE, ".cache/astro"), { recursive: true, force: true });
const pages = [
  frontPage(),
  ...toolPages(),
  ...repositoryPages(),
  ...cataloguePages(),
  ...(await commandPages()),
  ...(await apiPages()),
];
for (const page of pages) writePage(page);
writeFileSync(PAGE_LIST, JSON.stringify(pages.map(({ slug, title }) => ({ slug, title }))));
await build({ root: SITE, logLevel: "warn" });
finish(DIST);
writeLlms(pages, DIST);
