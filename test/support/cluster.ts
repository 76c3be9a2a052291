/** Front ends and workers of one process on a NATS server of their own, with a tiny model; nothing of a test is another's. */
import { setTimeout as sleep } from "node:timers/promises";
import { FlexVAR } from "flexvar";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { hasNats, startNats, type TestNats } from "../../recipes/lib/nats-server.mjs";
import { createClient, type JobBody } from "../../src/client/index.ts";
import {
  type Cluster,
  clusterEngine,
  openCluster,
  startWorker,
  type Worker,
  type WorkerOptions,
} from "../../src/cluster/index.ts";
import { batchSizes, createServerApp, type Limits, localRenderer, type Renderer } from "../../src/server/index.ts";
import { importGolden, scratchFolder } from "./golden.ts";

const scratch = await scratchFolder();
export let pipe: FlexVAR;
export let nats: TestNats;
const open: { close(): Promise<unknown> }[] = [];
/** The model's, another for every test: none takes another's work. */
let hash = 0;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  if (hasNats) nats = await startNats();
});
beforeEach(() => anotherModel());
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
afterAll(async () => {
  await nats?.stop();
  await pipe.dispose();
  await scratch.remove();
});

/** From here on the model is another. */
export function anotherModel(): void {
  hash++;
}

export const model = () => ({ name: "tiny", hash: `m${hash}`, config: pipe.config });

export async function connected(): Promise<Cluster> {
  const cluster = await openCluster({ url: nats.url });
  open.push(cluster);
  return cluster;
}

/** A front end on a connection of its own. */
export async function front(limits: Partial<Limits> = {}, lane: "small" | "large" = "small") {
  const engine = clusterEngine({ cluster: await connected(), model: `m${hash}`, laneOf: () => lane });
  const server = createServerApp({ model: model(), engine, limits });
  return clientOf(server);
}

/** A server of this process and a client of it. */
export function clientOf(server: ReturnType<typeof createServerApp>) {
  const client = createClient({
    baseUrl: "http://localhost",
    fetch: async (input: string, init?: RequestInit) => server.app.request(input, init),
  });
  return { server, client };
}

/** A renderer that is the test's pipeline, which no worker may close. */
export const shared = (): Renderer => ({ ...localRenderer(pipe), dispose: async () => {} });

/** The same, a moment after every scale. */
export function slowly(onScale: () => void): Renderer {
  const inner = shared();
  return {
    ...inner,
    async *draw(batch, signal) {
      for await (const scale of inner.draw(batch, signal)) {
        onScale();
        yield scale;
        await sleep(150);
        signal.throwIfAborted();
      }
    },
  };
}

export async function worker(options: Partial<WorkerOptions> = {}): Promise<Worker> {
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
  open.push({ close: () => started.stop().catch(unlessClosed) });
  return started;
}

/** A worker whose connection was closed by its test cannot say good-bye. */
function unlessClosed(error: Error): void {
  if (error.name !== "ClosedConnectionError") throw error;
}

/** A job that is asked for later, by any front end. */
export const later = async ({ server }: Awaited<ReturnType<typeof front>>, body: object): Promise<JobBody> => {
  const answer = await server.app.request("http://localhost/v1/images/generations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, async: true }),
  });
  return (await answer.json()) as JobBody;
};

/** Polls a job until it is over. */
export async function over({ client }: Awaited<ReturnType<typeof front>>, id: string): Promise<JobBody> {
  for (;;) {
    const job = await client.job(id);
    if (job.status !== "queued" && job.status !== "running") return job;
    await sleep(50);
  }
}

export const base = { scales: "1,2,3", greedy: "none", seed: 5 } as const;

export const single = () => clientOf(createServerApp({ model: model(), renderer: shared() })).client;
