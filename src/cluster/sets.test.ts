import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { deadLetters } from "../../recipes/lib/dead-letters.mjs";
import { hasNats } from "../../recipes/lib/nats-server.mjs";
import {
  anotherModel,
  base,
  connected,
  front,
  later,
  model,
  nats,
  over,
  pipe,
  shared,
  worker as startedWorker,
} from "../../test/support/cluster.ts";
import { type PictureBytes, rowsFromBytes } from "../evaluate/index.ts";
import type { Renderer } from "../server/index.ts";
import { type Cluster, collectSet, type SetOrder, type Worker, type WorkerOptions, workersOf } from "./index.ts";
import { packShard } from "./shard.ts";

/** A renderer that is the test's pipeline; `onBatch` is told of the classes of every batch, and may fail. */
function watched(onBatch: (classes: number[], signal: AbortSignal) => unknown): Renderer {
  const inner = shared();
  return {
    ...inner,
    async *pixels(batch, signal) {
      await onBatch(
        batch.rows.map(({ info }) => info.classId),
        signal,
      );
      signal.throwIfAborted();
      yield* inner.pixels!(batch, signal);
    },
  };
}

const worker = (renderer: () => Renderer, options: Partial<WorkerOptions> = {}): Promise<Worker> =>
  startedWorker({ openRenderer: async () => renderer(), ...options });

const CLASSES = 10;
const SHARDS = 6;
const PER_SHARD = 4;
const input = { scales: "1,2,3", greedy: "none", seed: 5 };
const shards = Array.from({ length: SHARDS }, (_, number) => ({
  number,
  pictures: Array.from({ length: PER_SHARD }, (_, i) => {
    const at = number * PER_SHARD + i;
    return [at % CLASSES, Math.floor(at / CLASSES)] as const;
  }),
}));
const side = () => 3 * pipe.factor;

/** What a single process draws. */
async function alone(number: number): Promise<Uint8Array> {
  const drawn: Uint8Array[] = [];
  for (const [classId, firstIndex] of shards[number]!.pictures)
    for await (const event of pipe.generate({ ...input, classLabels: [classId], firstIndex }))
      if (event.isLast) drawn.push((await event.picture(0)).data);
  return Buffer.concat(drawn);
}

/** Asks for the set; what came is in `got`. */
function asks(more: Partial<SetOrder> = {}) {
  const got = new Map<number, Uint8Array>();
  const lines: string[] = [];
  const collect = async (cluster?: Cluster) =>
    collectSet(cluster ?? (await connected()), {
      name: `testset${model().hash}`,
      model: model().hash,
      input,
      pictureBytes: 3 * side() ** 2,
      shards,
      machines: async () => "f0",
      onShard: async ({ number }, { pixels }) => void got.set(number, Uint8Array.from(pixels)),
      signal: new AbortController().signal,
      onMessage: (line) => lines.push(line),
      ...more,
    });
  return { got, lines, collect };
}

async function expectWhole(got: ReadonlyMap<number, Uint8Array>): Promise<void> {
  expect([...got.keys()].sort()).toEqual(shards.map(({ number }) => number));
  for (const { number } of shards) expect(Buffer.compare(got.get(number)!, await alone(number))).toBe(0);
}

/** What streams keep of the set. */
async function kept(): Promise<number> {
  const { manager } = await connected();
  const counts = await Promise.all(
    [
      ["FLEXVAR_WORK", `flexvar.work.${model().hash}.>`],
      ["FLEXVAR_RESULTS", `flexvar.result.sets.testset${model().hash}.*`],
    ].map(async ([name, subjects_filter]) => {
      const { state } = await manager.streams.info(name!, { subjects_filter: subjects_filter! });
      return Object.keys(state.subjects ?? {}).length;
    }),
  );
  return counts[0]! + counts[1]!;
}

