import { afterAll, expect, test } from "vitest";
import { conditionRows, declareTokenizer, declareTransformer } from "../models/index.ts";
import { TRAINED_DEFAULTS } from "../options/index.ts";
import { initialValues, type ModelConfig } from "../pretrained/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { FlexVARPipeline, type ScaleEvent } from "./flexvar.ts";
import { createNetworks } from "./networks.ts";
import type { GenerateOptions } from "./resolve.ts";
import { pictureSettings, requestFrom, runSettings } from "./settings.ts";

const runtime = nodeRuntime({ threads: 1 });
const C = 16;
const tokenizer = {
  baseChannels: 8,
  channelMultipliers: [1, 1],
  resBlocks: 1,
  decoderResBlocks: 1,
  attention: false,
  latentChannels: 8,
  codeDim: 4,
  codebookSize: 16,
  normGroups: 2,
  patchSize: 1,
};
const plain = {
  depth: 2,
  width: C,
  heads: 2,
  mlpWidth: 32,
  numClasses: 3,
  codebookSize: 16,
  codeDim: 4,
  sharedAdaLN: false,
  qkNorm: true,
  positionSide: 8,
};
const STYLES = ["pen", "ink"];
const styled = { ...plain, conditions: STYLES.length };
const folder = { tokenizer, trainedSide: 4, dtype: "float32", id2label: ["a", "b", "c"] } as const;
const defaults = { ...TRAINED_DEFAULTS, guidance: 2 };

const values = initialValues([...declareTokenizer(tokenizer), ...declareTransformer(styled)], createRandom(4, "style"));
const table = values.get("class_emb.weight")!;
for (let i = 0; i < table.length; i++) table[i] = Math.sin(3 * i);

function open(transformer: typeof plain | typeof styled, classes: Float32Array, styles?: readonly string[]) {
  const config: ModelConfig = { ...folder, transformer, defaultSampling: defaults, ...(styles && { styles }) };
  const weights = new Map(
    [...values, ["class_emb.weight", classes] as const].map(
      ([name, data]) => [name, { kind: "memory", data }] as const,
    ),
  );
  return new FlexVARPipeline(config, createNetworks(runtime, { tokenizer, transformer }, weights));
}

const withStyles = open(styled, table, STYLES);
/** The same model without styles, whose class 1 is class 1 with 0.75 of "pen" and 0.5 of "ink". */
const mixed = table.slice(0, (plain.numClasses + 1) * C);
for (let i = 0; i < C; i++) {
  const row = (style: number): number => table[(plain.numClasses + 1 + style) * C + i]!;
  mixed[C + i] = mixed[C + i]! + 0.75 * row(0) + 0.5 * row(1);
}
const withoutStyles = open(plain, mixed);

afterAll(async () => {
  await withStyles.dispose();
  await withoutStyles.dispose();
});

async function draw(pipe: FlexVARPipeline, label: string, style?: string): Promise<ScaleEvent[]> {
  const options = { classLabels: [label], scales: "1,2,4", seed: 3, count: 2, ...(style !== undefined && { style }) };
  const events: ScaleEvent[] = [];
  for await (const event of pipe.generate(options)) events.push(event);
  return events;
}

test("the table has a row for every class, for no class and for every style", () =>
  expect([conditionRows(styled), table.length / C]).toEqual([6, 6]));

test("a mix of styles is the weighted sum of their rows beside the class, and nothing beside no class", async () => {
  const [own, same] = [await draw(withStyles, "b", "pen:0.75,ink:0.5"), await draw(withoutStyles, "b")];
  for (const [i, event] of own.entries()) {
    expect(event.tokens).toEqual(same[i]!.tokens);
    for (const [at, logit] of event.logits.entries()) expect(logit).toBeCloseTo(same[i]!.logits[at]!, 4);
  }
});

test("a mix of classes is the weighted sum of their rows, and its settings draw it again", async () => {
  const table2 = mixed.slice();
  for (let i = 0; i < C; i++) table2[C + i] = 0.3 * table[i]! + 0.7 * table[2 * C + i]!;
  const other = open(plain, table2);
  const [own, same] = [await draw(withStyles, "a:0.3,c:0.7"), await draw(other, "b")];
  await other.dispose();
  // Its stream is that of the heaviest class: only the first scale has seen nothing of it yet.
  for (const [at, logit] of own[0]!.logits.entries()) expect(logit).toBeCloseTo(same[0]!.logits[at]!, 4);
  const [picture] = own[0]!.pictures;
  expect(picture).toMatchObject({ classId: 2, label: "a:0.3,c:0.7" });
  const options = { classLabels: ["a:0.3,c:0.7"], scales: "1,2,4", seed: 3, count: 2, style: "pen" };
  const settings = pictureSettings(
    runSettings(withStyles.config, { task: "generate", options, model: "hash" }),
    picture!,
  );
  const { classLabels, style } = requestFrom(settings).options as GenerateOptions;
  expect({ classLabels, style }).toEqual({ classLabels: ["#0:0.3,#2:0.7"], style: "pen" });
  expect(withStyles.resolve({ classLabels: classLabels! }).picks).toEqual(withStyles.resolve(options).picks);
});

test("without a style the class is what it is alone", async () => {
  const [own, same] = [await draw(withStyles, "a"), await draw(withoutStyles, "a")];
  expect(own.map(({ logits }) => logits)).toEqual(same.map(({ logits }) => logits));
  expect((await draw(withStyles, "a", "pen")).map(({ logits }) => logits)).not.toEqual(own.map(({ logits }) => logits));
});

test("a style that the model was not told is refused", async () => {
  await expect(draw(withStyles, "a", "oil")).rejects.toThrow("style: expected none or styles of the model");
  await expect(draw(withoutStyles, "a", "pen")).rejects.toThrow("style: expected none, for the model has one style");
});
