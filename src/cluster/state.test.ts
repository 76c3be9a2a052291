import { setTimeout as sleep } from "node:timers/promises";
import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasNats, startNats, type TestNats } from "../../recipes/lib/nats-server.mjs";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { metricValues } from "../../test/support/metrics.ts";
import { createClient } from "../client/index.ts";
import { batchSizes, createServerApp, localRenderer, type Renderer } from "../server/index.ts";
import { type Cluster, clusterEngine, openCluster, startWorker } from "./index.ts";
import { shared } from "./state.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;
let nats: TestNats;
let cluster: Cluster;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  if (!hasNats) return;
  nats = await startNats();
  cluster = await openCluster({ url: nats.url });
});
afterAll(async () => {
  await cluster?.close();
  await nats?.stop();
  await pipe.dispose();
  await scratch.remove();
});

const model = () => ({ name: "tiny", hash: "m1", config: pipe.config });
const base = { scales: "1,2,3", greedy: "none", seed: 5 } as const;

function front() {
  const engine = clusterEngine({
    cluster,
    model: "m1",
    laneOf: ({ work }) => (work.kind === "draw" && work.rows.length > 2 ? "large" : "small"),
  });
  const server = createServerApp({ model: model(), engine });
  const ask = async (path: string, init?: RequestInit) => server.app.request(`http://localhost${path}`, init);
  return {
    client: createClient({ baseUrl: "http://localhost", fetch: (path, init) => ask(new URL(path).pathname, init) }),
    metrics: async () => metricValues(await (await ask("/metrics")).text()),
  };
}

const worker = (id: string, openRenderer = async (): Promise<Renderer> => renderer()) =>
  startWorker({
    ...{ cluster, id, model: model(), openRenderer, fingerprint: "f0", about: {} },
    batchSize: batchSizes({ model: model() }),
  });
/** The test's pipeline, which no worker may close. */
const renderer = (): Renderer => ({ ...localRenderer(pipe), dispose: async () => {} });

/** Longer than a state is told again. */
const stale = () => sleep(2100);

describe.runIf(hasNats)("the metrics of a cluster", { timeout: 60_000 }, () => {
  test("tell what waits, what is at work, who works, what was given out again and what was put away", async () => {
    const { client, metrics } = front();
    expect(await metrics()).toMatchObject({ flexvar_cluster_up: 1, flexvar_cluster_open_pictures: 0 });
    const post = (n: number) => client.generate({ ...base, class_labels: [1], n });
    const jobs = [post(1), post(2), post(3)];
    await stale();
    const before = await metrics();
    // No worker of the model ever was: nobody knows its lanes.
    expect(before).toMatchObject({ flexvar_cluster_open_pictures: 6, flexvar_cluster_unserved_pictures: 6 });
    expect(before.flexvar_queue_jobs).toBe(6);
    expect(before.flexvar_cluster_oldest_open_seconds).toBeGreaterThan(1.9);

    let isHeld = true;
    const holding = (): Renderer => ({
      ...renderer(),
      async *draw(batch, signal) {
        while (isHeld) await sleep(20, undefined, { signal });
        yield* renderer().draw(batch, signal);
      },
    });
    const first = await worker("first", async () => holding());
    await stale();
    const during = await metrics();
    const small = 'model="m1",machines="any",lane="small"';
    const large = 'model="m1",machines="any",lane="large"';
    expect(during).toMatchObject({
      flexvar_cluster_unserved_pictures: 0,
      [`flexvar_cluster_at_work_pictures{${small}}`]: 3,
      [`flexvar_cluster_waiting_pictures{${small}}`]: 0,
      [`flexvar_cluster_oldest_waiting_seconds{${small}}`]: 0,
      [`flexvar_cluster_deliveries_total{${small}}`]: 3,
      [`flexvar_cluster_waiting_pictures{${large}}`]: 3,
      'flexvar_cluster_workers{model="m1",name="tiny",fingerprint="f0"}': 1,
    });
    expect(during[`flexvar_cluster_oldest_waiting_seconds{${large}}`]).toBeGreaterThan(4);

    // A worker that is stopped gives back; the next one is told that it is not the first.
    await first.stop();
    isHeld = false;
    const second = await worker("second");
    await Promise.all(jobs);
    await cluster.connection.publish("flexvar.work.m1.any.small.abcd.efghijkl.0", "no work");
    await sleep(4700);
    const after = await metrics();
    const ofSecond = 'worker="second",model="m1",fingerprint="f0"';
    expect(after).toMatchObject({
      flexvar_cluster_open_pictures: 0,
      flexvar_cluster_oldest_open_seconds: 0,
      'flexvar_cluster_dead_letters{model="m1"}': 1,
      [`flexvar_cluster_worker_pictures_total{${ofSecond}}`]: 6,
      [`flexvar_cluster_worker_redeliveries_total{${ofSecond}}`]: 3,
      flexvar_pictures_total: 6,
      'flexvar_job_stage_seconds_count{stage="waiting"}': 3,
      'flexvar_job_stage_seconds_count{stage="drawing"}': 3,
      'flexvar_job_stage_seconds_count{stage="delivering"}': 3,
    });
    expect(after[`flexvar_cluster_worker_batches_total{${ofSecond}}`]).toBeGreaterThan(1);
    expect(after[`flexvar_cluster_worker_seconds_total{${ofSecond},stage="drawing"}`]).toBeGreaterThan(0);
    expect(after[`flexvar_cluster_worker_seconds_total{${ofSecond},stage="storing"}`]).toBeGreaterThan(0);
    // It waited for the second worker at least.
    expect(after['flexvar_job_stage_seconds_sum{stage="waiting"}']).toBeGreaterThan(2);
    expect(Object.keys(after).join()).not.toContain("first");
    await second.stop();
  });

  test("answer soon where the server is away, and say so, and come back with it", async () => {
    const { metrics } = front();
    expect((await metrics()).flexvar_cluster_up).toBe(1);
    await nats.kill();
    await stale();
    const begun = performance.now();
    const away = await metrics();
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(away.flexvar_cluster_up).toBe(0);
    expect(Object.keys(away).filter((name) => /cluster_(?!up)|queue_jobs/.test(name))).toEqual([]);
    await nats.start();
    for (let tries = 0; (await metrics()).flexvar_cluster_up !== 1; tries++) expect(tries).toBeLessThan(20);
  });
});

describe("a shared look", () => {
  test("is one for all who look at once and while it is fresh", async () => {
    let looks = 0;
    const look = shared(async () => ++looks, { freshMs: 50, waitMs: 1000 });
    expect(await Promise.all([look(), look(), look()])).toEqual([1, 1, 1]);
    expect(await look()).toBe(1);
    await sleep(60);
    expect(await look()).toBe(2);
  });

  test("ends undefined where it fails or takes long, and is not begun again while it goes on", async () => {
    let begun = 0;
    const slow = shared(() => sleep(200, ++begun), { freshMs: 1000, waitMs: 20 });
    expect([await slow(), await slow()]).toEqual([undefined, undefined]);
    await sleep(200);
    expect([await slow(), begun]).toEqual([1, 1]);
    const failing = shared(async () => Promise.reject(new Error("away")), { freshMs: 1000, waitMs: 1000 });
    expect(await failing()).toBe(undefined);
  });
});
