import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createNetworks, FlexVARPipeline } from "../src/pipelines/index.ts";
import { loadWeights, openFolder } from "../src/pretrained/node.ts";
import type { Runtime, Value } from "../src/runtime/index.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import { expectGreedy } from "./support/expect-greedy.ts";
import { importGolden, scratchFolder } from "./support/golden.ts";
import { greedyRuns, runGreedy } from "./support/greedy-run.ts";

/** Passes a runtime on and keeps every value that its sessions left on the device. */
function watched(runtime: Runtime): { runtime: Runtime; onDevice: { name: string; value: Value }[] } {
  const onDevice: { name: string; value: Value }[] = [];
  const open: Runtime["open"] = async (program, options) => {
    const session = await runtime.open(program, options);
    return {
      ...session,
      async run(feeds, fetches) {
        const outputs = await session.run(feeds, fetches);
        for (const [name, value] of Object.entries(outputs))
          if (value.location === "gpu-buffer") onDevice.push({ name, value });
        return outputs;
      },
    };
  };
  return { runtime: { ...runtime, open }, onDevice };
}

describe("golden greedy runs", () => {
  const { runtime, onDevice } = watched(nodeRuntime({ device: "webgpu" }));
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;
  let pipe: FlexVARPipeline;

  beforeAll(async () => {
    scratch = await scratchFolder();
    const model = await openFolder(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"));
    const weights = new Map([
      ...(await loadWeights(model.tokenizer, false)),
      ...(await loadWeights(model.transformer!, false)),
    ]);
    await model.close();
    pipe = new FlexVARPipeline(model.config, createNetworks(runtime, model.config, weights));
  });

  afterAll(async () => {
    await pipe.dispose();
    await scratch.remove();
  });

  test("s4_var15: tokens identical, logits and pictures within 1e-3", async () => {
    await expectGreedy(["s4_var15"], [await runGreedy(pipe, greedyRuns.s4_var15)], 1e-3);
  });

  test("mid_var25: tokens identical, logits within 1e-3", async () => {
    await expectGreedy(["mid_var25"], [await runGreedy(pipe, { ...greedyRuns.mid_var25, pictures: false })], 1e-3);
  });

  test("keys and values stay on the device, all of them and nothing else, and are freed at the end", async () => {
    onDevice.length = 0;
    const { grids } = greedyRuns.s4_var15;
    await runGreedy(pipe, { ...greedyRuns.s4_var15, pictures: false });
    const { depth } = pipe.config.transformer!;
    // Nothing reads those of the last scale.
    expect(onDevice.length).toBe((grids.length - 1) * depth * 2);
    expect(onDevice.filter(({ name }) => !/^new_[kv]_\d+$/.test(name))).toEqual([]);
    expect(onDevice.filter(({ value }) => value.location !== "none").map(({ name }) => name)).toEqual([]);
  });

  test("stopping early frees them too; while it runs only the newest are held", async () => {
    onDevice.length = 0;
    const { depth } = pipe.config.transformer!;
    const held = () => onDevice.filter(({ value }) => value.location === "gpu-buffer").length;
    for await (const step of pipe.generate({ classLabels: [0], scales: [1, 2, 3, 4], greedy: "1,2,3,4" })) {
      expect(held()).toBe(depth * 2);
      if (step.index === 1) break;
    }
    expect(held()).toBe(0);
  });
});
