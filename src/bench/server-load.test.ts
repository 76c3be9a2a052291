/** The load of `flexvar bench --server` for a few seconds: only that everything is answered as it should be. */
import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { createClient } from "../client/index.ts";
import { createServerApp, type Listening, listen, localRenderer, type Renderer } from "../server/index.ts";
import { loadServer, percentile, timeCancel, timeFirst } from "./server-load.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;
let server: Listening;
const seen = { batches: [] as number[], atOnce: 0, most: 0 };
const QUEUE = 16;
/** What the server may gain in memory over the load, in MB: buffers of the last replies, nothing that grows. */
const GROWTH_MB = 120;

/** Notes how many pictures are drawn side by side, and that only one batch is. */
function watched(inner: Renderer): Renderer {
  return {
    ...inner,
    async *draw(batch, signal) {
      seen.batches.push(batch.rows.length);
      seen.most = Math.max(seen.most, ++seen.atOnce);
      try {
        for await (const scale of inner.draw(batch, signal)) {
          yield scale;
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        seen.atOnce--;
      }
    },
  };
}

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  const model = { name: "tiny", hash: "0123", config: pipe.config };
  server = await listen(createServerApp({ model, renderer: watched(localRenderer(pipe)), limits: { queue: QUEUE } }));
});
afterAll(async () => {
  await server.close();
  await pipe.dispose();
  await scratch.remove();
});

test("200 clients, of whom some leave and some stream: nothing but pictures and 429, in whole batches", {
  timeout: 180_000,
}, async () => {
  const fields = { scales: "1,2,3", greedy: "none" };
  const classes = pipe.config.transformer!.numClasses;
  const load = { url: server.url, clients: 200, fields, classes, leaving: 0.2, streaming: 0.3 };
  const report = await loadServer({ ...load, seconds: 5, atLeast: 24 });
  expect(report.errors).toEqual({});
  expect(report.done).toBeGreaterThanOrEqual(24);
  // Each answer that holds one is a picture that the model drew; those drawn for clients that left come on top.
  expect(seen.batches.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThanOrEqual(report.done);
  expect(report.refused).toBeGreaterThan(0);
  expect(report.left).toBeGreaterThan(0);
  expect(report.p50!).toBeGreaterThan(0);
  expect(report.p95!).toBeGreaterThanOrEqual(report.p50!);
  // A queue of one schedule is drawn in full batches, one batch at a time.
  expect(seen.most).toBe(1);
  expect(Math.max(...seen.batches)).toBe(8);
  expect(report.meanBatch).toBeGreaterThan(4);
  expect(report.memory.late - report.memory.early).toBeLessThan(GROWTH_MB);
  const { waiting } = (await (await fetch(`${server.url}/healthz`)).json()) as { waiting: number };
  expect(waiting).toBeLessThanOrEqual(QUEUE);
});

test("after the load a cancelled job frees the model before its next scale but one", async () => {
  const client = createClient({ baseUrl: server.url });
  const before = seen.batches.length;
  const scales = Array.from({ length: 40 }, () => "1").join(",");
  const { freed } = await timeCancel(client, { class_labels: [1], greedy: "none", scales: `${scales},2` }, 64);
  expect(freed).toBeGreaterThan(0);
  // The batch that was left and the next job's: none of the seven batches behind the first was begun.
  expect(seen.batches.slice(before)).toEqual([8, 1]);
});

test("so does one whose client waits for all of it and goes away", async () => {
  const client = createClient({ baseUrl: server.url });
  const before = seen.batches.length;
  const scales = `${Array.from({ length: 40 }, () => "1").join(",")},2`;
  const stop = new AbortController();
  const all = client.generate({ class_labels: [1], greedy: "none", scales, n: 64 }, stop.signal);
  const given = expect(all).rejects.toThrow();
  while (seen.batches.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort();
  await given;
  await client.generate({ class_labels: [1], greedy: "none", scales: "1,2" });
  expect(seen.batches.slice(before)).toEqual([8, 1]);
});

test("alone with the server the first scale comes before the picture", async () => {
  const client = createClient({ baseUrl: server.url });
  const { scale, picture } = await timeFirst(client, { class_labels: [1], greedy: "none", scales: "1,1,1,1,2" }, 3);
  expect(scale).toBeGreaterThan(0);
  expect(picture).toBeGreaterThan(scale);
});

test("percentiles are values that occur", () => {
  expect(percentile([3, 1, 2, 4], 0.5)).toBe(2);
  expect(percentile([3, 1, 2, 4], 0.95)).toBe(4);
  expect(percentile([], 0.5)).toBeNull();
});
