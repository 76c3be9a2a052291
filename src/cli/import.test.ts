/** Checkpoints as trainers leave them become the model folder that the released files become. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import {
  openTensorFile,
  type TensorEntry,
  type TensorFile,
  type TensorSource,
  tensorSource,
  writePth,
  writeSafetensors,
} from "../checkpoint/index.ts";

const golden = (name: string) => fileURLToPath(new URL(`../../test/fixtures/golden/${name}`, import.meta.url));
const [TOKENIZER, TRANSFORMER] = [golden("FlexVAE-T-f16.pth"), golden("FlexVAR-T-plain-f16.pth")];
let folder = "";
const at = (...parts: string[]): string => join(folder, ...parts);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-import-"));
});
const opened: TensorFile[] = [];
afterAll(async () => {
  await Promise.all(opened.map((file) => file.close()));
  await rm(folder, { recursive: true, force: true });
});

async function tensorsOf(path: string): Promise<Map<string, TensorEntry>> {
  const file = await openTensorFile(path);
  opened.push(file);
  return file.tensors;
}

const prefixed = (tensors: Iterable<TensorSource & { name: string }>, prefix: string) =>
  new Map([...tensors].map((tensor) => [`${prefix}${tensor.name}`, tensor]));

async function expectSame(made: string, released: string): Promise<void> {
  const [a, b] = [await tensorsOf(made), await tensorsOf(released)];
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  for (const [name, tensor] of a) expect(Buffer.compare(await tensor.read(), await b.get(name)!.read()), name).toBe(0);
}

test("wrapped weights beside their average, and shards", async () => {
  const zeros = [...(await tensorsOf(TOKENIZER)).values()].map(({ name, dtype, shape, byteLength }) => ({
    ...tensorSource(dtype, shape, new Uint8Array(byteLength)),
    name,
  }));
  const tokenizer = [...(await tensorsOf(TOKENIZER)).values()];
  await writePth(at("vae.pth"), {
    steps: 1000,
    model_state_dict: prefixed(zeros, "module._orig_mod."),
    ema: { decay: 0.999, module: prefixed(tokenizer, "") },
  });
  const transformer = [...prefixed((await tensorsOf(TRANSFORMER)).values(), "model.")];
  const half = Math.floor(transformer.length / 2);
  const shards = { "a.safetensors": transformer.slice(0, half), "b.safetensors": transformer.slice(half) };
  const places: Record<string, string> = {};
  for (const [file, entries] of Object.entries(shards)) {
    await writeSafetensors(at(file), entries);
    for (const [name] of entries) places[name] = file;
  }
  await writeFile(at("model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: places }));
  const index = at("model.safetensors.index.json");
  const { code, out, err } = await runCli(
    ...["import", "--tokenizer", at("vae.pth"), "--transformer", index, "--out", at("model"), "--json"],
  );
  expect(code, err).toBe(0);
  const note = "vae.pth: the running average (ema) is taken, not the weights (model_state_dict)";
  expect(JSON.parse(out).notes).toEqual([note]);
  expect(err).toContain(`${note}\n`);
  await expectSame(at("model", "tokenizer.safetensors"), TOKENIZER);
  await expectSame(at("model", "transformer.safetensors"), TRANSFORMER);

  const described = await runCli("info", at("vae.pth"));
  expect(described.out).toMatch(/^note +the running average \(ema\) is taken/m);
  const whole = (await Promise.all(transformer.map(([, tensor]) => tensor.byteLength))).reduce((a, b) => a + b, 0);
  const sharded = JSON.parse((await runCli("info", index, "--json")).out);
  expect(sharded).toMatchObject({ kind: "transformer", format: "shard-index", bytes: whole, notes: [] });
});
