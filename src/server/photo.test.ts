import { setImmediate as nextTurn } from "node:timers/promises";
import { FlexVAR } from "flexvar";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { deepPhoto } from "../../test/support/photos.ts";
import { createClient, type EditFields } from "../client/index.ts";
import { encodePng } from "../image/index.ts";
import { loadPhoto } from "../image/node.ts";
import { createServerApp, localRenderer, memoryBooks, type ServerOptions } from "./index.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;
let photo: Uint8Array;
let mask: string;
const [WIDTH, HEIGHT] = [200, 140];

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  photo = await deepPhoto(WIDTH, HEIGHT);
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let y = 50; y < 90; y++) data.fill(255, 3 * (y * WIDTH + 60), 3 * (y * WIDTH + 110));
  mask = base64(encodePng({ data, width: WIDTH, height: HEIGHT }));
});
afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const fromBase64 = (text: string): Buffer => Buffer.from(text, "base64");

function start(options: Partial<ServerOptions> = {}) {
  const model = { name: "tiny", hash: "0123", config: pipe.config };
  const server = createServerApp({ model, renderer: localRenderer(pipe), ...options });
  const clientOf = (headers: Record<string, string> = {}) =>
    createClient({
      baseUrl: "http://localhost",
      fetch: async (input, init) =>
        server.app.request(input, { ...init, headers: { ...(init?.headers as object), ...headers } }),
    });
  return { server, clientOf, client: clientOf() };
}

const drawn = { greedy: "none", seed: 5, class_labels: [1] } as const;
const edit = (more: Partial<EditFields> = {}): EditFields => ({ ...drawn, image: base64(photo), mask, ...more });

test("an edit by its crop: 16 bits, profile and every sample outside the mask", async () => {
  const { data } = await start().client.edit(edit({ crop: "auto" }));
  const [before, after] = [await loadPhoto(photo), await loadPhoto(fromBase64(data[0]!.b64_json))];
  expect([after.width, after.height, after.channels, after.data.BYTES_PER_ELEMENT]).toEqual([WIDTH, HEIGHT, 4, 2]);
  expect(Buffer.compare(Buffer.from(after.icc!), Buffer.from(before.icc!))).toBe(0);
  let outside = 0;
  for (let i = 0; i < before.data.length; i++) {
    const [x, y] = [Math.floor(i / 4) % WIDTH, Math.floor(i / 4 / WIDTH)];
    const isInside = x >= 60 && x < 110 && y >= 50 && y < 90;
    if (!isInside && before.data[i] !== after.data[i]) outside++;
  }
  expect(outside).toBe(0);
  await expect(start().client.edit(edit({ crop: "0,0,40,40" }))).rejects.toMatchObject({ status: 400, param: "crop" });
  await expect(start().client.edit(edit({ crop: "auto", task: "refine", mask: undefined }))).rejects.toMatchObject({
    param: "crop",
  });
});

test("jpeg and webp with their compression; a part that stays transparent has no jpeg", async () => {
  const { client } = start();
  for (const output_format of ["jpeg", "webp"] as const) {
    const [high, low] = [95, 10].map((output_compression) =>
      client.generate({ ...drawn, size: 48, output_format, output_compression }),
    );
    const [large, small] = [await high!, await low!].map(({ data }) => fromBase64(data[0]!.b64_json));
    expect((await sharp(large).metadata()).format).toBe(output_format);
    expect(small!.length).toBeLessThan(large!.length);
    expect((await high!).output_format).toBe(output_format);
  }
  await expect(client.edit(edit({ output_format: "jpeg" }))).rejects.toMatchObject({ param: "output_format" });
  await expect(client.generate({ ...drawn, output_compression: 50 })).rejects.toMatchObject({
    param: "output_compression",
  });
});

test("a stream and a job have the format too", async () => {
  const { client } = start();
  const formats: (string | undefined)[] = [];
  for await (const event of client.generateStream({ ...drawn, size: 48, output_format: "webp", partial_images: 1 }))
    if (event.type !== "image_job.queued") formats.push((await sharp(fromBase64(event.b64_json)).metadata()).format);
  expect(formats).toEqual(["webp", "webp"]);
  let job = await client.startGeneration({ ...drawn, size: 48, output_format: "jpeg" });
  while (job.status === "queued" || job.status === "running") {
    await nextTurn();
    job = await client.job(job.id);
  }
  expect(job.result?.output_format).toBe("jpeg");
});

test("in-painting at another size of the same ratio; another ratio is refused", async () => {
  const { client } = start();
  const { size, data } = await client.edit(edit({ size: "100x70" }));
  const { width, height } = await sharp(fromBase64(data[0]!.b64_json)).metadata();
  expect([size, width, height]).toEqual(["100x70", 100, 70]);
  await expect(client.edit(edit({ size: "100x100" }))).rejects.toMatchObject({ param: "size" });
});

test("variations: other pictures of the same coarse scales, at the size that is drawn whole", async () => {
  const { client } = start();
  const { data, size } = await client.vary({ ...drawn, image: base64(photo), n: 2, size: "48x48" });
  expect([data.length, size]).toEqual([2, "48x48"]);
  expect(data[0]!.b64_json).not.toBe(data[1]!.b64_json);
  const extra = { ...drawn, image: base64(photo), mask } as never;
  await expect(client.vary(extra)).rejects.toMatchObject({ param: "mask", code: "unknown_parameter" });
});

test("a list of jobs: the caller's own, newest first, without pictures", async () => {
  const books = memoryBooks({ perMinute: 10_000, burst: 10_000 });
  const { clientOf, server } = start({ callers: { books, header: "x-caller" } });
  const [one, other] = ["one", "other"].map((name) => clientOf({ "x-caller": name }));
  const first = await one!.startGeneration({ ...drawn, size: 48 });
  const second = await one!.startGeneration({ ...drawn, size: 48, seed: 6 });
  await other!.startGeneration({ ...drawn, size: 48 });
  const { data, has_more } = await one!.jobs();
  expect([data.map(({ id }) => id), has_more]).toEqual([[second.id, first.id], false]);
  expect(data[0]).not.toHaveProperty("result");
  expect((await one!.jobs(1)).has_more).toBe(true);
  expect((await other!.jobs()).data.length).toBe(1);
  expect((await server.app.request("http://localhost/v1/jobs?limit=0")).status).toBe(400);
});
