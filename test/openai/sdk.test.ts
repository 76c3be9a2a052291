/** OpenAI's own SDK against a server on a port: in Node, and in Chromium on a page of another origin. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { FlexVAR } from "flexvar";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/lib/tools.mjs";
import { encodePng } from "../../src/image/index.ts";
import { createServerApp, type Listening, listen, localRenderer } from "../../src/server/index.ts";
import { importGolden, scratchFolder } from "../support/golden.ts";
import { projectRoot } from "../support/imports.ts";
import { callFromAfar, makeCalls, makeMistakes, type Round, type Thrown } from "./calls.ts";
import type { SdkScope } from "./page.ts";

const executablePath = findChromium();
const missing = executablePath === undefined && process.env.FLEXVAR_REQUIRE_CHROMIUM === undefined;
const PATIENCE = 240_000;
const token = "a secret";
const scratch = await scratchFolder();
let pipe: FlexVAR;
let pages: Server;
let origin: string;
let round: Round;
const servers: Listening[] = [];

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  pages = createServer((_, response) => {
    response
      .writeHead(200, { "Content-Type": "text/html" })
      .end('<!doctype html><meta charset="utf-8"><title>sdk</title>');
  });
  await new Promise<void>((done) => pages.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const model = { name: "tiny", hash: "0123", config: pipe.config };
  const start = async (queue: number): Promise<string> => {
    const server = createServerApp({
      model,
      renderer: localRenderer(pipe),
      token,
      origins: [origin],
      limits: { queue },
    });
    servers.push(await listen(server));
    return `${servers.at(-1)!.url}/v1`;
  };
  const side = 3 * pipe.factor;
  const data = Uint8Array.from({ length: side * side * 4 }, (_, i) =>
    i % 4 < 3 ? (i * 7) % 256 : i < side * side * 2 ? 0 : 255,
  );
  const image = Buffer.from(encodePng({ data, width: side, height: side })).toString("base64");
  round = { baseUrl: await start(64), fullUrl: await start(0), apiKey: token, image, size: `${side}x${side}` };
}, PATIENCE);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  pages?.close();
  await pipe?.dispose();
  await scratch.remove();
});

/** Tokens of the scales that the calls draw. */
const TOKENS = 1 + 4 + 9 + 9;

function checkCalls(made: Awaited<ReturnType<typeof makeCalls>>): void {
  const { size } = round;
  const png = expect.stringMatching(/^iVBOR/);
  const form = { size, output_format: "png", background: "opaque" };
  const usage = (pictures: number, image_tokens: number) => {
    const input_tokens = pictures + pictures * image_tokens;
    const output_tokens = pictures * TOKENS;
    return {
      input_tokens,
      input_tokens_details: { image_tokens: pictures * image_tokens, text_tokens: pictures },
      output_tokens,
      total_tokens: input_tokens + output_tokens,
    };
  };
  expect(made.ids).toEqual(["tiny"]);
  expect(made.generated).toMatchObject({ ...form, usage: usage(2, 0), data: [{ b64_json: png }, { b64_json: png }] });
  const webp = expect.stringMatching(/^UklGR/);
  expect(made.inWebp).toMatchObject({ ...form, output_format: "webp", usage: usage(1, 0), data: [{ b64_json: webp }] });
  for (const one of [made.edited, made.listed, made.varied])
    expect(one).toMatchObject({ ...form, usage: usage(1, 9), data: [{ b64_json: png }] });
  const whole = { ...form, quality: "auto", b64_json: png, created_at: expect.any(Number) };
  const partial = (type: string, index: number, partial_image_index: number, scale: number) => ({
    ...whole,
    type: `${type}.partial_image`,
    index,
    partial_image_index,
    scale,
    scales: 4,
  });
  const completed = (type: string, index: number, image_tokens: number) => ({
    ...whole,
    type: `${type}.completed`,
    index,
    usage: usage(1, image_tokens),
  });
  const draw = "image_generation";
  const ends = [completed(draw, 0, 0), completed(draw, 1, 0)];
  expect(made.streamed).toMatchObject([
    ...[partial(draw, 0, 0, 0), partial(draw, 1, 0, 0), partial(draw, 0, 1, 2), partial(draw, 1, 1, 2)],
    ...ends,
  ]);
  expect(made.finished).toMatchObject(ends);
  const edit = "image_edit";
  expect(made.editStreamed).toMatchObject([partial(edit, 0, 0, 0), partial(edit, 0, 1, 2), completed(edit, 0, 9)]);
  expect(made.editFinished).toMatchObject([completed(edit, 0, 9)]);
}

function checkMistakes(made: Readonly<Record<string, Thrown>>): void {
  const bad = { name: "BadRequestError", status: 400, code: "invalid_value" };
  expect(made).toMatchObject({
    value: { ...bad, param: "quality" },
    inStream: { ...bad, param: "class_labels" },
    images: { ...bad, param: "image" },
    model: { name: "NotFoundError", status: 404, param: "model", code: "model_not_found" },
    variation: { ...bad, param: "size" },
    key: { name: "AuthenticationError", status: 401, code: "invalid_token" },
    full: { name: "RateLimitError", status: 429, code: "queue_full", retryAfter: expect.stringMatching(/^\d+$/) },
  });
}

describe("OpenAI's SDK in Node", { timeout: PATIENCE }, () => {
  test("draws, edits and streams with and without partial images", async () => checkCalls(await makeCalls(round)));
  test("throws its typed exceptions", async () => checkMistakes(await makeMistakes(round)));
});

describe.skipIf(missing)("OpenAI's SDK in Chromium, from another origin", { timeout: PATIENCE }, () => {
  let browser: Browser;
  let code: string;

  beforeAll(async () => {
    code = await bundled();
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    });
  }, PATIENCE);
  afterAll(() => browser?.close());

  async function open(address: string): Promise<Page> {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(address);
    await page.addScriptTag({ content: code, type: "module" });
    await page.waitForFunction(() => "sdk" in globalThis);
    return page;
  }

  test("draws, edits and streams with and without partial images", async () => {
    const page = await open(origin);
    checkCalls(await page.evaluate((asked) => (globalThis as unknown as SdkScope).sdk.makeCalls(asked), round));
  });

  test("throws its typed exceptions", async () => {
    const page = await open(origin);
    checkMistakes(await page.evaluate((asked) => (globalThis as unknown as SdkScope).sdk.makeMistakes(asked), round));
  });

  test("a page of an origin that is not allowed gets no reply", async () => {
    const page = await open(origin.replace("127.0.0.1", "localhost"));
    const made = await page.evaluate((asked) => (globalThis as unknown as SdkScope).sdk.callFromAfar(asked), round);
    expect(made.name).toBe("APIConnectionError");
    expect((await callFromAfar({ ...round, apiKey: "another" })).name).toBe("AuthenticationError");
  });
});

/** The page's script with all that it imports. */
async function bundled(): Promise<string> {
  const made = await build({
    root: projectRoot,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: { entry: `${projectRoot}/test/openai/page.ts`, formats: ["es"], fileName: "page" },
    },
  });
  const [output] = [made].flat();
  if (output === undefined || !("output" in output)) throw new Error("bundle: expected one script, got none");
  return output.output[0].code;
}
