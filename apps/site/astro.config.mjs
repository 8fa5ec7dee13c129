import { readFileSync } from "node:fs";
import starlight from "@astrojs/starlight";
import { defineConfig, passthroughImageService } from "astro/config";
import { sidebarOf } from "./src/sidebar.mjs";

const pages = JSON.parse(readFileSync(new URL("./.cache/pages.json", import.meta.url), "utf8"));

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
