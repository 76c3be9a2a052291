import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FOREIGN, gifOf, greyPng, jpegOfScans, tiffOf } from "../../test/support/picture-bombs.ts";
import { decodeWithin, encodePng, waitingPictures } from "../image/node.ts";
import { parseModelConfig } from "../pretrained/index.ts";
import { toApiError } from "./errors.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { editWork } from "./request-edit.ts";

const config = parseModelConfig(await readFile("models/fashion/config.json"), "config.json");
const model = { name: "tiny", hash: "0123", config };
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const whole = base64(greyPng(28, 28));
const edit = (fields: Record<string, unknown>, limits = {}, signal?: AbortSignal) =>
  editWork({ class_labels: [1], image: whole, ...fields }, model, { ...DEFAULT_LIMITS, ...limits }, signal);

test.each(["image", "mask"] as const)(
  "hostile pictures are refused with the parameter %s and a reason",
  async (param) => {
    for (const [name, bytes, words] of FOREIGN) {
      if (bytes.length === 0) continue;
      const error = await edit({ [param]: base64(bytes) }).catch((reason: unknown) => reason);
      expect(error, name).toMatchObject({ status: 400, param });
      expect((error as Error).message, name).toMatch(words);
    }
    for (const [bytes, words] of [
      [gifOf(2000), "at most 1000 frames"],
      [tiffOf(2000), "at most 1000 pages"],
      [jpegOfScans(2000, 2000), "at most 100 scans"],
      [greyPng(30_000, 30_000), "got 30000x30000"],
      [greyPng(28, 28).subarray(0, 60), "got a broken one"],
    ] as const)
      await expect(edit({ [param]: base64(bytes) })).rejects.toMatchObject({
        status: 400,
        param,
        message: expect.stringContaining(words),
      });
  },
);

test("a picture whose client leaves while it waits is dropped; beyond the queue's room none waits", async () => {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stuck = Array.from({ length: 40 }, () => decodeWithin(greyPng(8, 8), "stuck", {}, () => ended));
  await expect(edit({}, { queue: 1 })).rejects.toMatchObject({ status: 429, code: "queue_full" });
  const abort = new AbortController();
  const waiting = waitingPictures();
  const left = edit({}, {}, abort.signal).catch((error: unknown) => error);
  while (waitingPictures() === waiting) await new Promise((resolve) => setTimeout(resolve, 1));
  abort.abort();
  expect(await left).toMatchObject({ status: 409, code: "job_cancelled" });
  expect(waitingPictures()).toBe(waiting);
  end();
  await Promise.all(stuck);
});

test("a mask that can be read two ways asks for mask_mode, and is read as that says", async () => {
  const size = 28 * 28;
  const strokes = { data: new Uint8Array(size * 4), width: 28, height: 28 };
  strokes.data.fill(255, 0, 400);
  const mask = base64(encodePng(strokes));
  await expect(edit({ mask }).catch((error: unknown) => Promise.reject(toApiError(error)))).rejects.toMatchObject({
    status: 400,
    param: "mask_mode",
    message: expect.stringMatching(/^mask_mode: expected white or alpha .* white repaints 12\.8 % .* alpha 87\.2 %/),
  });
  for (const [mode, hole] of [
    ["white", 100],
    ["alpha", size - 100],
  ] as const) {
    const work = await edit({ mask, mask_mode: mode });
    const data = work.kind === "edit" && work.edit.task !== "generate-large" ? work.edit.mask!.data : new Uint8Array();
    expect(data.filter((value) => value === 255).length).toBe(hole);
    expect(work).toMatchObject({ maskReading: expect.stringContaining(mode === "white" ? "12.8 %" : "87.2 %") });
  }
});
