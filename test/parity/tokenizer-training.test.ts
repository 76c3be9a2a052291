/** tokenizer.npz, training: losses of the straight-through quantiser and the gradients of every parameter. */
import { describe, expect, test } from "vitest";
import { checkProgram, gradients, input, ops, program, type Tensor } from "../../src/engine/index.ts";
import { CODEBOOK, declareTokenizer, downsampling, tokenizerConfigOf } from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { paperTokenizerLoss, tokenizerObjective } from "../../src/train/index.ts";
import { Golden, goldenCheckpoint, goldenNames, TRAINING_BAR } from "../support/golden.ts";
import { expectGradientTable } from "../support/gradient-table.ts";

const golden = await Golden.open("tokenizer.npz", /^train_/);
const pictures = await Golden.open("tokenizer.npz", /^img_(sq|ns)$/);
const runtime = nodeRuntime();
const { shapes, weights } = await goldenCheckpoint("FlexVAE-T-f16.pth");
const config = tokenizerConfigOf("checkpoint", shapes);
const decls = declareTokenizer(config);
const p = paramTensors(decls);

const f = downsampling(config);
const image = input("image", "float32", ["B", 3, `${f}*H`, `${f}*W`]);
const objective = tokenizerObjective(p, config, image, ["H", "W"], 0, paperTokenizerLoss);
const [native] = objective.scales;
const params = decls.map(({ name }) => p(name));
/** The reconstruction loss alone moves every parameter but the codebook, which it reaches through no gradient at all. */
const outputs: Record<string, Tensor> = {
  rec_loss: objective.reconstruction,
  vq_loss: native!.codebook,
  commit_loss: ops.mul(native!.commitment, paperTokenizerLoss.commitment),
  total_loss: objective.total,
  tokens: native!.tokens,
};
gradients(objective.reconstruction, params).forEach((g, i) => {
  outputs[`rec ${decls[i]!.name}`] = g;
});
gradients(objective.total, params).forEach((g, i) => {
  outputs[`tot ${decls[i]!.name}`] = g;
});
const traced = program("objective", outputs);
checkProgram(traced);
const session = await runtime.open(traced, { weights });

async function run(which: string) {
  const shape = pictures.shape(`img_${which}`);
  const values = await session.run({ image: runtime.floats(pictures.input(`img_${which}`), shape) });
  return (name: string): Float32Array => values[name]!.data as Float32Array;
}

describe.each(["sq", "ns"])("picture %s", async (which) => {
  const value = await run(which);

  test.each(["rec_loss", "vq_loss", "commit_loss", "total_loss"])("%s", (loss) => {
    golden.close(`train_${which}_${loss}`, value(loss), TRAINING_BAR);
  });

  test("codebook usage", () => {
    // The released code counts a buffer of the last 65,536 ids that starts as zeros: code 0 counts as used.
    const used = new Set([0n, ...(value("tokens") as unknown as BigInt64Array)]).size;
    golden.close(`train_${which}_codebook_usage`, [used / config.codebookSize], 1e-6);
  });

  const named = golden.names.filter((name) => name.startsWith(`train_${which}_grad_`) && !name.endsWith("table"));
  test.each(named)("%s", (name) => {
    const [, kind, parameter] = /_grad_(rec|tot)\.(.*)$/.exec(name)!;
    golden.close(name, value(`${kind} ${parameter}`), kind === "rec" && parameter === CODEBOOK ? 0 : TRAINING_BAR);
  });
});

test("every parameter's gradient by norm, sum and cosine sum", async () => {
  const value = await run("sq");
  const names = goldenNames("tokenizer:train_sq_grad_table_names");
  expect([...names].sort()).toEqual(decls.map(({ name }) => name).sort());
  expectGradientTable(names, golden.input("train_sq_grad_table"), (name) => value(`tot ${name}`));
});

test("no array is left out", () => {
  pictures.expectCovered();
  golden.expectCovered([
    [/_entropy_term$/, "zero by definition: neither the paper nor this project has an entropy term"],
    [/_entropy_raw$/, "the released code's entropy before a factor of zero: in no loss"],
  ]);
});
