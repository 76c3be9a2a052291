import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasNats, startNats, type TestNats } from "../../recipes/lib/nats-server.mjs";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { createClient, type ImageEvent, type StreamEvent } from "../client/index.ts";
import { encodePng } from "../image/node.ts";
import { batchSizes, createServerApp, type Limits, localRenderer, type Renderer } from "../server/index.ts";
import {
  type Cluster,
  clusterEngine,
  openCluster,
  startWorker,
  type Worker,
  type WorkerOptions,
  workersOf,
} from "./index.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;
let nats: TestNats;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  if (hasNats) nats = await startNats();
});
afterAll(async () => {
  for (const one of open.reverse()) await one.close();
  await nats?.stop();
  await pipe.dispose();
  await scratch.remove();
});

const model = () => ({ name: "tiny", hash: "0123", config: pipe.config });

async function connected(): Promise<Cluster> {
  const cluster = await openCluster({ url: nats.url });
  open.push(cluster);
  return cluster;
}

/** A front end on a connection of its own. */
async function front(limits: Partial<Limits> = {}) {
  const engine = clusterEngine({ cluster: await connected(), model: "0123", laneOf: () => "small" });
  const server = createServerApp({ model: model(), engine, limits });
  const client = createClient({
    baseUrl: "http://localhost",
    fetch: async (input: string, init?: RequestInit) => server.app.request(input, init),
  });
  return { server, client };
}

/** A renderer that is the test's pipeline, which no worker may close. */
const shared = (): Renderer => ({ ...localRenderer(pipe), dispose: async () => {} });

async function worker(options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const started = await startWorker({
    cluster: await connected(),
    id: `w${open.length}`,
    model: model(),
    openRenderer: async () => shared(),
    fingerprint: "f0",
    about: {},
    batchSize: batchSizes({ model: model() }),
    ...options,
  });
  open.push({ close: () => started.stop() });
  return started;
}

const base = { scales: "1,2,3", greedy: "none", seed: 5 } as const;

function single() {
  const server = createServerApp({ model: model(), renderer: shared() });
  return createClient({
    baseUrl: "http://localhost",
    fetch: async (input: string, init?: RequestInit) => server.app.request(input, init),
  });
}

describe.runIf(hasNats)("a cluster", () => {
  test("draws what a single process draws, through any front end, and tells of every scale", async () => {
    const [a, b] = [await front(), await front()];
    const one = await worker();
    const fields = { ...base, class_labels: [3, 1], n: 2 } as const;
    const expected = await single().generate(fields);
    const [got, other] = await Promise.all([a.client.generate(fields), b.client.generate(fields)]);
    expect(got.data).toEqual(expected.data);
    expect(other.data).toEqual(expected.data);
    expect(got.usage).toEqual(expected.usage);

    const events: StreamEvent[] = [];
    for await (const event of a.client.generateStream({ ...base, class_labels: [2], partial_images: "all" }))
      events.push(event);
    const same: StreamEvent[] = [];
    for await (const event of single().generateStream({ ...base, class_labels: [2], partial_images: "all" }))
      same.push(event);
    const told = (all: StreamEvent[]) => (all as ImageEvent[]).map(({ created_at: _, ...rest }) => rest);
    expect(told(events)).toEqual(told(same));

    expect((await workersOf(await connected())).map(({ id, pictures }) => [id, pictures > 0])).toHaveLength(1);
    await one.stop();
  });

  test("carries edits out, whose pictures lie in the object store meanwhile", async () => {
    const [a, one] = [await front(), await worker()];
    const side = 3 * pipe.factor;
    const data = Uint8Array.from({ length: side * side * 4 }, (_, i) => (i % 4 < 3 ? (i * 7) % 256 : 255));
    const image = Buffer.from(encodePng({ data, width: side, height: side })).toString("base64");
    const fields = {
      ...base,
      image,
      size: `${2 * side}x${side}`,
      scales: "1,2,3x6",
      task: "refine",
      class_labels: [2],
      n: 2,
    } as const;
    expect((await a.client.edit(fields)).data).toEqual((await single().edit(fields)).data);
    await one.stop();
  });
});
