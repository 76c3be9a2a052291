import { describe, expect, it } from "vitest";
import { paperAugment } from "../../test/support/augment.ts";
import { flatPicture, memoryDataset } from "../../test/support/datasets.ts";
import { type Batch, type BatchOptions, batches } from "./batches.ts";
import type { Dataset } from "./dataset.ts";
import { epochOrder } from "./order.ts";

const options: BatchOptions = { size: 4, batchSize: 3, seed: 5, epochs: 2 };

async function collect(dataset: Dataset, settings: BatchOptions): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches(dataset, settings)) all.push(batch);
  return all;
}

describe("epochOrder", () => {
  it("is a permutation that depends on seed and epoch", () => {
    const dataset = { length: 50 };
    const first = epochOrder(dataset, 1, 0);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(epochOrder(dataset, 1, 0)).toEqual(first);
    expect(epochOrder(dataset, 1, 1)).not.toEqual(first);
    expect(epochOrder(dataset, 2, 0)).not.toEqual(first);
  });

  it("mixes rows within four chunks at a time", () => {
    const chunks = Array.from({ length: 12 }, (_, i) => ({ begin: 10 * i, end: 10 * i + 10 }));
    const order = epochOrder({ length: 120, chunks }, 3, 0);
    expect(new Set(order).size).toBe(120);
    for (let i = 0; i < 120; i += 40) {
      const touched = [...order.slice(i, i + 40)].map((row) => Math.floor(row / 10));
      expect(new Set(touched).size).toBe(4);
      expect(touched.slice(0, 10)).not.toEqual(new Array(10).fill(touched[0]));
    }
  });
});

describe("batches", () => {
  it("delivers each picture once an epoch, with its label and values", async () => {
    const dataset = memoryDataset(9, (i) => flatPicture(i * 20));
    const all = await collect(dataset, options);
    expect(all.map(({ count }) => count)).toEqual(new Array(6).fill(3));
    for (const epoch of [all.slice(0, 3), all.slice(3)]) {
      expect(epoch.flatMap(({ indices }) => [...indices]).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
    expect(all[0]!.indices).not.toEqual(all[3]!.indices);
    for (const { images, indices, labels } of all) {
      expect(images.length).toBe(3 * 3 * 16);
      for (const [row, index] of indices.entries()) {
        expect(labels[row]).toBe(index % 2);
        expect(images[row * 48 + 17]).toBeCloseTo((index * 20) / 127.5 - 1, 5);
      }
    }
  });

  it("goes on from any batch's position as if it had never stopped", async () => {
    const pixels = (i: number) => ({
      width: 6,
      height: 6,
      data: Uint8Array.from({ length: 108 }, (_, p) => (p * 7 + i * 31) % 256),
    });
    const dataset = memoryDataset(10, (i) => (i === 4 ? undefined : pixels(i)));
    const settings = { ...options, epochs: 3, augment: paperAugment };
    const unbroken = await collect(dataset, settings);
    for (let stop = 0; stop < unbroken.length; stop++) {
      const rest = await collect(dataset, { ...settings, from: unbroken[stop]!.next });
      expect(rest).toEqual(unbroken.slice(stop + 1));
    }
  });

  it("gives the same stream whatever the concurrency, and another one for another seed", async () => {
    const dataset = memoryDataset(9, (i) => flatPicture(i));
    const one = await collect(dataset, { ...options, concurrency: 1 });
    expect(await collect(dataset, { ...options, concurrency: 16 })).toEqual(one);
    expect(await collect(dataset, { ...options, seed: 6 })).not.toEqual(one);
  });

  it("reports corrupt pictures by name, leaves them out and keeps batches full", async () => {
    const dataset = memoryDataset(7, (i) => (i === 2 ? undefined : flatPicture(i)));
    const corrupt: string[] = [];
    const all = await collect(dataset, { ...options, epochs: 1, onCorrupt: (error) => corrupt.push(error.picture) });
    expect(corrupt).toEqual(["picture-2"]);
    expect(all.map(({ count }) => count)).toEqual([3, 3]);
    expect(all.flatMap(({ indices }) => [...indices]).sort()).toEqual([0, 1, 3, 4, 5, 6]);
  });

  it("drops or keeps an epoch's last, smaller batch", async () => {
    const dataset = memoryDataset(7, (i) => flatPicture(i));
    expect((await collect(dataset, { ...options, epochs: 1 })).map(({ count }) => count)).toEqual([3, 3]);
    const kept = await collect(dataset, { ...options, epochs: 1, keepLast: true, ordered: true });
    expect(kept.flatMap(({ indices }) => [...indices])).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("stops with a message when nothing is readable, and passes other failures on", async () => {
    const broken = memoryDataset(5, () => undefined);
    await expect(collect(broken, { ...options, epochs: undefined! })).rejects.toThrow(
      "expected at least 3 readable pictures",
    );
    const failing: Dataset = {
      ...memoryDataset(5, (i) => flatPicture(i)),
      get: async () => {
        throw new Error("disk gone");
      },
    };
    await expect(collect(failing, options)).rejects.toThrow("disk gone");
  });

  it("stops when asked", async () => {
    const controller = new AbortController();
    const stream = batches(
      memoryDataset(9, (i) => flatPicture(i)),
      { size: 4, batchSize: 3, seed: 0, signal: controller.signal },
    );
    await stream.next();
    controller.abort(new Error("enough"));
    await expect(stream.next()).rejects.toThrow("enough");
  });
});
