/** What a platform without a native build meets: WebAssembly in Node, and its 4 GB. */
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FlexVAR } from "../src/index.ts";
import { declareTokenizer, declareTransformer, flexvarConfig, vq16 } from "../src/models/index.ts";
import { type ParamDecl, sizeOfShape } from "../src/nn/index.ts";
import { CONFIG_FILE, formatModelConfig, TOKENIZER_FILE, TRANSFORMER_FILE } from "../src/pretrained/index.ts";
import { forgetInstallation } from "../src/runtime/node.ts";
import { expectGreedy } from "./support/expect-greedy.ts";
import { FORWARD_BAR, importGolden, scratchFolder } from "./support/golden.ts";
import { greedyRuns, runGreedy } from "./support/greedy-run.ts";

const scratch = await scratchFolder();
beforeAll(() => {
  process.env.FLEXVAR_RUNTIME = "wasm";
  forgetInstallation();
});
afterAll(async () => {
  delete process.env.FLEXVAR_RUNTIME;
  forgetInstallation();
  await scratch.remove();
});

/** A file of the right size that holds nothing but its header: no bytes of it are on the disk. */
async function hollowSafetensors(path: string, decls: readonly ParamDecl[]): Promise<void> {
  let at = 0;
  const entries = decls.map(({ name, shape }) => {
    const begin = at;
    at += 4 * sizeOfShape(shape);
    return [name, { dtype: "F32", shape, data_offsets: [begin, at] }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = await open(path, "w");
  await file.write(Buffer.concat([length, header]));
  await file.truncate(8 + header.length + at);
  await file.close();
}

describe("WebAssembly in Node", () => {
  test("gives the golden tokens, logits and pictures, and says once that it computes", async () => {
    const said: string[] = [];
    const pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), {
      threads: 2,
      onProgress: ({ message }) => said.push(message),
    });
    await expectGreedy(["s4_var15"], [await runGreedy(pipe, greedyRuns.s4_var15)], FORWARD_BAR);
    await pipe.dispose();
    expect(said.filter((line) => line.startsWith("computing by WebAssembly in Node: "))).toHaveLength(1);
  });

  test("refuses fp16, and d24 before it reads a byte of its weights, in words", async () => {
    const config = {
      ...{ tokenizer: vq16, transformer: flexvarConfig(24), trainedSide: 16, dtype: "float32", id2label: [] },
      defaultSampling: {},
    } as const;
    await writeFile(join(scratch.path, CONFIG_FILE), formatModelConfig(config as never));
    await hollowSafetensors(join(scratch.path, TOKENIZER_FILE), declareTokenizer(config.tokenizer));
    await hollowSafetensors(join(scratch.path, TRANSFORMER_FILE), declareTransformer(config.transformer));
    await expect(FlexVAR.fromPretrained(scratch.path)).rejects.toThrow(
      /^model: expected at most 3\.\d GB of weights where WebAssembly computes \(its memory ends at 4 GB\), got 4\.\d GB; /,
    );
    await expect(FlexVAR.fromPretrained(scratch.path, { dtype: "fp16" })).rejects.toThrow(
      "dtype: expected fp32 or int8 on wasm, got fp16",
    );
  });
});
