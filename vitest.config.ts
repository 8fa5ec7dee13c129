import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const conditions = ["@cmodx/source", ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
    pool: "threads",
    isolate: false,
    testTimeout: 60_000,
    reporters: ["default", ["json", { outputFile: ".cache/test.json" }]],
  },
});
