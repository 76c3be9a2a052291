/** What trainers put around a state dict, in every form that is seen through. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySink } from "../../test/support/memory-sink.ts";
import {
  bytesSource,
  openTensorFile,
  type PthWritable,
  type TensorSource,
  tensorSource,
  writePthTo,
  writeSafetensors,
} from "./index.ts";
import { centralSignature, localSignature } from "./zip-format.ts";

const MARKER = "encoder.conv_in.weight";
const one = (value: number): TensorSource => tensorSource("uint8", [2], Uint8Array.of(value, value));
const dict = (value: number, prefix = ""): Record<string, TensorSource> => ({
  [`${prefix}${MARKER}`]: one(value),
  [`${prefix}quantize.embedding.weight`]: one(value + 1),
});
const named = (value: number) => ({ [MARKER]: value, "quantize.embedding.weight": value + 1 });
const junk = { step: one(99), "exp_avg.encoder.conv_in.weights": one(98) };

async function pth(tree: Record<string, PthWritable>): Promise<Uint8Array> {
  const sink = memorySink();
  await writePthTo(sink, tree);
  return sink.bytes();
}

async function found(tree: Record<string, PthWritable>, markers: readonly string[] = [MARKER]) {
  const file = await openTensorFile(bytesSource(await pth(tree), "a.pth"), markers);
  const values: Record<string, number> = {};
  for (const [name, tensor] of file.tensors) {
    expect(tensor.name).toBe(name);
    values[name] = (await tensor.read())[0]!;
  }
  return { values, wrapping: file.metadata.wrapping, notes: file.notes };
}

describe.each([
  ["with a tensor to look for", [MARKER]],
  ["by the usual words alone", []],
] as const)("%s", (_, markers) => {
  test.each<[wrapping: string, tree: Record<string, PthWritable>]>([
    ["flat", dict(1)],
    ["flat", { ...dict(1), epoch: 3, name: "run" }],
    ["model", { model: dict(1) }],
    ["trainer.var_wo_ddp", { epoch: 3, trainer: { var_wo_ddp: dict(1), config: { lr: 1 } } }],
    ["flat", dict(1, "module.")],
    ["flat", dict(1, "_orig_mod.")],
    ["flat", dict(1, "module._orig_mod.")],
    ["flat", { "encoder._orig_mod.conv_in.weight": one(1), "quantize._fsdp_wrapped_module.embedding.weight": one(2) }],
    ["state_dict", { state_dict: dict(1) }],
    ["state_dict.model", { state_dict: dict(1, "model.") }],
    ["model_state_dict", { model_state_dict: dict(1, "_orig_mod.module.") }],
    ["model.state_dict", { model: { state_dict: dict(1, "module.") }, optimizer: { state: junk } }],
    ["trainer.model_state_dict.model", { trainer: { model_state_dict: dict(1, "module.model._orig_mod.") } }],
    ["flat", { module: dict(1) }],
    ["ema", { ema: dict(1) }],
  ])("%s", async (wrapping, tree) => {
    expect(await found(tree, markers)).toEqual({ values: named(1), wrapping, notes: [] });
  });

  test.each<[average: string, weights: string, tree: Record<string, PthWritable>]>([
    ["ema", "model", { model: dict(1), ema: dict(5), optimizer: { state: junk } }],
    ["model_ema", "model", { model_ema: { module: dict(5) }, model: dict(1, "module.") }],
    ["state_dict.ema", "state_dict.model", { state_dict: { ...dict(1, "model."), ...dict(5, "ema.") } }],
    ["ema", "flat", { ...dict(1), ...dict(5, "ema.module.") }],
    ["ema.state_dict", "state_dict", { state_dict: dict(1), ema: { state_dict: dict(5), decay: 0.999 } }],
    ["trainer.ema_0.9999", "trainer.var_wo_ddp", { trainer: { var_wo_ddp: dict(1), "ema_0.9999": dict(5) } }],
    ["swa_model", "state_dict", { state_dict: dict(1), swa_model: { n_averaged: 3, ...dict(5, "module.") } }],
  ])("the average %s wins over %s, and it is said", async (average, weights, tree) => {
    expect(await found(tree, markers)).toEqual({
      values: named(5),
      wrapping: average,
      notes: [`the running average (${average}) is taken, not the weights (${weights})`],
    });
  });

  test("what an average lacks comes from the weights", async () => {
    const { values, notes } = await found({ model: dict(1), ema: { [MARKER]: one(5) } }, markers);
    expect(values).toEqual({ [MARKER]: 5, "quantize.embedding.weight": 2 });
    expect(notes).toEqual([
      "the running average (ema) is taken, not the weights (model), and what it lacks from there (1 tensors)",
    ]);
  });

  test("an average without names is named, and the weights are taken", async () => {
    const { values, notes } = await found({ model: dict(1), ema: { shadow_params: [one(5), one(6)] } }, markers);
    expect(values).toEqual(named(1));
    expect(notes).toEqual([expect.stringMatching(/^the average under "ema" has no tensors by the network's names/)]);
    const flat = await found({ ...dict(1), "model_ema.encoderconv_inweight": one(5) }, markers);
    expect([flat.values, flat.notes]).toEqual([
      named(1),
      [expect.stringMatching(/^the average under "model_ema" has no/)],
    ]);
  });

  test("two sets without a rule between them are refused", async () => {
    await expect(found({ model: dict(1), net: dict(3) }, markers)).rejects.toThrow(
      "a.pth: expected one set of weights, got 2: under model, net",
    );
    await expect(found({ "ema_0.9": dict(1), "ema_0.99": dict(3), model: dict(5) }, markers)).rejects.toThrow(
      "a.pth: expected one set of weights, got 2: under ema_0.9, ema_0.99",
    );
    await expect(found({ ...dict(1), ...dict(3, "module.") }, markers)).rejects.toThrow(
      /a\.pth: expected one tensor "encoder\.conv_in\.weight", got two, with and without a prefix/,
    );
  });

  test("a file of other things is refused with its keys", async () => {
    await expect(found({ optimizer: { state: junk }, epoch: 3 }, markers)).rejects.toThrow(
      /a\.pth: expected a state dict .*got "optimizer, epoch"/,
    );
  });
});

test("a tensor to look for is found behind any key, the other networks of the file left out", async () => {
  const tree = { vae: dict(1), loss: { discriminator: { "main.0.weight": one(7) } } };
  expect(await found(tree)).toMatchObject({ values: named(1), wrapping: "vae" });
  const lightning = { state_dict: { ...dict(1, "first_stage."), "loss.vgg.weight": one(7) } };
  expect(await found(lightning)).toMatchObject({ values: named(1), wrapping: "state_dict.first_stage" });
  await expect(found(tree, [])).rejects.toThrow(/expected a state dict/);
});

describe("files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flexvar-state-dict-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("prefixes and averages of safetensors are seen through too", async () => {
    const path = join(folder, "a.safetensors");
    await writeSafetensors(path, Object.entries({ ...dict(1, "module."), ...dict(5, "ema.") }));
    const file = await openTensorFile(path, [MARKER]);
    expect([...file.tensors.keys()]).toEqual([MARKER, "quantize.embedding.weight"]);
    expect((await file.tensors.get(MARKER)!.read())[0]).toBe(5);
    expect(file.notes).toEqual(["the running average (ema) is taken, not the weights (flat)"]);
    await file.close();
  });

  const shards = async (index: unknown) => {
    const prefix = "model-0000";
    const [first, second] = Object.entries(dict(1, "module."));
    await writeSafetensors(join(folder, `${prefix}1-of-00002.safetensors`), [first!]);
    await writeSafetensors(join(folder, `${prefix}2-of-00002.safetensors`), [second!]);
    const path = join(folder, "model.safetensors.index.json");
    await writeFile(path, typeof index === "string" ? index : JSON.stringify(index));
    return openTensorFile(path, [MARKER]);
  };
  const places = {
    [`module.${MARKER}`]: "model-00001-of-00002.safetensors",
    "module.quantize.embedding.weight": "model-00002-of-00002.safetensors",
  };

  test("shards are one checkpoint", async () => {
    for (const start of ["", "\ufeff"]) {
      const file = await shards(start + JSON.stringify({ metadata: { total_size: 4 }, weight_map: places }, null, 2));
      expect([file.format, [...file.tensors.keys()]]).toEqual(["safetensors", [MARKER, "quantize.embedding.weight"]]);
      expect([...(await file.tensors.get("quantize.embedding.weight")!.read())]).toEqual([2, 2]);
      await file.verify();
      await file.close();
    }
  });

  test.each<[string, unknown, RegExp]>([
    [
      "a shard that is missing",
      { weight_map: { a: "none.safetensors" } },
      /none\.safetensors: expected a readable file/,
    ],
    ["a way out of the folder", { weight_map: { a: "../a.safetensors" } }, /no name of a file beside it/],
    ["a parent folder", { weight_map: { a: ".." } }, /no name of a file beside it/],
    ["no map", { weight_map: [] }, /expected an index of shards .*got JSON without one/],
    ["an empty map", { weight_map: {} }, /got one without tensors/],
    ["broken JSON", '{"weight_map": {', /expected an index of shards/],
    ["a tensor twice", '{"weight_map": {"a": "b", "a": "c"}}', /the key "a" twice/],
    [
      "a tensor that its shard lacks",
      { weight_map: { ...places, b: places[`module.${MARKER}`] } },
      /expected the tensor "b" in "model-00001-of/,
    ],
    [
      "a tensor of a shard that the index lacks",
      { weight_map: { [`module.${MARKER}`]: "a.safetensors" } },
      /expected the tensor|in the index, got/,
    ],
  ])("%s is refused", async (_, index, message) => {
    await expect(shards(index)).rejects.toThrow(message);
  });
});

/** The archive with the CRC fields of its records set, in directory and headers. */
function withChecksums(bytes: Uint8Array, which: (name: string) => boolean, crc: number): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (let at = 0; at + 4 <= out.length; at++) {
    const signature = view.getUint32(at, true);
    if (signature !== centralSignature && signature !== localSignature) continue;
    const [crcAt, nameAt, header] = signature === centralSignature ? [16, 28, 46] : [14, 26, 30];
    const length = view.getUint16(at + nameAt, true);
    if (which(new TextDecoder().decode(out.subarray(at + header, at + header + length))))
      view.setUint32(at + crcAt, crc, true);
  }
  return out;
}

describe("checksums", () => {
  const open = async (bytes: Uint8Array) => {
    const file = await openTensorFile(bytesSource(bytes, "a.pth"), [MARKER]);
    await file.verify();
    return { notes: file.notes, value: (await file.tensors.get(MARKER)!.read())[0] };
  };

  test("records without one are read and reported; wrong ones are refused", async () => {
    const bytes = await pth(dict(1));
    expect(await open(bytes)).toEqual({ notes: [], value: 1 });
    const note = (n: number) =>
      expect.stringMatching(new RegExp(`^unverified: ${n} of \\d+ records were saved without a checksum`));
    expect(await open(withChecksums(bytes, (name) => name.endsWith("data/0"), 0))).toEqual({
      notes: [note(1)],
      value: 1,
    });
    const all = await open(withChecksums(bytes, () => true, 0));
    expect(all).toEqual({ notes: [expect.stringMatching(/^unverified: (\d+) of \1 records/)], value: 1 });
    for (const record of ["data/0", "data.pkl"])
      await expect(open(withChecksums(bytes, (name) => name.endsWith(record), 0x12345678))).rejects.toThrow(
        /expected CRC-32 12345678, got [0-9a-f]{8} \(damaged file\)/,
      );
  });
});
