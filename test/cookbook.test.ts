/** Every recipe of `examples/cookbook`, carried out with the shipped model. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng, FlexVAR, type RgbaImage, type RgbImage } from "flexvar";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type FlexVARClient } from "../src/client/index.ts";
import { createServerApp, listen, localRenderer } from "../src/server/index.ts";
import { projectRoot } from "./support/imports.ts";

let pipe: FlexVAR;
let client: FlexVARClient;
let url = "";
let folder = "";
const closing: (() => Promise<unknown>)[] = [];

/** A recipe's functions: plain JavaScript, as readers copy it. */
const recipe = async (name: string): Promise<Record<string, (...args: unknown[]) => Promise<unknown>>> =>
  import(join(projectRoot, "examples", "cookbook", `${name}.mjs`));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-cookbook-"));
  pipe = await FlexVAR.fromPretrained("emoji");
  const app = createServerApp({
    model: { name: "emoji", hash: "none", config: pipe.config },
    renderer: { ...localRenderer(pipe), dispose: async () => {} },
  });
  const server = await listen(app, { port: 0 });
  url = server.url;
  client = createClient({ baseUrl: url });
  closing.push(() => server.close());
});
afterAll(async () => {
  for (const close of closing) await close();
  await pipe.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** A plain HTTP server for the time of the tests; its address. */
async function served(handler: RequestListener): Promise<string> {
  const server: Server = createServer(handler);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  closing.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function sizeOf(png: Uint8Array): Promise<[number | undefined, number | undefined]> {
  const { format, width, height } = await sharp(png).metadata();
  expect(format).toBe("png");
  return [width, height];
}

test("avatars are their names'", async () => {
  const { avatarOf } = await recipe("avatar");
  const [ada, again, bob] = [await avatarOf!(pipe, "Ada"), await avatarOf!(pipe, " ada"), await avatarOf!(pipe, "Bob")];
  expect(again).toEqual(ada);
  expect(bob).not.toEqual(ada);
  expect(await sizeOf(ada as Uint8Array)).toEqual([64, 64]);
});

test("placeholders have any size, and what cannot be drawn is said", async () => {
  const { placeholders } = await recipe("placeholder");
  const base = await served((placeholders as unknown as (pipe: FlexVAR) => RequestListener)(pipe));
  const response = await fetch(`${base}/heart/96x40.png`);
  expect(response.headers.get("cache-control")).toContain("immutable");
  expect(await sizeOf(new Uint8Array(await response.arrayBuffer()))).toEqual([96, 40]);
  const wrong = await fetch(`${base}/hart/64x64.png`);
  expect([wrong.status, await wrong.text()]).toEqual([404, expect.stringContaining("heart")]);
  expect((await fetch(`${base}/heart`)).status).toBe(404);
});

test("a photograph loses what its mask says and nothing else", async () => {
  const { cleanUp } = await recipe("product-photo");
  const [width, height] = [400, 300];
  const at = (x: number, y: number): number => 4 * (y * width + x);
  const pixels = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : (i * 31) % 251));
  const masked = (x: number, y: number): boolean => (x - 150) ** 2 + (y - 120) ** 2 < 40 ** 2;
  const mask = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (masked(x, y)) mask.fill(255, 3 * (y * width + x), 3 * (y * width + x) + 3);
  const photo = encodePng({ data: pixels, width, height });
  const made = (await cleanUp!(pipe, photo, encodePng({ data: mask, width, height }))) as RgbaImage[];
  expect(made).toHaveLength(2);
  for (const { data } of made)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        if (!masked(x, y))
          expect(data.subarray(at(x, y), at(x, y) + 4)).toEqual(pixels.subarray(at(x, y), at(x, y) + 4));
});

test("a bot sends a picture, or the server's words", async () => {
  const { answer } = await recipe("discord-bot");
  const sent: FormData[] = [];
  const hook = await served(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const headers = { "content-type": request.headers["content-type"]! };
    sent.push(await new Response(Buffer.concat(pieces), { headers }).formData());
    response.writeHead(204).end();
  });
  await answer!(client, hook, { user: "ada", prompt: "heart" });
  await answer!(client, hook, { user: "bob", prompt: "a castle on the moon" });
  const words = sent.map((form) => JSON.parse(String(form.get("payload_json"))).content as string);
  expect(words[0]).toContain("ada");
  expect(await sizeOf(new Uint8Array(await (sent[0]!.get("files[0]") as File).arrayBuffer()))).toEqual([64, 64]);
  expect(words[1]).toContain("expected");
  expect(sent[1]!.get("files[0]")).toBeNull();
});

