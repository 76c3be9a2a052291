/** What pages carry that other people's bundlers make of the package. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAll } from "../scripts/build.mjs";
import { type BundlerName, bundlerNames, type Consumer, loadedAtOnce, openConsumer } from "./support/bundlers.ts";

/** Bytes of the client after gzip. */
const CLIENT_BYTES = 5_000;
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
