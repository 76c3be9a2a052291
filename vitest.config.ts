import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("./src/", import.meta.url));

/** Files that share one process: they set no variables of the environment, and no support module of theirs has hooks. */
const TOGETHER = [
  "src/**/*.test.ts",
  "test/{conformance,openai,parity}/*.test.ts",
  "test/recipes/{ablation*,claims,cluster-scaling,degradations,fashion,same-seed,train}.test.ts",
  "test/studio/{editor-geometry,kept-parts,photo}.test.ts",
  "test/{docs,engines,json-files,layering,openapi,options,regexps,scripts,wasm-fallback}.test.ts",
  "test/{,runtime-,train-}webgpu.test.ts",
];
/** Files whose support module starts NATS once for all of a file's tests. */
const CLUSTER = ["src/cluster/{cluster,faults,sets}.test.ts"];
/** All others have a process each. */
const ALONE = [...CLUSTER, "test/**/*.test.ts"];

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
    // Many files wait for processes, timers or a browser: two at a time left a third of two cores unused.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A page on a busy machine takes its time.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      // Loading the library anew for each of these files took longer than most of their tests: they share it.
      { extends: true, test: { name: "units", include: TOGETHER, exclude: CLUSTER, isolate: false } },
      { extends: true, test: { name: "alone", include: ALONE, exclude: TOGETHER.slice(1) } },
    ],
  },
});