test("a route handler gives a picture that caches may keep, and passes refusals on", async () => {
  process.env.FLEXVAR_URL = url;
  const { GET } = await recipe("next-route");
  const good = (await GET!(new Request("http://site/picture?class=heart&seed=3"))) as Response;
  expect(await sizeOf(new Uint8Array(await good.arrayBuffer()))).toEqual([64, 64]);
  const bad = (await GET!(new Request("http://site/picture?class=hart"))) as Response;
  expect(bad.status).toBe(400);
  expect(((await bad.json()) as { error: string }).error).toContain("heart");
});

test("a live preview shows every scale, the last one whole", async () => {
  const { drawLive } = await recipe("live-preview");
  const shown: [string, number][] = [];
  await drawLive!(client, { class_labels: ["heart"], seed: 3 }, (source: string, share: number) =>
    shown.push([source, share]),
  );
  const shares = shown.map(([, share]) => share);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect([shown.length > 5, shares.at(-1)]).toEqual([true, 1]);
  const { data } = await client.generate({ class_labels: ["heart"], seed: 3 });
  expect(shown.at(-1)![0]).toBe(`data:image/png;base64,${data[0]!.b64_json}`);
});

test("a sprite sheet has every label where its atlas says", async () => {
  const { spriteSheet } = await recipe("sprite-sheet");
  const labels = ["heart", "pizza", "penguin", "skull", "doughnut"];
  const { png, atlas } = (await spriteSheet!(pipe, labels, { columns: 3, seed: 2 })) as {
    png: Uint8Array;
    atlas: Record<string, { x: number; y: number; width: number; height: number }>;
  };
  expect(await sizeOf(png)).toEqual([192, 128]);
  let alone: RgbImage | undefined;
  for await (const step of pipe.generate({ classLabels: ["skull"], seed: 2 }))
    if (step.isLast) alone = await step.picture(0);
  const { x: left, y: top, width, height } = atlas.skull!;
  const part = await sharp(png).extract({ left, top, width, height }).raw().toBuffer();
  expect(part.equals(Buffer.from(alone!.data))).toBe(true);
});

test("icons are one drawing at every size", async () => {
  const { appIcons } = await recipe("app-icons");
  const icons = (await appIcons!(pipe, "heart", { sides: [96] })) as Map<number, Uint8Array>;
  expect([...icons.keys()]).toEqual([64, 96]);
  expect(await sizeOf(icons.get(96)!)).toEqual([96, 96]);
  // Reduced again, the finer one is the first.
  const raw = (png: Uint8Array) => sharp(png).resize(32, 32, { kernel: "cubic" }).removeAlpha().raw().toBuffer();
  const [small, large] = [await raw(icons.get(64)!), await raw(icons.get(96)!)];
  const mean = small.reduce((sum, value, i) => sum + Math.abs(value - large[i]!), 0) / small.length;
  expect(mean).toBeLessThan(6);
});

test("a table goes on where it was", async () => {
  const { drawTable } = await recipe("batch");
  const table = "one,heart,1\ntwo/../x,skull,2\n";
  const drawn = (await drawTable!(pipe, table, folder)) as string[];
  expect((await readdir(folder)).sort()).toEqual(["one.png", "two____x.png"]);
  await rm(drawn[1]!);
  expect(await drawTable!(pipe, table, folder)).toEqual([drawn[1]]);
  expect(await sizeOf(await readFile(drawn[1]!))).toEqual([64, 64]);
});

test("the best of several are kept, best first", async () => {
  const { pickTheBest } = await recipe("pick-the-best");
  const kept = (await pickTheBest!(pipe, "heart", { others: ["skull"], of: 3, keep: 2 })) as { margin: number }[];
  expect(kept).toHaveLength(2);
  expect(kept[0]!.margin).toBeGreaterThanOrEqual(kept[1]!.margin);
});
