import { FlexVAR, type GenerateOptions, importModel, type ScaleEvent } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goldenPath, importGolden, scratchFolder } from "../../test/support/golden.ts";
import { FlexVARPipeline } from "./flexvar.ts";

const scratch = await scratchFolder();
let folder: string;
let pipe: FlexVAR;

beforeAll(async () => {
  folder = await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth");
  pipe = await FlexVAR.fromPretrained(folder);
});

afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

const base = { scales: "1,2,3", greedy: "none", seed: 5 } as const;

async function collect(options: GenerateOptions, model = pipe): Promise<ScaleEvent[]> {
  const events: ScaleEvent[] = [];
  for await (const event of model.generate({ ...base, ...options })) events.push(event);
  return events;
}

/** Tokens of every picture, all scales: "class/number" to ids. */
async function pictures(options: GenerateOptions, model = pipe): Promise<Record<string, number[]>> {
  const all: Record<string, number[]> = {};
  for (const { pictures: infos, tokens } of await collect(options, model))
    infos.forEach(({ classId, indexWithinClass }, i) => {
      const l = tokens.length / infos.length;
      const key = `${classId}/${indexWithinClass}`;
      all[key] = [...(all[key] ?? []), ...tokens.subarray(i * l, (i + 1) * l)];
    });
  return all;
}

describe("seeds", () => {
  test("one seed gives the same pictures, another gives others", async () => {
    const first = await pictures({ classLabels: [3] });
    expect(await pictures({ classLabels: [3] })).toEqual(first);
    expect(await pictures({ classLabels: [3], seed: 6 })).not.toEqual(first);
    expect(Object.values(first)[0]).toHaveLength(14);
  });

  test("a picture is the same alone, in a batch, and when count or classes grow", async () => {
    const all = await pictures({ classLabels: [1, 4], count: 5 });
    expect(Object.keys(all)).toEqual(["1/0", "1/1", "1/2", "1/3", "1/4", "4/0", "4/1", "4/2", "4/3", "4/4"]);
    expect(new Set(Object.values(all).map((tokens) => tokens.join())).size).toBe(10);
    const few = await pictures({ classLabels: [4], count: 2, batchSize: 1 });
    expect(few).toEqual({ "4/0": all["4/0"], "4/1": all["4/1"] });
    expect(await pictures({ classLabels: [1, 4], count: 5, batchSize: 3 })).toEqual(all);
  });

  test("a class that is named twice goes on counting", async () => {
    const twice = await pictures({ classLabels: [2, 7, 2], count: 2 });
    expect(Object.keys(twice)).toEqual(["2/0", "2/1", "7/0", "7/1", "2/2", "2/3"]);
    const once = await pictures({ classLabels: [2], count: 4 });
    expect(once).toEqual(Object.fromEntries(Object.entries(twice).filter(([key]) => key.startsWith("2/"))));
  });

  test("firstIndex draws the later pictures of a class alone", async () => {
    const all = await pictures({ classLabels: [2], count: 4 });
    const later = await pictures({ classLabels: [2], count: 2, firstIndex: 2 });
    expect(later).toEqual({ "2/2": all["2/2"], "2/3": all["2/3"] });
    await expect(collect({ classLabels: [2], firstIndex: -1 })).rejects.toThrow(/firstIndex: expected a whole number/);
  });
});

test("a group's pictures are those of the members that they drew", async () => {
  const classIds = [4, 1, 7];
  const id2label = Array.from({ length: 10 }, (_, id) => `class ${id}`);
  const groups = { odd: classIds.map((id) => id2label[id]!) };
  const named = new FlexVARPipeline({ ...pipe.config, id2label, groups }, pipe.networks);
  const drawn = await pictures({ classLabels: ["odd"], count: 6 }, named);
  const keys = Object.keys(drawn);
  expect(keys.map((key) => key.split("/")[1])).toEqual(["0", "1", "2", "3", "4", "5"]);
  for (const round of [keys.slice(0, 3), keys.slice(3)])
    expect(new Set(round.map((key) => Number(key.split("/")[0])))).toEqual(new Set(classIds));
  const [classId, firstIndex] = keys[4]!.split("/").map(Number);
  expect(await pictures({ classLabels: [classId!], firstIndex: firstIndex! })).toEqual({ [keys[4]!]: drawn[keys[4]!] });
  expect((await collect({ classLabels: ["odd"] }, named))[0]!.pictures[0]).toMatchObject({ group: "odd" });
});

