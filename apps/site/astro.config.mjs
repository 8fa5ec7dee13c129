import { existsSync, readFileSync } from "node:fs";
import starlight from "@astrojs/starlight";
import { defineConfig, passthroughImageService } from "astro/config";
import { sidebarOf } from "./src/sidebar.mjs";

// The build has written it by now; whoever only reads this configuration may come before.
const list = new URL("./.cache/pages.json", import.meta.url);
const pages = existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : [];

export default defineConfig({
  base: "/__BASE__",
  trailingSlash: "always",
  outDir: "./dist",
  cacheDir: "./.cache/astro",
  image: { service: passthroughImageService() },
  devToolbar: { enabled: false },
  vite: {
    // Chunks find each other by where they are, so that the site may be in any folder.
    experimental: {
      renderBuiltUrl: (_, { hostType }) => (hostType === "js" ? { relative: true } : undefined),
    },
    worker: { format: "es" },
    build: { target: "es2022", chunkSizeWarningLimit: 1500 },
  },
  integrations: [
    starlight({
      title: "cmodx",
      description: "May this ARM instruction be changed into that one while other cores execute it?",
      customCss: ["./src/styles/site.css", "./src/styles/playground.css"],
      sidebar: sidebarOf(pages),
      pagefind: true,
      credits: false,
      lastUpdated: false,
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 2 },
      expressiveCode: {
        shiki: { langAlias: { litmus: "txt" } },
        styleOverrides: { borderRadius: "6px" },
        themes: ["github-light", "github-dark"],
      },
      components: { Head: "./src/components/Head.astro" },
    }),
  ],
});
