import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { deadLetters } from "../../recipes/lib/dead-letters.mjs";
import { hasNats, startNats } from "../../recipes/lib/nats-server.mjs";
import {
  base,
  clientOf,
  connected,
  front,
  later,
  model,
  nats,
  over,
  pipe,
  shared,
  single,
  slowly,
  worker,
} from "../../test/support/cluster.ts";
import type { StreamEvent } from "../client/index.ts";
import { encodePng } from "../image/node.ts";
import { createServerApp, type Renderer } from "../server/index.ts";
import { clusterEngine, openCluster, workersOf } from "./index.ts";

describe.runIf(hasNats)("a cluster", { timeout: 60_000 }, () => {
  test("draws what a single process draws, through any front end, and tells of every scale", async () => {
    const [a, b] = [await front(), await front()];
    const one = await worker();
    const fields = { ...base, class_labels: [3, 1], n: 2 } as const;
    const expected = await single().generate(fields);
    const [got, other] = await Promise.all([a.client.generate(fields), b.client.generate(fields)]);
    expect(got.data).toEqual(expected.data);
    expect(other.data).toEqual(expected.data);
    expect(got.usage).toEqual(expected.usage);

    const streamed = { ...base, class_labels: [2], partial_images: "all" } as const;
    const told = async (events: AsyncIterable<StreamEvent>) => {
      const all: object[] = [];
      for await (const { created_at: _, ...rest } of events) {
        // The single process says nothing of machines.
        if ("system_fingerprint" in rest) delete (rest as { system_fingerprint?: string }).system_fingerprint;
        all.push(rest);
      }
      return all;
    };
    expect(await told(a.client.generateStream(streamed))).toEqual(await told(single().generateStream(streamed)));
    const workers = await workersOf(await connected());
    expect(workers.map(({ fingerprint, pictures }) => [fingerprint, pictures])).toEqual([["f0", expect.any(Number)]]);
    await one.stop();
    expect(await workersOf(await connected())).toEqual([]);
  });

  test("carries edits out, whose pictures lie in the object store meanwhile", async () => {
    const [a, one] = [await front(), await worker()];
    const side = 3 * pipe.factor;
    const data = Uint8Array.from({ length: side * side * 4 }, (_, i) => (i % 4 < 3 ? (i * 7) % 256 : 255));
    const image = Buffer.from(encodePng({ data, width: side, height: side })).toString("base64");
    const size = `${2 * side}x${side}` as const;
    const fields = { ...base, image, size, scales: "1,2,3x6", task: "refine", class_labels: [2], n: 2 } as const;
    expect((await a.client.edit(fields)).data).toEqual((await single().edit(fields)).data);
    await one.stop();
  });

  test("answers at every front end for a job that waits, is drawn, or was cancelled", async () => {
    const [a, b] = [await front(), await front()];
    const [first, second, third] = [
      await later(a, { ...base, class_labels: [1], n: 2 }),
      await later(a, { ...base, class_labels: [2] }),
      await later(b, { ...base, class_labels: [3] }),
    ];
    expect([first.status, first.position, second.position, third.position]).toEqual(["queued", 0, 2, 3]);
    expect((await b.client.job(second.id)).position).toBe(2);
    expect(await b.client.cancelJob(second.id)).toMatchObject({
      status: "cancelled",
      error: { code: "job_cancelled" },
    });
    expect((await a.client.job(third.id)).position).toBe(2);
    const one = await worker();
    const [drawn, last] = [await over(b, first.id), await over(a, third.id)];
    expect(drawn.result!.data).toEqual((await single().generate({ ...base, class_labels: [1], n: 2 })).data);
    expect([drawn.pictures, last.status]).toEqual([{ done: 2, total: 2 }, "done"]);
    expect((await over(a, second.id)).status).toBe("cancelled");
    // What is over stays as it is.
    expect((await b.client.cancelJob(first.id)).status).toBe("done");
    await expect(a.client.job(`${first.id}0`)).rejects.toMatchObject({ status: 404 });
    await expect(a.client.job("../record")).rejects.toMatchObject({ status: 404 });
    await one.stop();
  });

  test("a call that is hung up on stops being drawn within a scale", async () => {
    const a = await front();
    let scales = 0;
    const one = await worker({ openRenderer: async () => slowly(() => scales++) });
    const leave = new AbortController();
    const asked = a.client.generate({ scales: `${"1,".repeat(30)}2`, greedy: "none", class_labels: [1] }, leave.signal);
    while (scales < 2) await sleep(20);
    leave.abort();
    await expect(asked).rejects.toThrow();
    const then = scales;
    await sleep(600);
    expect(scales - then).toBeLessThanOrEqual(2);
    await one.stop();
  });

  test("a job that ends its workers is tried thrice, from the second time on alone, and put away; its neighbours are drawn", async () => {
    const a = await front();
    const batches: number[][] = [];
    /** Dies at class 7, as a process does. */
    const mortal = (): Renderer => {
      const inner = shared();
      let isDead = false;
      return {
        ...inner,
        isAlive: () => !isDead,
        async *draw(batch, signal) {
          const classes = batch.rows.map(({ info }) => info.classId);
          batches.push(classes);
          if (classes.includes(7)) {
            isDead = true;
            throw new Error("the process has ended");
          }
          yield* inner.draw(batch, signal);
        },
      };
    };
    const jobs = await Promise.all([1, 7, 3].map((label) => later(a, { ...base, class_labels: [label] })));
    const one = await worker({ openRenderer: async () => mortal() });
    const ends = await Promise.all(jobs.map(({ id }) => over(a, id)));
    expect(ends.map(({ status, error }) => [status, error?.code])).toEqual([
      ["done", undefined],
      ["failed", "worker_died"],
      ["done", undefined],
    ]);
    expect(batches[0]).toHaveLength(3);
    expect(batches.slice(1).every((classes) => classes.length === 1)).toBe(true);
    expect(batches.filter((classes) => classes.includes(7))).toHaveLength(3);
    const [letter] = await deadLetters(nats.url);
    expect(letter).toMatchObject({
      id: jobs[1]!.id,
      reason: expect.stringMatching(/^3 workers ended while they drew it/),
    });
    await one.stop();
  });

  test("an error of one picture fails its job and none that was drawn beside it", async () => {
    const a = await front();
    const inner = shared();
    const picky: Renderer = {
      ...inner,
      async *draw(batch, signal) {
        if (batch.rows.some(({ info }) => info.classId === 7)) throw new Error("no sevens");
        yield* inner.draw(batch, signal);
      },
    };
    const jobs = await Promise.all([1, 7, 3].map((label) => later(a, { ...base, class_labels: [label] })));
    const one = await worker({ openRenderer: async () => picky });
    const ends = await Promise.all(jobs.map(({ id }) => over(a, id)));
    expect(ends.map(({ status }) => status)).toEqual(["done", "failed", "done"]);
    // What went wrong is for the worker's log: it may name files.
    expect(ends[1]!.error).toMatchObject({ code: "server_fault", type: "server_error" });
    await one.stop();
  });

  test("a worker that is stopped gives back what it has, as if it had not been begun", async () => {
    const a = await front();
    let scales = 0;
    const one = await worker({ openRenderer: async () => slowly(() => scales++) });
    const job = await later(a, { ...base, class_labels: [4] });
    while (scales === 0) await sleep(10);
    await one.stop();
    expect((await a.client.job(job.id)).status).toBe("running");
    const other = await worker({ fingerprint: "f1" });
    const { status, result } = await over(a, job.id);
    expect([status, result!.system_fingerprint]).toEqual(["done", "f0>f1"]);
    expect(result!.data).toEqual((await single().generate({ ...base, class_labels: [4] })).data);
    await other.stop();
  });

  test("what begun on one kind of machine is drawn on that kind while there is one, else the result says that it crossed", async () => {
    const a = await front();
    const drawn: string[] = [];
    const named = (name: string, dies: boolean) => async (): Promise<Renderer> => {
      const inner = shared();
      let isDead = false;
      return {
        ...inner,
        isAlive: () => !isDead,
        async *draw(batch, signal) {
          drawn.push(name);
          if (dies && drawn.length === 1) {
            isDead = true;
            await new Promise((_, reject) => setTimeout(() => reject(new Error("ended")), 50));
          }
          yield* inner.draw(batch, signal);
        },
      };
    };
    const first = await worker({ fingerprint: "f0", openRenderer: named("first", true) });
    const asked = later(a, { ...base, class_labels: [5] });
    while (drawn.length === 0) await sleep(10);
    const [like, unlike] = [
      await worker({ fingerprint: "f0", openRenderer: named("like", false) }),
      await worker({ fingerprint: "f1", openRenderer: named("unlike", false) }),
    ];
    const done = await over(a, (await asked).id);
    expect([done.status, done.result!.system_fingerprint]).toEqual(["done", "f0"]);
    expect(drawn).not.toContain("unlike");
    for (const one of [first, like]) await one.stop();
    drawn.length = 0;
    const dying = await worker({ fingerprint: "f0", openRenderer: named("first", true) });
    // Only the first kind takes it; then that kind is gone.
    await unlike.stop();
    const crossing = later(a, { ...base, class_labels: [6] });
    while (drawn.length === 0) await sleep(10);
    await dying.stop();
    const last = await worker({ fingerprint: "f1", openRenderer: named("unlike", false) });
    const crossed = await over(a, (await crossing).id);
    expect([crossed.status, crossed.result!.system_fingerprint]).toEqual(["done", "f0>f1"]);
    await last.stop();
  });

  test("what its server kept goes on after an abrupt end of it, and what is full is refused and comes back", async () => {
    const [a, one] = [await front(), await worker()];
    const jobs = await Promise.all([1, 2, 3, 4].map((label) => later(a, { ...base, class_labels: [label], n: 2 })));
    await nats.kill();
    await sleep(300);
    await nats.start();
    for (const [i, { id }] of jobs.entries()) {
      const { result } = await over(a, id);
      expect(result!.data).toEqual((await single().generate({ ...base, class_labels: [i + 1], n: 2 })).data);
    }
    await one.stop();
    const small = await startNats();
    try {
      const cluster = await openCluster({ url: small.url, most: 3 });
      const engine = clusterEngine({ cluster, model: model().hash, laneOf: () => "small" });
      const server = createServerApp({ model: model(), engine });
      const ask = (n: number) => later(clientOf(server), { ...base, class_labels: [1], n });
      expect((await ask(2)).status).toBe("queued");
      // Two more do not fit: none of them is left behind.
      expect(await ask(2)).toMatchObject({ error: { code: "queue_full" } });
      expect((await ask(1)).status).toBe("queued");
      expect((await cluster.manager.streams.info("FLEXVAR_WORK")).state.messages).toBe(3);
      await cluster.close();
    } finally {
      await small.stop();
    }
  });

  test("a server that is away ends no front end with an open stream, and does not hold up the end of a process", async () => {
    const own = await startNats();
    const cluster = await openCluster({ url: own.url });
    const engine = clusterEngine({ cluster, model: model().hash, laneOf: () => "small" });
    const server = createServerApp({ model: model(), engine });
    const faults: unknown[] = [];
    const onFault = (error: unknown): number => faults.push(error);
    process.on("unhandledRejection", onFault);
    try {
      const body = JSON.stringify({ ...base, class_labels: [1], stream: true });
      const headers = { "content-type": "application/json" };
      await server.app.request("http://localhost/v1/images/generations", { method: "POST", headers, body });
      await own.kill();
      // Longer than a call is patient: a place that cannot be told must be nobody's fault.
      await sleep(12_000);
      expect(faults).toEqual([]);
      const begun = performance.now();
      await cluster.close();
      expect(performance.now() - begun).toBeLessThan(10_000);
    } finally {
      process.off("unhandledRejection", onFault);
      await own.stop();
    }
  });

  test("a worker that starts leaves the bound of what waits as a front end set it", async () => {
    const own = await startNats();
    try {
      const [set, plain] = [await openCluster({ url: own.url, most: 5 }), await openCluster({ url: own.url })];
      expect((await plain.manager.streams.info("FLEXVAR_WORK")).config.max_msgs).toBe(5);
      for (const one of [set, plain]) await one.close();
    } finally {
      await own.stop();
    }
  });

  test("addresses and servers that are none are named, secrets are not", async () => {
    await expect(openCluster({ url: "http://u:secret@127.0.0.1" })).rejects.toThrow(
      'cluster: expected an address such as nats://host:4222, got "http://127.0.0.1"',
    );
    await expect(openCluster({ url: "nats://u:secret@127.0.0.1:1" })).rejects.toThrow(
      /^cluster: expected a NATS server with JetStream at nats:\/\/127\.0\.0\.1:1, got .*refused/,
    );
    const guarded = await startNats({ config: "authorization { user: flexvar, password: s3cret }\n" });
    try {
      await expect(openCluster({ url: guarded.url })).rejects.toThrow(/Authorization Violation/i);
      const known = await openCluster({ url: guarded.url.replace("//", "//flexvar:s3cret@") });
      await known.close();
    } finally {
      await guarded.stop();
    }
  });
});
