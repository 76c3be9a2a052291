import fc from "fast-check";
import { FlexVAR, readSettings } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import {
  ApiRequestError,
  createClient,
  type ErrorBody,
  type ImageEvent,
  type QueuedEvent,
  type StreamEvent,
} from "../client/index.ts";
import { encodePng, loadRgba, type RgbaImage } from "../image/node.ts";
import { type RepeatedEdit, requestFrom } from "../pipelines/index.ts";
import {
  createServerApp,
  type Limits,
  localRenderer,
  memoryBooks,
  type Renderer,
  type ServerApp,
  type ServerOptions,
} from "./index.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
});
afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

function start(options: Partial<Omit<ServerOptions, "limits">> & { limits?: Partial<Limits> } = {}) {
  const model = { name: "tiny", hash: "0123", config: pipe.config };
  const server = createServerApp({ model, renderer: localRenderer(pipe), ...options });
  const fetchApp = async (input: string, init?: RequestInit) => server.app.request(input, init);
  const client = createClient({ baseUrl: "http://localhost", fetch: fetchApp, token: options.token });
  return { server, client };
}

/** Counts scales and batches of a renderer. */
function counting(inner: Renderer) {
  const seen = { scales: 0, batches: [] as number[] };
  const renderer: Renderer = {
    ...inner,
    async *draw(batch, signal) {
      seen.batches.push(batch.rows.length);
      for await (const scale of inner.draw(batch, signal)) {
        seen.scales++;
        yield scale;
      }
    },
  };
  return { renderer, seen };
}