describe("events", () => {
  test("one per scale and batch, in order, eight pictures at most by default", async () => {
    const events = await collect({ classLabels: [0], count: 10 });
    expect(events.map(({ index, first, tokens, grid }) => [index, first, tokens.length / (grid[0] * grid[1])])).toEqual(
      [
        [0, 0, 8],
        [1, 0, 8],
        [2, 0, 8],
        [0, 8, 2],
        [1, 8, 2],
        [2, 8, 2],
      ],
    );
    expect(events.map(({ isLast }) => isLast)).toEqual([false, false, true, false, false, true]);
    expect(events.every(({ total }) => total === 3)).toBe(true);
    expect(events[5]!.logits).toHaveLength(2 * 9 * 64);
  });

  test("fewer pictures side by side where grids are large", async () => {
    for await (const event of pipe.generate({ ...base, classLabels: [0], count: 5, scales: "1,32" })) {
      expect(event.pictures).toHaveLength(2);
      break;
    }
  });

  test("every scale decodes to what its tokens decode to, once", async () => {
    for (const event of await collect({ classLabels: [0, 3] })) {
      const image = await event.image();
      expect([image.batch, image.height, image.width]).toEqual([2, event.grid[0] * 16, event.grid[1] * 16]);
      expect(await event.image()).toBe(image);
      expect((await pipe.decode(event)).data).toEqual(image.data);
    }
  });

  test("sizes that are no multiples are drawn larger and cropped in the middle, at the last scale only", async () => {
    const events = await collect({ classLabels: [0, 3], scales: undefined, steps: 6, size: [70, 50] });
    const last = events.at(-1)!;
    expect(last.grid).toEqual([4, 5]);
    const [image, whole] = [await last.image(), await last.decoded()];
    expect([image.width, image.height, whole.width, whole.height]).toEqual([70, 50, 80, 64]);
    const [x, y, plane] = [69, 49, 5];
    expect(image.data[(plane * 50 + y) * 70 + x]).toBe(whole.data[(plane * 64 + y + 7) * 80 + x + 5]);
    expect(image.data[0]).toBe(whole.data[7 * 80 + 5]);
    const before = events.at(-2)!;
    expect((await before.image()).width).toBe(before.grid[1] * 16);
  });
});

