import { defineConfig } from "vitest/config";

/** The nested run of `swiftShaderGroup`: one file, in a process whose environment names the SwiftShader driver. */
export default defineConfig({
  test: {
    include: ["src/**/*.swiftshader.ts", "test/**/*.swiftshader.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