/** Twenty scales. */
const slow = { scales: `${"1,".repeat(19)}2`, greedy: "none", seed: 5 } as const;
const base = { scales: "1,2,3", greedy: "none", seed: 5 } as const;
const post = (server: ServerApp, path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  server.app.request(`http://localhost${path}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
const generations = "/v1/images/generations";
const side = (): number => 3 * pipe.factor;
const plain = (alpha = 255): string => {
  const data = Uint8Array.from({ length: side() * side() * 4 }, (_, i) =>
    i % 4 < 3 ? (i * 7) % 256 : i < side() * side() * 2 ? alpha : 255,
  );
  return Buffer.from(encodePng({ data, width: side(), height: side() })).toString("base64");
};

describe("generations", () => {
  test("give PNGs with their settings, class by class", async () => {
    const { data } = await start().client.generate({ ...base, class_labels: [3, 1], n: 2 });
    expect(data.map((one) => [one.class_id, one.index_within_class])).toEqual([
      [3, 0],
      [3, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(readSettings(Buffer.from(data[0]!.b64_json, "base64"))).toMatchObject({
      seed: 5,
      class_id: 3,
      model: "0123",
    });
  });

  test("of one schedule are drawn side by side and are the same as alone", async () => {
    const { renderer, seen } = counting(localRenderer(pipe));
    const { client } = start({ renderer });
    const seeds = [1, 2, 3, 4, 5];
    const together = await Promise.all(seeds.map((seed) => client.generate({ ...base, seed, class_labels: [seed] })));
    expect(seen.batches).toEqual([5]);
    for (const [i, seed] of seeds.entries()) {
      const { data } = await start().client.generate({ ...base, seed, class_labels: [seed] });
      expect(data[0]!.b64_json).toBe(together[i]!.data[0]!.b64_json);
    }
    await Promise.all([
      client.generate({ ...base, class_labels: [1] }),
      client.generate({ scales: "1,2", class_labels: [1] }),
    ]);
    expect(seen.batches).toEqual([5, 1, 1]);
  });

  test("draw in windows where asked to: the library's picture, under the same settings", async () => {
    const size = [33 * pipe.factor, 4 * pipe.factor] as const;
    const { data } = await start().client.generate({
      class_labels: [2],
      seed: 5,
      greedy: "none",
      size: size.join("x"),
      large: "windows",
    });
    const png = Buffer.from(data[0]!.b64_json, "base64");
    let last: Awaited<ReturnType<typeof loadRgba>> | undefined;
    for await (const event of pipe.generateLarge({ classLabels: [2], seed: 5, greedy: "none", size }))
      if (event.isLast) last = (await event.images())[0];
    const drawn = await loadRgba(png);
    expect([drawn.width, drawn.height]).toEqual(size);
    expect(Buffer.from(drawn.data).equals(last!.data)).toBe(true);
    expect(readSettings(png)).toMatchObject({ class_id: 2, seed: 5, model: "0123" });
  });

  test("stream every scale and the finished picture", async () => {
    const events: ImageEvent[] = [];
    const { client } = start();
    for await (const event of client.generateStream({ ...base, prompt: "3", partial_images: "all" }))
      events.push(event as ImageEvent);
    expect(events.map(({ type, partial_image_index }) => [type, partial_image_index])).toEqual([
      ["image_generation.partial_image", 0],
      ["image_generation.partial_image", 1],
      ["image_generation.completed", undefined],
    ]);
    const { data } = await client.generate({ ...base, class_labels: [3] });
    expect(events[2]!.b64_json).toBe(data[0]!.b64_json);
  });

  test("a stream that has to wait says its place, anew when that changes, and then draws", async () => {
    const { client } = start({ batchSize: () => 1 });
    const orders = [1, 2].map(() => client.startGeneration({ ...slow, class_labels: [1], n: 64 }));
    const ids = (await Promise.all(orders)).map(({ id }) => id);
    const events: StreamEvent[] = [];
    for await (const event of client.generateStream({ ...base, class_labels: [2] })) {
      events.push(event);
      if (event.type === "image_job.queued") await client.cancelJob(ids[ids.length - event.position]!);
    }
    expect(
      events.map((event) => (event.type.endsWith("queued") ? (event as QueuedEvent).position : event.type)),
    ).toEqual([2, 1, "image_generation.completed"]);
  });

  test.each([
    ["an unknown field", { nonsense: 1 }, "nonsense", 400],
    ["another quality", { quality: "hd" }, "quality", 400],
    ["addresses as replies", { response_format: "url" }, "response_format", 400],
    ["steps beside scales", { num_inference_steps: 4 }, "num_inference_steps", 400],
    ["partial pictures without a stream", { partial_images: 2 }, "partial_images", 400],
    ["a class that is not there", { class_labels: ["zebra"] }, "class_labels", 400],
    ["two ways to name classes", { prompt: "2" }, "prompt", 400],
    ["too many pictures", { n: 65 }, "n", 400],
    ["too many pictures by labels", { n: 33, class_labels: [1, 2] }, "n", 400],
    ["too many pixels", { scales: undefined, size: "16000x16000" }, "size", 400],
    ["too many pixels by a scale", { scales: "1,900" }, "scales", 400],
    ["another model", { model: "dall-e-3" }, "model", 404],
    ["a path as a model", { model: "../../etc/passwd" }, "model", 404],
  ])("refuse %s, naming the field", async (_, fields, param, status) => {
    const response = await post(start().server, generations, JSON.stringify({ ...base, class_labels: [1], ...fields }));
    expect(response.status).toBe(status);
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ param, type: "invalid_request_error" });
  });
});

describe("edits", () => {
  const edit = { seed: 2, scales: "1,2,3", greedy: "none", class_labels: [1] } as const;
  test("repaint transparent parts, and the same by a form", async () => {
    const { client, server } = start();
    const { data, mask_reading } = await client.edit({ ...edit, image: plain(0) });
    expect(mask_reading).toBe("read by alpha: transparent is repainted, 50 % of the picture");
    expect(readSettings(Buffer.from(data[0]!.b64_json, "base64"))).toMatchObject({ task: "inpaint", class_id: 1 });
    const form = new FormData();
    form.set("image", new Blob([Buffer.from(plain(0), "base64")]), "../../x.png");
    for (const [key, value] of Object.entries({ ...edit, class_labels: "1" })) form.set(key, String(value));
    const response = await server.app.request("http://localhost/v1/images/edits", { method: "POST", body: form });
    expect(await response.json()).toMatchObject({ data: [{ b64_json: data[0]!.b64_json }] });
  });

  test("several texts that name one mix are one picture", async () => {
    const { client } = start();
    const mixed = { ...edit, class_labels: ["#1:0.6", "#2:0.4"], image: plain(0) };
    const [apart, joined] = [
      await client.edit(mixed),
      await client.edit({ ...mixed, class_labels: ["#1:0.6,#2:0.4"] }),
    ];
    expect(apart.data.map(({ b64_json }) => b64_json)).toEqual(joined.data.map(({ b64_json }) => b64_json));
    expect(apart.data).toHaveLength(1);
    expect(readSettings(Buffer.from(apart.data[0]!.b64_json, "base64"))).toMatchObject({ class_mix: "#1:0.6,#2:0.4" });
    const { data } = await client.generate({ ...base, class_labels: ["#1:0.6", "#2:0.4", 3] });
    expect(data.map(({ class_id }) => class_id)).toEqual([1, 3]);
  });

  test("carry settings that paint the same again from nothing but the result", async () => {
    const { client } = start();
    for (const body of [
      { image: plain(0) },
      { image: plain(), task: "outpaint" as const, right: pipe.factor, scales: undefined },
    ]) {
      const { data } = await client.edit({ ...edit, ...body });
      const png = Buffer.from(data[0]!.b64_json, "base64");
      const { options, mask, fromResult, task } = requestFrom(
        readSettings(png),
        pipe.config.transformer!.numClasses,
      ) as RepeatedEdit;
      expect({ task, fromResult }).toEqual({ task: body.task ?? "inpaint", fromResult: true });
      const image = await loadRgba(png);
      let again: RgbaImage | undefined;
      for await (const step of pipe.inpaint({ ...options, image, mask: mask!, count: 1 }))
        if (step.isLast) [again] = await step.images();
      expect(Buffer.from(again!.data).equals(image.data)).toBe(true);
    }
  });

  test("continue and expand pictures", async () => {
    const { client } = start();
    const { scales: _, ...free } = edit;
    const wide = await client.edit({ ...free, task: "outpaint", image: plain(), right: pipe.factor });
    const high = await client.edit({ ...free, task: "expand", image: plain(), ratio: "3:4" });
    const size = (b64: string): number[] => [
      Buffer.from(b64, "base64").readUInt32BE(16),
      Buffer.from(b64, "base64").readUInt32BE(20),
    ];
    expect(size(wide.data[0]!.b64_json)).toEqual([side() + pipe.factor, side()]);
    expect(size(high.data[0]!.b64_json)).toEqual([side(), side() + pipe.factor]);
  });

  test.each([
    ["no picture", { image: "AAAA" }, "image"],
    ["an address", { image: "http://127.0.0.1/secret.png" }, "image"],
    ["a path", { image: "file:///etc/passwd" }, "image"],
    ["nothing to repaint", {}, "mask"],
    ["a field of another task", { left: 4 }, "left"],
    ["refining without a size", { task: "refine" }, "size"],
  ])("refuse %s", async (_, fields, param) => {
    const response = await post(
      start().server,
      "/v1/images/edits",
      JSON.stringify({ ...edit, image: plain(), ...fields }),
    );
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorBody).error.param).toBe(param);
  });
});

describe("jobs", () => {
  test("wait in line, are polled, and cancelling frees the worker within a scale", async () => {
    const { renderer, seen } = counting(localRenderer(pipe));
    const { client } = start({ renderer, batchSize: () => 1 });
    const long = await client.startGeneration({
      ...slow,
      class_labels: [1],
      n: 64,
    });
    const next = await client.startGeneration({ ...base, class_labels: [2] });
    while (seen.scales === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect((await client.job(long.id)).status).toBe("running");
    expect(await client.job(next.id)).toMatchObject({ status: "queued", position: 1 });
    const before = seen.scales;
    expect((await client.cancelJob(long.id)).status).toBe("cancelled");
    let job = await client.job(next.id);
    while (job.result === null) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      job = await client.job(next.id);
    }
    // At most the scale under way, and the three of the job behind.
    expect(seen.scales).toBeLessThanOrEqual(before + 4);
  });

  test("are refused with 429 where the queue is full, and given back by a stop", async () => {
    const { client, server } = start({ limits: { queue: 1, graceMs: 0 }, batchSize: () => 1 });
    const job = await client.startGeneration({ ...slow, class_labels: [1], n: 64 });
    while ((await client.job(job.id)).status === "queued") await new Promise((resolve) => setTimeout(resolve, 1));
    const next = await client.startGeneration({ ...base, class_labels: [1] });
    expect([next.status, next.position]).toEqual(["queued", 1]);
    expect(await (await server.app.request("http://localhost/healthz")).json()).toMatchObject({ waiting: 1 });
    const refused = await client.generate({ ...base, class_labels: [1] }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiRequestError);
    expect(refused).toMatchObject({ status: 429, retryAfter: 1, code: "queue_full" });
    await server.stop();
    for (const { id } of [job, next])
      expect(await client.job(id)).toMatchObject({ status: "failed", error: { code: "server_stopping" } });
    await expect(client.generate({ ...base, class_labels: [1] })).rejects.toMatchObject({ status: 503 });
  });

  test("are refused to a caller whose work is used up, and cost nothing where they are refused", async () => {
    let now = 0;
    const books = memoryBooks({ perMinute: 60, burst: 2 }, () => now);
    const { client, server } = start({ callers: { books, header: "x-caller" }, limits: { queue: 1 } });
    const ask = (caller: string, n: number) =>
      server.app.request("http://localhost/v1/images/generations", {
        method: "POST",
        headers: { "content-type": "application/json", "x-caller": caller },
        body: JSON.stringify({ ...slow, class_labels: [1], n, async: true }),
      });
    const refused = async (answer: Response) => [
      answer.status,
      answer.headers.get("retry-after"),
      ((await answer.json()) as ErrorBody).error.code,
    ];
    expect((await ask("a", 2)).status).toBe(202);
    expect(await refused(await ask("a", 1))).toEqual([429, "1", "caller_budget"]);
    const waiting = async () =>
      ((await (await server.app.request("http://localhost/healthz")).json()) as { waiting: number }).waiting;
    while ((await waiting()) > 0) await new Promise(setImmediate);
    const { id } = (await (await ask("b", 1)).json()) as { id: string };
    // No room: the caller keeps what it had.
    expect((await refused(await ask("b", 1))).at(2)).toBe("queue_full");
    await client.cancelJob(id);
    expect((await ask("b", 1)).status).toBe(202);
    expect((await refused(await ask("b", 1))).at(2)).toBe("caller_budget");
    now += 1000;
    expect((await refused(await ask("b", 1))).at(2)).toBe("queue_full");
    await server.stop();
  });

  test("finish before a stop that has the time, and fail when they take too long", async () => {
    const { client, server } = start();
    const job = await client.startGeneration({ ...base, class_labels: [1] });
    await server.stop();
    expect((await client.job(job.id)).status).toBe("done");
    const late = start({ limits: { jobMs: 1 } }).client.generate({ ...base, class_labels: [1], n: 64 });
    await expect(late).rejects.toMatchObject({ status: 504 });
  });
});

describe("hostile clients", () => {
  test("cross-origin calls, foreign hosts and missing tokens are refused; allowed origins are not", async () => {
    const { server } = start({ origins: ["https://shop.example"], hosts: ["localhost"], token: "secret" });
    const from = (origin: string) =>
      server.app.request("http://localhost/v1/models", { headers: { origin, authorization: "Bearer secret" } });
    expect((await from("https://evil.example")).status).toBe(403);
    expect((await from("https://shop.example")).headers.get("access-control-allow-origin")).toBe(
      "https://shop.example",
    );
    expect((await server.app.request("http://evil.example/v1/models")).status).toBe(421);
    expect((await server.app.request("http://localhost/v1/models")).status).toBe(401);
  });

  test("a blank token is refused at the start, for no call could carry it", () => {
    expect(() => start({ token: " " })).toThrow('token: expected visible ASCII characters or none, got " "');
  });

  test("huge, slow and malformed bodies", async () => {
    const { server } = start({ limits: { bodyBytes: 1000, bodyMs: 50 } });
    expect((await post(server, generations, "x".repeat(1001))).status).toBe(413);
    expect((await post(server, generations, "{")).status).toBe(400);
    expect((await post(server, generations, "a=b", { "content-type": "text/plain" })).status).toBe(415);
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) });
    const slow = await server.app.request(
      new Request(`http://localhost${generations}`, {
        method: "POST",
        body: endless,
        headers: { "content-type": "application/json" },
        duplex: "half",
      } as RequestInit),
    );
    expect(slow.status).toBe(408);
  });

  test("paths find nothing but the site's table", async () => {
    const { server } = start({ site: new Map([["index.html", { text: "<p>studio</p>" }]]) });
    expect(await (await server.app.request("http://localhost/")).text()).toBe("<p>studio</p>");
    for (const path of [
      "/../package.json",
      "/%2e%2e/package.json",
      "/..%2fpackage.json",
      "//etc/passwd",
      "/index.html%00",
    ])
      expect((await server.app.request(`http://localhost${path}`)).status, path).toBe(404);
  });

  test("any body gets a reply in words and never a fault", async () => {
    const { server } = start({ limits: { pixels: 64 * 64, pictures: 1, jobMs: 5000 } });
    const names = [
      "class_labels",
      "prompt",
      "n",
      "seed",
      "size",
      "scales",
      "stream",
      "image",
      "mask",
      "task",
      "ratio",
      "model",
      "strength",
      "__proto__",
    ];
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(fc.constantFrom(...names), fc.jsonValue()).map((o) => JSON.stringify(o)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(generations, "/v1/images/edits"), body, async (path, text) => {
        const response = await post(server, path, text);
        if (response.status !== 200)
          expect(((await response.json()) as ErrorBody).error.message).toMatch(/: expected /);
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

describe("paths and methods", () => {
  const at = (server: ServerApp, method: string, path: string, headers: Record<string, string> = {}) =>
    server.app.request(`http://localhost${path}`, { method, headers });

  test.each([
    ["GET", generations, "POST, OPTIONS", "method: expected POST at this path, got GET"],
    ["PUT", generations, "POST, OPTIONS", "method: expected POST at this path, got PUT"],
    ["POST", "/v1/models", "GET, HEAD, OPTIONS", "method: expected GET at this path, got POST"],
    ["PATCH", "/v1/jobs/x", "GET, DELETE, HEAD, OPTIONS", "method: expected GET or DELETE at this path, got PATCH"],
    ["POST", "/", "GET, HEAD, OPTIONS", "method: expected GET at this path, got POST"],
  ])("%s %s is answered with what the path allows", async (method, path, allow, message) => {
    const { server } = start({ site: new Map([["index.html", { text: "<p>studio</p>" }]]) });
    const response = await at(server, method, path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ message, type: "invalid_request_error" });
    const options = await at(server, "OPTIONS", path);
    expect([options.status, options.headers.get("allow"), await options.text()]).toEqual([204, allow, ""]);
  });

  test("unknown ones are not found, whatever the method", async () => {
    for (const method of ["GET", "PUT", "OPTIONS"])
      for (const path of ["/", "/v1/images", "/v1/jobs/", "/v1/jobs/x/y", "/openapi-json"]) {
        const response = await at(start().server, method, path);
        expect([response.status, response.headers.get("allow")], `${method} ${path}`).toEqual([404, null]);
        expect(((await response.json()) as ErrorBody).error.message).toBe(
          "path: expected one that /openapi.json lists, got another",
        );
      }
  });

  test("HEAD is GET without a body, and preflights of allowed origins need no token", async () => {
    const { server } = start({ origins: ["https://shop.example"], token: "secret" });
    const head = await at(server, "HEAD", "/healthz");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await at(server, "HEAD", generations, { authorization: "Bearer secret" })).status).toBe(405);
    const preflight = await at(server, "OPTIONS", generations, { origin: "https://shop.example" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, POST, DELETE");
    expect((await at(server, "OPTIONS", generations, { origin: "https://evil.example" })).status).toBe(403);
    const wrong = await at(server, "GET", generations, {
      origin: "https://shop.example",
      authorization: "Bearer secret",
    });
    expect([wrong.status, wrong.headers.get("access-control-allow-origin")]).toEqual([405, "https://shop.example"]);
  });
});

test("health, metrics, models and the document", async () => {
  const { client, server } = start();
  await client.generate({ ...base, class_labels: [1] });
  expect(await (await server.app.request("http://localhost/metrics")).text()).toContain("flexvar_pictures_total 1\n");
  expect(await (await server.app.request("http://localhost/healthz")).json()).toMatchObject({ status: "ok" });
  expect((await client.models())[0]).toMatchObject({ id: "tiny", num_classes: pipe.config.transformer!.numClasses });
  const document = (await (await server.app.request("http://localhost/openapi.json")).json()) as {
    paths: Record<string, Record<string, object>>;
    components: { schemas: { Generation: { properties: object } } };
  };
  const routes = server.app.routes.filter(({ method, path }) => method !== "ALL" && path !== "*");
  const served = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => key !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(served.sort());
  expect(Object.keys(document.components.schemas.Generation.properties)).toEqual(
    expect.arrayContaining(["class_labels", "num_inference_steps", "guidance_scale", "first_index"]),
  );
});
