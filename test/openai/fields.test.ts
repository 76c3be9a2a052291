/** Every field of OpenAI's reference, as the SDK's types list them: what is taken, what is refused, and that the docs say so. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FlexVAR } from "flexvar";
import type { ImageEditParams, ImageGenerateParams } from "openai/resources/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorBody } from "../../src/client/index.ts";
import { encodePng } from "../../src/image/index.ts";
import { createServerApp, localRenderer, type ServerApp } from "../../src/server/index.ts";
import { importGolden, scratchFolder } from "../support/golden.ts";
import { projectRoot } from "../support/imports.ts";

interface Row {
  /** Values that are taken; null, which counts as left out, is beside them. */
  readonly taken: readonly unknown[];
  /** Values that are refused, the field named. */
  readonly refused: readonly unknown[];
}
type Rows<Params> = Readonly<Record<keyof Params, Row>>;

/** A value beside other fields. */
class With {
  constructor(
    readonly value: unknown,
    readonly others: object,
  ) {}
}
const streamed = (value: unknown) => new With(value, { stream: true });

const SIDE = 48;
const SIZE = `${SIDE}x${SIDE}`;
const png = (alpha: number): string => {
  const data = Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, i) =>
    i % 4 < 3 ? i % 251 : i < SIDE * SIDE ? alpha : 255,
  );
  return Buffer.from(encodePng({ data, width: SIDE, height: SIDE })).toString("base64");
};
const image = png(0);
const blank = Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, i) => (i % 4 < 3 ? 0 : 255));
const black = Buffer.from(encodePng({ data: blank, width: SIDE, height: SIDE })).toString("base64");

const shared = {
  background: { taken: ["auto", "opaque"], refused: ["transparent", "white"] },
  model: { taken: ["tiny", "0123"], refused: ["gpt-image-1", "dall-e-2"] },
  n: { taken: [1, 2], refused: [0, 65, 1.5, "many"] },
  output_compression: {
    taken: [100, new With(0, { output_format: "webp" }), new With(50, { output_format: "webp" })],
    refused: [0, 50, 101, "100%"],
  },
  output_format: { taken: ["png", "webp"], refused: ["gif"] },
  partial_images: {
    taken: [0, streamed(0), streamed(2), streamed("all")],
    refused: [1, 3, "all", streamed(65), streamed(-1)],
  },
  quality: { taken: ["auto", "standard"], refused: ["low", "medium", "high", "hd"] },
  response_format: { taken: ["b64_json"], refused: ["url"] },
  stream: { taken: [true, false], refused: ["yes", 1] },
  user: { taken: ["someone", ""], refused: [7, "x".repeat(1001)] },
};
const generation: Rows<ImageGenerateParams> = {
  ...shared,
  moderation: { taken: ["auto", "low"], refused: ["high"] },
  prompt: { taken: ["3", "1, 2"], refused: ["", "a cat on a mat"] },
  size: { taken: ["auto", "48x48", "64", 48, [48, 48]], refused: ["large", "0x48", "4096x4096"] },
  style: { taken: ["auto"], refused: ["vivid", "natural"] },
};
const edit: Rows<ImageEditParams> = {
  ...shared,
  background: {
    ...shared.background,
    refused: [...shared.background.refused, new With("opaque", { task: "refine", size: "96x96", image: png(9) })],
  },
  image: {
    taken: [image, [image], `data:image/png;base64,${image}`],
    refused: [[image, image], [], "AAAA", "https://example.org/a.png"],
  },
  input_fidelity: { taken: ["low", "high"], refused: ["medium"] },
  mask: { taken: [image, new With(png(0), { mask_mode: "alpha" })], refused: ["AAAA", black] },
  prompt: { taken: ["3", ""], refused: ["a cat on a mat"] },
  size: {
    taken: ["auto", SIZE, String(SIDE), SIDE, [SIDE, SIDE], new With("96x96", { task: "refine" })],
    refused: [`${SIDE}x64`, "large", new With("64x64", { task: "expand", ratio: "2:1" })],
  },
};

const scratch = await scratchFolder();
let pipe: FlexVAR;
let server: ServerApp;
beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  server = createServerApp({
    model: { name: "tiny", hash: "0123", config: pipe.config },
    renderer: localRenderer(pipe),
  });
}, 120_000);
afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

async function ask(call: "generations" | "edits", field: string, given: unknown) {
  const { value, others } = given instanceof With ? given : new With(given, {});
  const drawn = field === "size" ? {} : { scales: "1,2,3" };
  const base = { ...drawn, greedy: "none", prompt: "3", ...(call === "edits" ? { image } : {}) };
  const response = await server.app.request(`http://localhost/v1/images/${call}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...base, ...others, [field]: value }),
  });
  const text = await response.text();
  const param = response.ok ? undefined : (JSON.parse(text) as ErrorBody).error.param;
  return { status: response.status, param, isError: text.includes('"error":{') };
}

const rows = [
  ...Object.entries(generation).map(([field, row]) => ["generations", field, row] as const),
  ...Object.entries(edit).map(([field, row]) => ["edits", field, row] as const),
];

describe("fields of OpenAI's reference", { timeout: 120_000 }, () => {
  test.each(rows)("%s: %s", async (call, field, { taken, refused }) => {
    const optional = field === "image" || (field === "prompt" && call === "generations") ? [] : [null];
    for (const value of [...taken, ...optional])
      expect(await ask(call, field, value), JSON.stringify(value)).toMatchObject({ status: 200, isError: false });
    for (const value of refused) {
      const { status, param } = await ask(call, field, value);
      const name = field === "prompt" ? "class_labels" : field;
      expect([status, param?.split(".")[0]], JSON.stringify(value)?.slice(0, 100)).toEqual([
        field === "model" ? 404 : 400,
        name,
      ]);
    }
  });

  test("the docs have a row for each, and say which calls have it", async () => {
    const text = await readFile(join(projectRoot, "docs", "serve.md"), "utf8");
    const documented = [...text.matchAll(/^\| `(\w+)` \| (both|generations|edits) \|/gm)].map(([, field, call]) => [
      field,
      call,
    ]);
    const wanted = [...new Set([...Object.keys(generation), ...Object.keys(edit)])].map((field) => [
      field,
      field in generation ? (field in edit ? "both" : "generations") : "edits",
    ]);
    expect(documented.sort()).toEqual(wanted.sort());
  });

  test("a field that is in no reference is refused by its name, in JSON and in a form", async () => {
    for (const field of ["negative_prompt", "images", "Quality", "__proto__x"])
      for (const call of ["generations", "edits"] as const)
        expect(await ask(call, field, "x")).toMatchObject({ status: 400, param: field });
    const form = new FormData();
    form.set("image", new Blob([Buffer.from(image, "base64")]), "a.png");
    form.set("quality_", "x");
    const response = await server.app.request("http://localhost/v1/images/edits", { method: "POST", body: form });
    expect(await response.json()).toMatchObject({ error: { param: "quality_", code: "unknown_parameter" } });
  });
});
