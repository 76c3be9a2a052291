import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startHub } from "../recipes/lib/hub-server.mjs";
import { FlexVAR, type WebProgress } from "./open-web.ts";
import { importModel } from "./pretrained/node.ts";
import { nodeRuntime } from "./runtime/node.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../test/fixtures/golden/${name}`, import.meta.url));
const FILES = ["config.json", "tokenizer.safetensors", "transformer.safetensors"] as const;

describe("opening a model by its address", () => {
  let scratch: string;
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  const runtime = nodeRuntime({ threads: 1 });

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "flexvar-web-"));
    const out = join(scratch, "model");
    await importModel({
      tokenizer: golden("FlexVAE-T-f16.pth"),
      transformer: golden("FlexVAR-T-plain-f16.pth"),
      out,
    });
    for (const file of FILES) bytes.set(file, new Uint8Array(await readFile(join(out, file))));
  });

  afterAll(() => rm(scratch, { recursive: true, force: true }));

  /** A server in memory; `asked` collects the addresses. */
  function server(change: (file: string, response: Response) => Response = (_, response) => response) {
    const asked: string[] = [];
    const fetch = async (address: string, { signal }: { signal: AbortSignal }): Promise<Response> => {
      signal.throwIfAborted();
      asked.push(address);
      const file = new URL(address).pathname.split("/").at(-1)!;
      const body = bytes.get(file);
      if (body === undefined) return new Response(null, { status: 404, statusText: "Not Found" });
      return change(file, new Response(body, { headers: { "content-length": String(body.length) } }));
    };
    return { asked, fetch };
  }
  const open = (options: Parameters<typeof FlexVAR.fromPretrained>[1], address: string | URL = "https://a.test/m") =>
    FlexVAR.fromPretrained(address, { runtime, ...options });

  test("asks for the folder's three files and generates", async () => {
    const { fetch, asked } = server();
    await using pipe = await open({ fetch });
    expect(asked.sort()).toEqual(FILES.map((file) => `https://a.test/m/${file}`));
    const steps = [];
    for await (const step of pipe.generate({ classLabels: [1], scales: [1, 2], seed: 3 })) steps.push(step);
    expect(steps.map(({ tokens }) => tokens.length)).toEqual([1, 4]);
    expect((await steps[1]!.image()).data.length).toBe(3 * 32 * 32);
  });

  test("of the hub by name: hashes checked, kept in Cache Storage", async () => {
    const hub = await startHub();
    const kept = new Map<string, Response>();
    const store = {
      match: async (key: string) => kept.get(key)?.clone(),
      put: async (key: string, value: Response) => void kept.set(key, value),
    };
    vi.stubGlobal("caches", { open: async () => store });
    try {
      await hub.commit("maker/golden", Object.fromEntries(bytes));
      const fetch: typeof globalThis.fetch = (address, init) =>
        String(address).startsWith(hub.endpoint) || /^http:\/\/127/.test(String(address))
          ? globalThis.fetch(address, init)
          : Promise.resolve(new Response("<html>", { headers: { "content-type": "text/html" } }));
      vi.stubGlobal("location", { href: "https://a.test/app/" });
      const options = { fetch: fetch as never, hubEndpoint: hub.endpoint };
      const pipe = await open(options, "maker/golden");
      expect(pipe.config.tokenizer.codebookSize).toBeGreaterThan(0);
      await pipe.dispose();
      const sent = hub.sent.bytes;
      await (await open(options, "maker/golden")).dispose();
      expect(hub.sent.bytes).toBe(sent);
      kept.clear();
      const wrong = new Uint8Array(bytes.get("transformer.safetensors")!);
      wrong[wrong.length - 1]! ^= 1;
      const fake: typeof globalThis.fetch = async (address, init) =>
        String(address).includes("/resolve/") && String(address).endsWith("transformer.safetensors")
          ? new Response(wrong)
          : fetch(address, init);
      await expect(open({ ...options, fetch: fake as never }, "maker/golden")).rejects.toThrow(
        /^maker\/golden\/transformer.safetensors: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}$/,
      );
      expect([...kept.keys()].filter((key) => key.endsWith("transformer.safetensors"))).toEqual([]);
    } finally {
      vi.unstubAllGlobals();
      await hub.close();
    }
  });

  test("a released checkpoint is refused in words", async () => {
    await expect(open({ fetch: server().fetch }, "flexvar-d16")).rejects.toThrow(
      /^flexvar-d16: expected a model folder, got a released checkpoint .*flexvar pull flexvar-d16/,
    );
  });

  test.each([
    ["https://a.test/m/", "https://a.test/m/config.json"],
    [new URL("https://a.test/m?key=1"), "https://a.test/m/config.json?key=1"],
  ])("address %s", async (address, first) => {
    const { fetch, asked } = server();
    await (await open({ fetch }, address)).dispose();
    expect(asked[0]).toBe(first);
  });

  test("reports every file from nothing to its length", async () => {
    const events: WebProgress[] = [];
    await (await open({ fetch: server().fetch, onProgress: (event) => events.push(event) })).dispose();
    expect(events[0]).toEqual({ message: "opening https://a.test/m" });
    for (const file of FILES) {
      const own = events.filter((event) => event.file === file);
      const size = bytes.get(file)!.length;
      expect(own[0]).toEqual({ message: `downloading ${file}`, file, loaded: 0, total: size });
      expect(own.at(-1)).toEqual({ message: `downloading ${file}`, file, loaded: size, total: size });
      expect(own.map(({ loaded }) => loaded!)).toEqual(own.map(({ loaded }) => loaded!).sort((a, b) => a - b));
    }
  });

  test("a length that is not told, or counts compressed bytes, is unknown", async () => {
    const totals: (number | undefined)[] = [];
    const onProgress = ({ file, total }: WebProgress) => file === "config.json" && totals.push(total);
    const headers: Record<string, string>[] = [{}, { "content-length": "7", "content-encoding": "gzip" }];
    for (const given of headers) {
      const { fetch } = server((_, response) => new Response(response.body, { headers: given }));
      await (await open({ fetch, onProgress })).dispose();
    }
    expect(totals.length).toBeGreaterThan(2);
    expect(totals.every((total) => total === undefined)).toBe(true);
  });

  test("a missing file, a broken one, and one that ends early are named", async () => {
    const part = (wanted: string, change: (response: Response) => Response) => ({
      fetch: server((file, response) => (file === wanted ? change(response) : response)).fetch,
    });
    const missing = part("transformer.safetensors", () => new Response(null, { status: 404, statusText: "Not Found" }));
    await expect(open(missing)).rejects.toThrow("m/transformer.safetensors: expected a file, got 404 Not Found");
    const page = part("tokenizer.safetensors", () => new Response("<!doctype html>sign in"));
    await expect(open(page)).rejects.toThrow(/m\/tokenizer\.safetensors: expected .*, got an HTML page/);
    const config = part("config.json", () => new Response("{}"));
    await expect(open(config)).rejects.toThrow("m/config.json: model_type");
    const short = part("tokenizer.safetensors", ({ headers }) => new Response("cut", { headers }));
    const size = bytes.get("tokenizer.safetensors")!.length;
    await expect(open(short)).rejects.toThrow(`m/tokenizer.safetensors: expected ${size} bytes, got 3`);
    const offline = { fetch: () => Promise.reject(new TypeError("Failed to fetch")) };
    await expect(open(offline)).rejects.toThrow("m/config.json: expected an answer, got Failed to fetch");
  });

  test("one failed download stops the other", async () => {
    let stopped: unknown;
    const fetch = async (address: string, { signal }: { signal: AbortSignal }): Promise<Response> => {
      if (address.endsWith("tokenizer.safetensors")) return new Response(null, { status: 500 });
      if (address.endsWith("config.json")) return new Response(bytes.get("config.json"));
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          stopped = signal.reason;
          reject(signal.reason);
        });
      });
    };
    await expect(open({ fetch })).rejects.toThrow("tokenizer.safetensors: expected a file, got 500");
    expect(String(stopped)).toContain("got 500");
  });

  test("aborting throws the reason: before, and amid a download", async () => {
    const reason = new Error("enough");
    await expect(open({ fetch: server().fetch, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = ({ file, loaded = 0 }: WebProgress) => {
      if (file === "tokenizer.safetensors" && loaded > 0) controller.abort(reason);
    };
    await expect(open({ fetch: server().fetch, signal: controller.signal, onProgress })).rejects.toBe(reason);
  });

  test("a number type that this build does not compute in, and an unknown device, are refused in words", async () => {
    await expect(open({ fetch: server().fetch, dtype: "int4" })).rejects.toThrow(
      "dtype: expected one of fp32, fp16, int8, got int4",
    );
    await expect(open({ fetch: server().fetch, dtype: "fp16" })).rejects.toThrow("dtype: expected");
    await expect(FlexVAR.fromPretrained("https://a.test/m", { device: "cuda" })).rejects.toThrow(
      "device: expected one of wasm, webgpu",
    );
  });
});
