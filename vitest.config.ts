import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("./src/", import.meta.url));

/** Files that start servers, browsers or workers, or share a support module with hooks of its own: a process each. */
const ALONE = ["src/cluster/**/*.test.ts", "test/**/*.test.ts"];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^flexvar$/, replacement: `${src}index.ts` },
      { find: /^flexvar\/(client|editing|orders|image|options|sampling)$/, replacement: `${src}$1/index.ts` },
    ],
  },
  test: {
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      // Loading the library anew for each of these files took longer than most of their tests: they share it.
      { extends: true, test: { name: "units", include: ["src/**/*.test.ts"], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
});
