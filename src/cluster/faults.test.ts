import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { freePort, hasNats, startNats } from "../../recipes/lib/nats-server.mjs";
import {
  base,
  clientOf,
  connected,
  front,
  later,
  model,
  over,
  pipe,
  shared,
  single,
  slowly,
  worker,
} from "../../test/support/cluster.ts";
import { encodePng } from "../image/node.ts";
import { createServerApp, type Renderer } from "../server/index.ts";
import { clusterBooks, clusterCosts, clusterEngine, openCluster, startWorker, workersOf } from "./index.ts";
import { jobTokens, WORKERS_BUCKET } from "./layout.ts";
import { persist } from "./retry.ts";

/** A picture of three tokens a side. */
function picture(): string {
  const side = 3 * pipe.factor;
  const data = Uint8Array.from({ length: side * side * 4 }, (_, i) => (i % 4 < 3 ? (i * 7) % 256 : 255));
  return Buffer.from(encodePng({ data, width: side, height: side })).toString("base64");
}

test.each(["nats://a%zz@127.0.0.1", "nats://u:a%zz@127.0.0.1", "nats:", "127.0.0.1:4222"])(
  "the address %s is refused in words that hold no secret",
  async (url) => {
    const refused = await openCluster({ url }).catch((error: unknown) => error as Error);
    expect(refused).toMatchObject({
      message: expect.stringMatching(/^cluster: expected an address such as nats:\/\//),
    });
    expect((refused as Error).message).not.toContain("zz");
  },
);

test("files of rights that cannot be read are named", async () => {
  for (const option of ["creds", "ca"])
    await expect(openCluster({ url: "nats://127.0.0.1:1", [option]: "/nowhere.creds" })).rejects.toThrow(
      new RegExp(`^${option}: expected a file that can be read, got /nowhere.creds`),
    );
});

test("work that is tried again ends with what ends it: a time, a signal, a fault that lasts", async () => {
  const away = (): Promise<never> => Promise.reject(new Error("timeout"));
  await expect(persist(away, { untilMs: Date.now() + 120 })).rejects.toThrow("timeout");
  const stop = new AbortController();
  let faults = 0;
  const waiting = persist(away, { signal: stop.signal, onFault: () => ++faults > 1 && stop.abort() });
  await expect(waiting).rejects.toThrow("timeout");
  expect(faults).toBe(2);
  const full = Object.assign(new Error("maximum messages exceeded"), { code: 10077 });
  await expect(persist(() => Promise.reject(full))).rejects.toBe(full);
  const ours = new TypeError("x is not a function");
  await expect(persist(() => Promise.reject(ours))).rejects.toBe(ours);
});

describe.runIf(hasNats)("faults of a cluster", { timeout: 60_000 }, () => {
  test("a server that starts last is waited for, and said so once", async () => {
    const port = await freePort();
    const lines: string[] = [];
    const waited = openCluster({
      url: `nats://u:secret@127.0.0.1:${port}`,
      waitMs: 30_000,
      onMessage: (line) => lines.push(line),
    });
    await sleep(400);
    const own = await startNats({ port, config: "authorization { user: u, password: secret }\n" });
    try {
      await (await waited).close();
      expect(lines).toEqual([`waiting for a NATS server at nats://127.0.0.1:${port}`]);
    } finally {
      await own.stop();
    }
  });

  test("a server that comes back empty is set up again, and its workers go on", async () => {
    const own = await startNats();
    const lines: string[] = [];
    const open = () => openCluster({ url: own.url, onMessage: (line) => lines.push(line) });
    const [ours, theirs] = [await open(), await open()];
    const one = await startWorker({
      cluster: theirs,
      id: "w",
      model: model(),
      openRenderer: async () => shared(),
      fingerprint: "f0",
      about: {},
      batchSize: () => 8,
    });
    try {
      const engine = clusterEngine({ cluster: ours, model: model().hash, laneOf: () => "small" });
      const a = clientOf(createServerApp({ model: model(), engine }));
      await own.kill();
      await own.lose();
      await own.start();
      let job = await later(a, { ...base, class_labels: [2] });
      // Refused while what is kept there is being made.
      for (; job.id === undefined; job = await later(a, { ...base, class_labels: [2] })) await sleep(200);
      const { result } = await over(a, job.id);
      expect(result!.data).toEqual((await single().generate({ ...base, class_labels: [2] })).data);
      expect(lines).toContain(`the NATS server at ${own.url} is back`);
    } finally {
      await one.stop();
      for (const cluster of [ours, theirs]) await cluster.close();
      await own.stop();
    }
  });

  test("a worker stops while its server is away", async () => {
    const own = await startNats();
    const cluster = await openCluster({ url: own.url });
    let scales = 0;
    const lines: string[] = [];
    const one = await startWorker({
      cluster,
      id: "w",
      model: model(),
      openRenderer: async () => slowly(() => scales++),
      fingerprint: "f0",
      about: {},
      batchSize: () => 8,
      onMessage: (line) => lines.push(line),
    });
    const engine = clusterEngine({ cluster, model: model().hash, laneOf: () => "small" });
    await later(clientOf(createServerApp({ model: model(), engine })), { ...base, class_labels: [4] });
    while (scales === 0) await sleep(10);
    await own.kill();
    // Ends: a worker that waited for its server would not.
    await one.stop();
    expect(lines).toContainEqual(expect.stringMatching(/^stopped without an answer for all work/));
    await cluster.close();
    await own.stop();
  });

  test("looking at who is there leaves nothing on the server", async () => {
    const [cluster, one] = [await connected(), await worker()];
    const count = async () => (await cluster.manager.streams.info(`KV_${WORKERS_BUCKET}`)).state.consumer_count;
    for (let i = 0; i < 5; i++) expect(await workersOf(cluster)).toHaveLength(1);
    expect(await count()).toBe(0);
    await one.stop();
  });

  test("what the least of unlike workers can do is what may be asked for; that none is there is said", async () => {
    const cluster = await connected();
    const lines: string[] = [];
    const looked = clusterCosts({ cluster, model: model(), seconds: 60, onMessage: (line) => lines.push(line) });
    while (lines.length === 0) await sleep(20);
    expect(lines).toEqual([expect.stringMatching(/^no worker of tiny .* is there/)]);
    expect(looked.costs!.budget).toMatchObject({ memoryBytes: Number.POSITIVE_INFINITY });
    looked.stop();
    const of = (memoryBytes: number, idleBytes: number, transformer: number, tokenizer: number, call: number) => ({
      model: looked.costs!.model,
      budget: { memoryBytes, idleBytes, rate: { transformer, tokenizer, call }, seconds: 600 },
    });
    const workers = [
      await worker({ model: { ...model(), costs: of(9e9, 8e9, 1e9, 5e9, 0.1) } }),
      await worker({ model: { ...model(), costs: of(4e9, 1e9, 2e9, 4e9, 0.2) } }),
    ];
    const again = clusterCosts({ cluster, model: model(), seconds: 60 });
    while (again.costs!.budget.memoryBytes === Number.POSITIVE_INFINITY) await sleep(20);
    expect(again.costs!.budget).toEqual({
      memoryBytes: 9e9,
      idleBytes: 8e9,
      rate: { transformer: 1e9, tokenizer: 4e9, call: 0.2 },
      seconds: 60,
    });
    again.stop();
    for (const one of workers) await one.stop();
  });

  test("pictures that no message holds come whole, and what a job brought is not kept after its end", async () => {
    const [a, one] = [await front(), await worker()];
    const fields = { ...base, scales: "1,2,3,14", class_labels: [2], partial_images: "all" } as const;
    const large = { ...fields, size: `${14 * pipe.factor}x${14 * pipe.factor}` } as const;
    const expected = await single().generate({ ...large, partial_images: 0 });
    expect(Buffer.from(expected.data[0]!.b64_json!, "base64").length).toBeGreaterThan(60 * 1024);
    expect((await a.client.generate({ ...large, partial_images: 0 })).data).toEqual(expected.data);
    const job = await later(a, { ...large, partial_images: 0 });
    expect((await over(a, job.id)).result!.data).toEqual(expected.data);

    const files = (await connected()).files;
    const names = async () => (await files.list()).map(({ name }) => name).filter((name) => /image|mask/.test(name));
    const size = `${6 * pipe.factor}x${3 * pipe.factor}` as const;
    const edit = { ...base, image: picture(), size, scales: "1,2,3x6", task: "refine", class_labels: [2] } as const;
    await a.client.edit(edit);
    for (let tries = 0; (await names()).length > 0 && tries < 100; tries++) await sleep(20);
    expect(await names()).toEqual([]);
    await one.stop();
  });

  test("a job whose picture is gone fails at once and says so", async () => {
    const a = await front();
    const size = `${6 * pipe.factor}x${3 * pipe.factor}`;
    const edit = { ...base, image: picture(), size, scales: "1,2,3x6", task: "refine", class_labels: [2], async: true };
    const answer = await a.server.app.request("http://localhost/v1/images/edits", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(edit),
    });
    const { id } = (await answer.json()) as { id: string };
    await (await connected()).files.delete(`${jobTokens(id)}.image`);
    const one = await worker();
    expect(await over(a, id)).toMatchObject({ status: "failed", error: { code: "object_gone" } });
    await one.stop();
  });

  test("all windows of a large picture are drawn anew where what draws has died among them", async () => {
    const a = await front();
    const side = 6 * pipe.factor;
    const fields = {
      ...base,
      class_labels: [2],
      n: 2,
      size: `${2 * side}x${side}`,
      large: "windows",
      scales: undefined,
    } as const;
    const expected = await single().generate(fields as never);
    let opened = 0;
    const mortal = async (): Promise<Renderer> => {
      const inner = shared();
      const dies = opened++ === 0;
      let isDead = false;
      return {
        ...inner,
        isAlive: () => !isDead,
        async *edit(...args) {
          for await (const scale of inner.edit(...args)) {
            if (dies && scale.isLast) {
              // The first of two pictures, and no more.
              yield { ...scale, pictures: scale.pictures.filter(({ at }) => at === 0) };
              isDead = true;
              throw new Error("the process has ended");
            }
            yield scale;
          }
        },
      };
    };
    const one = await worker({ openRenderer: mortal });
    const job = await later(a, fields);
    const done = await over(a, job.id);
    expect(opened).toBe(2);
    expect(done.result!.data).toEqual(expected.data);
    await one.stop();
  });

  test("a caller has one bucket at all front ends, also after the server has lost it", async () => {
    const own = await startNats();
    try {
      const [a, b] = [await openCluster({ url: own.url }), await openCluster({ url: own.url })];
      const allowance = { perMinute: 1, burst: 10 };
      const [ours, theirs] = [await clusterBooks(a, allowance), await clusterBooks(b, allowance)];
      const all = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? ours : theirs).take("someone", 1)));
      expect(all.filter((waitMs) => waitMs === 0)).toHaveLength(10);
      expect(await theirs.take("another", 10)).toBe(0);
      await own.kill();
      await own.lose();
      await own.start();
      expect(await ours.take("someone", 1)).toBe(0);
      for (const cluster of [a, b]) await cluster.close();
    } finally {
      await own.stop();
    }
  });

  test("large jobs that wait are shared among workers that are free", async () => {
    const a = await front({}, "large");
    const drew: string[] = [];
    const named = (name: string) => async (): Promise<Renderer> => slowly(() => drew.push(name));
    const jobs = await Promise.all(
      [1, 2, 3, 4].map((label, i) =>
        later(a, { ...base, seed: i, scales: `1,${2 + (i % 2)},3`, class_labels: [label] }),
      ),
    );
    const workers = [await worker({ openRenderer: named("a") }), await worker({ openRenderer: named("b") })];
    for (const { id } of jobs) expect((await over(a, id)).status).toBe("done");
    expect(new Set(drew)).toEqual(new Set(["a", "b"]));
    for (const one of workers) await one.stop();
  });
});