describe.runIf(hasNats)("a set on a cluster", { timeout: 60_000 }, () => {
  test("its shards come before no job, and do not count as jobs that wait", async () => {
    const gate = new EventEmitter();
    const isOpen = once(gate, "open");
    const one = await worker(() => watched(() => isOpen));
    const { got, collect } = asks();
    const set = collect();
    while ((await kept()) < SHARDS) await sleep(20);
    const a = await front();
    const [first, second] = [
      await later(a, { ...base, class_labels: [1] }),
      await later(a, { ...base, class_labels: [2] }),
    ];
    expect([first.position, second.position]).toEqual([0, 1]);
    const health = await a.server.app.request("http://localhost/healthz");
    expect(await health.json()).toMatchObject({ waiting: 2 });
    gate.emit("open");
    await set;
    await expectWhole(got);
    for (const { id } of [first, second]) expect((await over(a, id)).status).toBe("done");
    await one.stop();
  });

  test("its worker's card tells what it drew, in how many batches, and how long that took", async () => {
    const one = await worker(() => watched(() => undefined));
    await asks().collect();
    // Cards are written every 2.5 s.
    await sleep(2700);
    const card = (await workersOf(await connected())).find((one) => one.model.hash === model().hash);
    expect(card).toMatchObject({ pictures: SHARDS * PER_SHARD, tally: { batches: SHARDS, redeliveries: 0 } });
    expect(card!.tally!.drawing).toBeGreaterThan(0);
    expect(card!.tally!.storing).toBeGreaterThan(0);
    await one.stop();
  });

  test("is a single process's, byte for byte, though one of two workers dies, and nothing is left of it", async () => {
    const dying = await connected();
    const begun = new EventEmitter();
    const atWork = once(begun, "shard");
    const hangs = (_: number[], signal: AbortSignal) => {
      begun.emit("shard");
      return once(signal, "abort");
    };
    await worker(() => watched(hangs), { cluster: dying });
    const { got, collect } = asks();
    const collected = collect();
    await atWork;
    await dying.connection.close();
    await worker(() => watched(() => undefined));
    await collected;
    await expectWhole(got);
    expect(await kept()).toBe(0);
  });

  test("goes on with what was drawn while who asked was away", async () => {
    const drawn: number[][] = [];
    const first = asks();
    const away = await connected();
    const asking = first.collect(away);
    asking.catch(() => undefined);
    await sleep(300);
    await away.connection.close();
    await expect(asking).rejects.toThrow();
    expect(first.got.size).toBe(0);
    const one = await worker(() => watched((classes) => void drawn.push(classes)));
    while (drawn.length < SHARDS) await sleep(20);
    const { got, collect } = asks();
    await collect();
    await expectWhole(got);
    expect(drawn).toHaveLength(SHARDS);
    await one.stop();
    expect(await kept()).toBe(0);
  });

  test("is withdrawn by a stop, and drawn by a worker's successor after its own", async () => {
    const stop = new AbortController();
    let batches = 0;
    const slow = () =>
      watched(async () => {
        batches++;
        await sleep(200);
      });
    const one = await worker(slow);
    const { collect } = asks({ signal: stop.signal });
    const collected = collect();
    collected.catch(() => undefined);
    while (batches < 2) await sleep(10);
    stop.abort(new Error("stopped"));
    await expect(collected).rejects.toThrow("stopped");
    const again = asks();
    const whole = again.collect();
    const then = batches;
    while (batches === then) await sleep(10);
    await one.stop();
    await worker(() => watched(() => undefined));
    await whole;
    await expectWhole(again.got);
  });

  test("stays with its machines while they are there, and names others", async () => {
    const [own, odd]: number[][][] = [[], []];
    const cluster = await connected();
    await worker(() => watched((classes) => void odd!.push(classes)), { fingerprint: "f1" });
    const foreign = await packShard(
      cluster,
      { set: `testset${model().hash}`, number: 2 },
      { fingerprint: "f1", worker: "stranger", features: [], pixels: new Uint8Array(PER_SHARD * 3 * side() ** 2) },
    );
    await cluster.stream.publish(`flexvar.result.sets.testset${model().hash}.2`, foreign.payload, {
      headers: foreign.headers,
    });
    const one = await worker(() => watched((classes) => void own!.push(classes)));
    const { got, lines, collect } = asks();
    await collect();
    await expectWhole(got);
    expect([own!.length, odd!.length]).toEqual([SHARDS, 0]);
    expect(lines).toEqual(["shard 2 is drawn again: stranger is of f1, not of f0"]);
    await one.stop();
    // Nobody of f0 is there any more: who asks decides that f1 goes on.
    anotherModel();
    await worker(() => watched((classes) => void odd!.push(classes)), { fingerprint: "f1" });
    let now = "f0";
    const crossing = asks({ machines: async () => now });
    const collected = crossing.collect();
    await sleep(500);
    now = "f1";
    await collected;
    await expectWhole(crossing.got);
    expect(odd).toHaveLength(SHARDS);
  });

  test("ends with an error that names a shard which ends its workers, which lies among the dead letters", async () => {
    let deaths = 0;
    const mortal = (): Renderer => {
      let isDead = false;
      const inner = watched((classes) => {
        if (!classes.includes(7)) return;
        deaths++;
        isDead = true;
        throw new Error("the process has ended");
      });
      return { ...inner, isAlive: () => !isDead };
    };
    await worker(mortal);
    const { collect } = asks();
    await expect(collect()).rejects.toThrow(
      "shard 1 (4 pictures): expected to be drawn, got the end of the worker 3 times",
    );
    expect(deaths).toBe(3);
    const letters = await deadLetters(nats.url);
    expect(letters.at(-1)).toMatchObject({
      reason: expect.stringMatching(/^3 workers ended while they drew it/),
      number: 1,
    });
    // What was drawn beside it is kept for the next try.
    expect(await kept()).toBeGreaterThanOrEqual(0);
  });

  test("ends with the error of a picture that cannot be drawn", async () => {
    await worker(() => watched(() => undefined));
    const { collect } = asks({ shards: [{ number: 3, pictures: [[1_000_000, 0]] }] });
    await expect(collect()).rejects.toThrow(/^shard 3 \(1 pictures\): /);
  });

  test("brings the features of whole batches that a worker's own network takes, and none of another", async () => {
    const judge = {
      name: "sums",
      hash: "sums",
      dim: 1,
      extract: async ({ data, count }: PictureBytes) => ({
        features: Float32Array.from({ length: count }, (_, i) => data[(i * data.length) / count]!),
      }),
    };
    await worker(() => watched(() => undefined), { judge });
    const features = new Map<number, readonly Uint8Array[]>();
    const wanting = (hash: string) =>
      asks({
        features: { hash, at: { width: 2, height: 2 } },
        onShard: async ({ number }, drawn) => void features.set(number, drawn.features),
      });
    await wanting("sums").collect();
    for (const [number, batches] of features) {
      const rows = batches.map((bytes) => rowsFromBytes(bytes, `${number}`).features.length);
      expect(rows).toEqual([PER_SHARD]);
    }
    await wanting("others").collect();
    expect([...features.values()]).toEqual(shards.map(() => []));
  });
});
