import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderFiles, startHub } from "../../recipes/lib/hub-server.mjs";
import { findChromium } from "../../scripts/lib/tools.mjs";
import { expectGreedy } from "../support/expect-greedy.ts";
import { greedyRuns } from "../support/greedy-run.ts";
import type { PageAnswer, PageRequest, PageScope } from "./page.ts";
import { openSite, type Site } from "./site.ts";

const executablePath = findChromium();
/** Compiling the shaders for a driver on the CPU takes a minute and more. */
const slow = process.env.FLEXVAR_SLOW_TESTS === "1";
const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking"];
const FLAGS = ["--no-sandbox", "--disable-component-update", "--disable-sync", ...QUIET];
const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const names = ["s4_var15", "mid_var25"] as const;
const runs = names.map((name) => greedyRuns[name]);

const missing = executablePath === undefined && process.env.FLEXVAR_REQUIRE_CHROMIUM === undefined;

describe.skipIf(missing)("the browser entry in Chromium", () => {
  let site: Site;

  beforeAll(async () => {
    site = await openSite();
  });

  afterAll(() => site.close());

  test("golden greedy runs on Wasm with threads", async () => {
    const answer = await ask(["--disable-gpu"], site.isolated, { device: "wasm", threads: 2, runs });
    expect(answer.isolated).toBe(true);
    expect(answer.workers).toBe(1);
    expect(answer.device).toMatch(/^onnxruntime-web [\d.]+, wasm, 2 threads$/);
    await expectGreedy(names, answer.results, 1e-4);
  });

  test("golden greedy runs on Wasm on a page without isolation: one thread", async () => {
    const answer = await ask(["--disable-gpu"], site.plain, { device: "wasm", threads: 2, runs });
    expect(answer.isolated).toBe(false);
    expect(answer.workers).toBe(0);
    expect(answer.device).toMatch(/wasm, 1 thread$/);
    await expectGreedy(names, answer.results, 1e-4);
    for (const file of ["config.json", "tokenizer.safetensors", "transformer.safetensors"]) {
      expect(answer.downloads[file]?.loaded).toBeGreaterThan(0);
      expect(answer.downloads[file]?.loaded).toBe(answer.downloads[file]?.total);
    }
  });

  test("a model folder of the hub by name: hashes checked, drawn with, and from Cache Storage the second time", async () => {
    const hub = await startHub();
    try {
      const files = ["config.json", "tokenizer.safetensors", "transformer.safetensors"];
      await hub.commit("maker/golden", folderFiles(site.model, files));
      const request: PageRequest = {
        device: "wasm",
        model: "maker/golden",
        hubEndpoint: hub.endpoint,
        runs: [runs[0]!],
      };
      const sent: number[] = [];
      const answer = await ask(["--disable-gpu"], site.isolated, request, {
        times: 2,
        // The page's own server is asked first, and has no such file.
        expects: (error) => error.includes("404"),
        afterEach: () => sent.push(hub.sent.bytes),
      });
      await expectGreedy(["s4_var15"], answer.results, 1e-4);
      expect(sent[0]).toBeGreaterThan(100_000);
      expect(sent[1]).toBe(sent[0]);
    } finally {
      await hub.close();
    }
  });

  test.skipIf(!slow)(
    "golden greedy runs on WebGPU through SwiftShader (slow: FLEXVAR_SLOW_TESTS=1)",
    async () => {
      const answer = await ask(SWIFTSHADER, site.isolated, { device: "webgpu", runs: [runs[0]!] });
      expect(answer.device).toMatch(/webgpu$/);
      await expectGreedy(["s4_var15"], answer.results, 1e-3);
    },
    300_000,
  );
});

/** The page's answer, and how many workers it had by then. */
type Answer = PageAnswer & { readonly workers: number };

interface Asking {
  /** How often the same page is asked; the last answer counts. */
  readonly times?: number;
  readonly expects?: (error: string) => boolean;
  readonly afterEach?: () => void;
}

/** A fresh Chromium opens the page and does what is asked; what it logs as errors is part of a failure. */
async function ask(
  flags: readonly string[],
  address: string,
  request: PageRequest,
  { times = 1, expects = () => false, afterEach = () => {} }: Asking = {},
): Promise<Answer> {
  const browser: Browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...FLAGS, ...flags],
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    const failed = (error: string): void => {
      if (!expects(error)) errors.push(error);
    };
    page.on("pageerror", (error) => failed(error.message));
    page.on("console", (message) => message.type() === "error" && failed(message.text()));
    await page.goto(address);
    expect(errors).toEqual([]);
    let answer: PageAnswer | undefined;
    for (let i = 0; i < times; i++) {
      answer = await page.evaluate((asked) => (globalThis as unknown as PageScope).answer(asked), request);
      afterEach();
    }
    expect(errors).toEqual([]);
    return { ...answer!, workers: page.workers().length };
  } finally {
    await browser.close();
  }
}
