/** What pages carry that other people's bundlers make of the package. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAll } from "../scripts/build.mjs";
import { type BundlerName, bundlerNames, type Consumer, loadedAtOnce, openConsumer } from "./support/bundlers.ts";
import { projectRoot } from "./support/imports.ts";

/** Bytes of the client after gzip. */
const CLIENT_BYTES = 5_000;
/** Bytes of the element after gzip: what a page loads at once, the editor that it loads when it shows one, and the photographs' worker. */
const ELEMENT_BYTES = {
  "element.js": 3_000,
  "element-editor.js": 48_000,
  "element-vendor.js": 205_000,
  "photo-worker.js": 13_000,
};
/** Where the package has to be built first. */
const BUILD_MS = 300_000;

const importing: readonly (readonly [BundlerName, string])[] = bundlerNames.flatMap((bundler) => [
  [bundler, "flexvar/client"],
  [bundler, "flexvar"],
]);

describe("a page that imports the client", () => {
  let consumer: Consumer;

  beforeAll(async () => {
    await buildAll({ ifNeeded: true });
    consumer = await openConsumer();
  }, BUILD_MS);

  afterAll(() => consumer.close());

  test.each(importing)("%s makes little of createClient from %s", async (bundler, entry) => {
    const page = `import { createClient } from "${entry}";\nglobalThis.client = createClient({ baseUrl: location.origin });`;
    // esbuild also writes what is imported dynamically by what it has left out; no page ever asks for it.
    const scripts = await loadedAtOnce(await consumer.bundle(bundler, page));
    const text = scripts.map((one) => one.text).join("\n");
    expect(text).toContain("/v1/images/generations");
    expect(text.match(/import\(|onnxruntime|node:|ZodError/i)).toBeNull();
    expect(scripts.reduce((sum, { gzip }) => sum + gzip, 0)).toBeLessThanOrEqual(CLIENT_BYTES);
  });
});

describe("the element", () => {
  beforeAll(() => buildAll({ ifNeeded: true }), BUILD_MS);

  test.each(Object.entries(ELEMENT_BYTES))("%s is small", async (file, most) => {
    const size = gzipSync(await readFile(join(projectRoot, "dist", "web", file))).length;
    expect(size).toBeLessThanOrEqual(most);
    expect(size).toBeGreaterThan(most / 2);
  });
});