describe("stopping", () => {
  test("an aborted signal throws its reason before the first scale and between scales", async () => {
    const reason = new Error("enough");
    await expect(collect({ classLabels: [0], signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const seen: number[] = [];
    const run = async () => {
      for await (const { index } of pipe.generate({ ...base, classLabels: [0], signal: controller.signal })) {
        seen.push(index);
        if (index === 1) controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(seen).toEqual([0, 1]);
  });

  test("an abort between batches stops before the next", async () => {
    const controller = new AbortController();
    const firsts: number[] = [];
    const run = async () => {
      const options = { ...base, classLabels: [0], count: 4, batchSize: 2, signal: controller.signal };
      for await (const { isLast, first } of pipe.generate(options)) {
        firsts.push(first);
        if (isLast) controller.abort();
      }
    };
    await expect(run()).rejects.toThrow(/abort/i);
    expect(firsts).toEqual([0, 0, 0]);
  });

  test("not asking for the next scale leaves the model usable", async () => {
    for await (const { index } of pipe.generate({ ...base, classLabels: [0] })) if (index === 1) break;
    expect(await collect({ classLabels: [0] })).toHaveLength(3);
  });

  test("two runs at once do not disturb each other", async () => {
    const alone = [await pictures({ classLabels: [1] }), await pictures({ classLabels: [2] })];
    const together = await Promise.all([pictures({ classLabels: [1] }), pictures({ classLabels: [2] })]);
    expect(together).toEqual(alone);
  });
});

describe.each([false, true])("low memory: %s", (lowMemory) => {
  test("tokens and pictures are the same with previews in between", async () => {
    const model = await FlexVAR.fromPretrained(folder, { lowMemory });
    const expected = await pictures({ classLabels: [0, 3] });
    const tokens: number[] = [];
    for await (const event of model.generate({ ...base, classLabels: [0, 3] })) {
      expect((await event.image()).batch).toBe(2);
      tokens.push(event.tokens.length);
      if (event.isLast) expect([...event.tokens.subarray(0, 9)]).toEqual(expected["0/0"]!.slice(5));
    }
    expect(tokens).toEqual([2, 8, 18]);
    await model.dispose();
  });

  test("a model that is disposed of during a run ends it in words", async () => {
    const model = await FlexVAR.fromPretrained(folder, { lowMemory });
    const run = model.generate({ ...base, classLabels: [0] });
    const { value: event } = await run.next();
    await model.dispose();
    await expect(run.next()).rejects.toThrow(/model: expected an open model, got one that was disposed/);
    await expect((event as ScaleEvent).image()).rejects.toThrow(/disposed/);
    expect(await run.next()).toEqual({ done: true, value: undefined });
    await model.dispose();
  });

  test("disposing while a scale is computed neither crashes nor hangs", async () => {
    const model = await FlexVAR.fromPretrained(folder, { lowMemory });
    const run = model.generate({ ...base, classLabels: [0] });
    await run.next();
    const next = run.next().then(
      ({ value }) => [...(value as ScaleEvent).tokens],
      (error: Error) => error.message,
    );
    await model.dispose();
    const outcome = await next;
    // Whichever comes first: the scale as it would have been, or the refusal.
    if (typeof outcome === "string") expect(outcome).toMatch(/disposed/);
    else expect(outcome).toEqual([...(await collect({ classLabels: [0] }))[1]!.tokens]);
    await expect(model.decode({ grid: [1, 1], tokens: Int32Array.of(0) })).rejects.toThrow(/disposed/);
  });

  test("`await using` disposes", async () => {
    let kept: FlexVAR;
    {
      await using model = await FlexVAR.fromPretrained(folder, { lowMemory });
      kept = model;
      await model.decode({ grid: [1, 1], tokens: Int32Array.of(0) });
    }
    await expect(kept.decode({ grid: [1, 1], tokens: Int32Array.of(0) })).rejects.toThrow(/disposed/);
  });
});

describe("options", () => {
  test.each<[GenerateOptions, RegExp]>([
    [{ classLabels: [] }, /classLabels: expected at least one class, got none/],
    [{ classLabels: [10] }, /classLabels: expected an id from 0 to 9, got 10/],
    [{ classLabels: ["cat"] }, /classLabels: expected a class of the model, got "cat"/],
    [{ classLabels: [0], batchSize: 0 }, /batchSize: expected a whole number of at least 1, got 0/],
    [{ classLabels: [0], forbid: [64] }, /forbid: expected code ids from 0 to 63, got 64/],
    [
      { classLabels: [0], scales: "1,300" },
      /size: expected a size whose attention takes at most 16 GiB, got .* with 90000 tokens/,
    ],
    [{ classLabels: [0], steps: 6 }, /steps: expected either steps or scales, got both/],
    [{ classLabels: [0], ...{ stepz: 3 } }, /stepz: expected one of/],
  ])("%j is refused in words", async (options, message) => {
    await expect(collect(options)).rejects.toThrow(message);
  });

  test("forbidden codes are not drawn", async () => {
    const forbid = Array.from({ length: 60 }, (_, id) => id);
    for (const tokens of Object.values(await pictures({ classLabels: [0, 3], forbid, topK: 0, topP: 0 })))
      expect(tokens.every((id) => id >= 60)).toBe(true);
  });

  test("class names match whatever their case, spaces and hyphens", async () => {
    const out = `${scratch.path}/named`;
    await importModel({
      tokenizer: goldenPath("FlexVAE-T-f16.pth"),
      transformer: goldenPath("FlexVAR-T-plain-f16.pth"),
      out,
      labels: ["cat face", "dog", "owl", "red-panda"],
    });
    await using model = await FlexVAR.fromPretrained(out);
    const events = await collect({ classLabels: ["Cat-Face", "RED panda", "1", 9] }, model);
    expect(events[0]!.pictures).toEqual([
      { classId: 0, label: "cat face", indexWithinClass: 0 },
      { classId: 3, label: "red-panda", indexWithinClass: 0 },
      { classId: 1, label: "dog", indexWithinClass: 0 },
      { classId: 9, label: undefined, indexWithinClass: 0 },
    ]);
    await expect(collect({ classLabels: ["owls"] }, model)).rejects.toThrow(/got "owls"; did you mean "owl"/);
  });
});
