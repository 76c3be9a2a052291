import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readNpz, writeNpz } from "../checkpoint/index.ts";
import { openPictureStream } from "../data/index.ts";
import { openSampleStore, type SetPlan } from "./sample-store.ts";

const picture = (value: number) => ({ data: new Uint8Array(2 * 1 * 3).fill(value), width: 2, height: 1 });

test("a set is written once all pictures are there, whoever drew them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flexvar-set-"));
  try {
    const plan: SetPlan = {
      path: join(folder, "set.npz"),
      total: 3,
      width: 2,
      height: 1,
      labelOf: (i) => i % 2,
      settings: "{}",
    };
    const [one, other] = [await openSampleStore(plan), await openSampleStore(plan)];
    await one.add(2, picture(2));
    expect(await one.finish()).toBe(false);
    await other.add(0, picture(0));
    // What a kill leaves of a picture does not count as one.
    writeFileSync(join(folder, ".set.npz.parts", ".1.rgb.0123456789ab.tmp"), "half");
    expect([...(await one.present())].sort()).toEqual([0, 2]);
    await one.add(1, picture(1));
    expect(await other.finish()).toBe(true);
    expect(await one.finish()).toBe(true);
    const arrays = await readNpz(plan.path);
    expect(arrays.get("arr_0")).toMatchObject({ dtype: "uint8", shape: [3, 1, 2, 3] });
    expect([...arrays.get("arr_0")!.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect([...arrays.get("arr_1")!.data].map(Number)).toEqual([0, 1, 0]);
    expect(readdirSync(folder).sort()).toEqual(["set.npz", "set.settings.json"]);
    await expect(openSampleStore({ ...plan, settings: '{"seed":1}' })).rejects.toThrow("begun with");
    expect((await (await openSampleStore(plan)).present()).size).toBe(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a folder has one folder a class, and goes on where it stopped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flexvar-set-"));
  try {
    const path = join(folder, "set");
    const plan: SetPlan = {
      path,
      total: 5,
      width: 2,
      height: 1,
      labelOf: (i) => i % 2,
      nameOf: (id) => ["cat/dog", "tree, green"][id]!,
      settings: "{}",
    };
    const store = await openSampleStore(plan);
    for (const i of [4, 0, 1]) await store.add(i, picture(i));
    writeFileSync(join(path, "tree, green", ".000001.png.0123456789ab.tmp"), "half");
    expect([...(await (await openSampleStore(plan)).present())]).toEqual([0, 1, 4]);
    expect(await store.finish()).toBe(false);
    for (const i of [2, 3]) await store.add(i, picture(i));
    expect(await store.finish()).toBe(true);
    const stream = await openPictureStream(path);
    const seen: string[] = [];
    for await (const { image, name } of stream.pictures()) seen.push(`${name}: ${image.data[0]}`);
    expect(stream.classes).toEqual(["cat_dog", "tree, green"]);
    expect(seen).toEqual([
      "cat_dog/000000.png: 0",
      "cat_dog/000001.png: 2",
      "cat_dog/000002.png: 4",
      "tree, green/000000.png: 1",
      "tree, green/000001.png: 3",
    ]);
    await expect(openSampleStore({ ...plan, settings: "{ }" })).rejects.toThrow("begun with");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("nothing that lies there already is taken for a set", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flexvar-set-"));
  try {
    const plan: SetPlan = {
      path: join(folder, "set.npz"),
      total: 1,
      width: 2,
      height: 1,
      labelOf: () => 0,
      settings: '{"seed":1,"scales":[1,2]}',
    };
    writeFileSync(plan.path, "other");
    await expect(openSampleStore(plan)).rejects.toThrow("set.npz: expected a new name, or a set that was begun here");
    expect(readdirSync(folder)).toEqual(["set.npz"]);
    rmSync(plan.path);
    const store = await openSampleStore(plan);
    await store.add(0, picture(0));
    expect(await store.finish()).toBe(true);
    await expect(openSampleStore({ ...plan, settings: '{"seed":2,"scales":[1,2]}' })).rejects.toThrow(
      /set\.npz: expected the settings that it was begun with, got seed 2 in place of 1$/,
    );
    await writeNpz(plan.path, [["arr_0", { dtype: "uint8", shape: [2, 1, 2, 3], data: new Uint8Array(12) }]]);
    await expect(openSampleStore(plan)).rejects.toThrow(
      "expected pictures uint8 [1,1,2,3] as its settings say, got uint8 [2,1,2,3]",
    );
    const foreign = { ...plan, path: join(folder, "pictures") };
    mkdirSync(foreign.path);
    writeFileSync(join(foreign.path, "mine.png"), "");
    await expect(openSampleStore(foreign)).rejects.toThrow('got "mine.png" without a record of its settings');
    // An empty file in place of a picture is none.
    const own = { ...plan, path: join(folder, "own") };
    await (await openSampleStore(own)).add(0, picture(0));
    writeFileSync(join(own.path, "0", "000000.png"), "");
    expect((await (await openSampleStore(own)).present()).size).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
