import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { siteReader } from "./static.ts";

const folder = await mkdtemp(join(tmpdir(), "flexvar-static-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const script = "let a = 1;\n".repeat(1000);
await writeFile(join(folder, "a.js"), script);
await writeFile(join(folder, "p.png"), Buffer.alloc(500, 7));

const read = siteReader(
  new Map([
    ["index.html", { text: "<p>ä</p>" }],
    ["assets/a-B_3-5678.js", { path: join(folder, "a.js") }],
    ["p.png", { path: join(folder, "p.png") }],
    ["gone.js", { path: join(folder, "gone.js") }],
  ]),
);
const ask = async (path: string, headers: Record<string, string> = {}) => (await read(path, new Headers(headers)))!;
const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());

test.each([
  ["gzip, deflate, br, zstd", "br"],
  ["GZIP", "gzip"],
  ["br;q=0, gzip;q=0.1", "gzip"],
  ["", null],
  ["identity", null],
  ["zstd", null],
  [`${"x,".repeat(5000)}br`, null],
])("files are compressed as %j accepts", async (accepted, encoding) => {
  const response = await ask("/assets/a-B_3-5678.js", { "accept-encoding": accepted });
  expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([
    encoding,
    "accept-encoding",
  ]);
  const sent = await bytes(response);
  const plain = encoding === "br" ? brotliDecompressSync(sent) : encoding === "gzip" ? gunzipSync(sent) : sent;
  expect(plain.toString()).toBe(script);
  if (encoding !== null) expect(sent.length).toBeLessThan(script.length / 10);
});

test("pictures are sent as they are", async () => {
  const response = await ask("/p.png", { "accept-encoding": "br" });
  expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([null, null]);
  expect((await bytes(response)).length).toBe(500);
});

test("what a client has already is not sent again; each encoding has its own tag", async () => {
  const plain = (await ask("/")).headers.get("etag")!;
  const br = (await ask("/", { "accept-encoding": "br" })).headers.get("etag")!;
  expect(plain).toMatch(/^"[\w-]{22}"$/);
  expect(br).not.toBe(plain);
  for (const known of [plain, `W/${plain}`, `"a", ${plain}`, "*"]) {
    const response = await ask("/", { "if-none-match": known });
    expect([response.status, response.headers.get("etag"), await response.text()]).toEqual([304, plain, ""]);
  }
  for (const known of [br, '"a"', ""]) expect((await ask("/", { "if-none-match": known })).status).toBe(200);
});

test("what is named by its content never changes, all else is asked for again", async () => {
  expect((await ask("/assets/a-B_3-5678.js")).headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  for (const path of ["/", "/p.png"]) expect((await ask(path)).headers.get("cache-control")).toBe("no-cache");
});

test("a file that is gone fails, and is there once it is back", async () => {
  await expect(ask("/gone.js")).rejects.toThrow("ENOENT");
  await writeFile(join(folder, "gone.js"), "1");
  expect(await (await ask("/gone.js")).text()).toBe("1");
  expect(await read("/nothing", new Headers())).toBeUndefined();
});
