/** Hostile requests of every kind: answered in words, below 500, and the server goes on drawing afterwards. */
import { connect } from "node:net";
import fc from "fast-check";
import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { createClient, type ErrorBody } from "../client/index.ts";
import { encodePng } from "../image/index.ts";
import { createServerApp, type Listening, listen, localRenderer, type ServerApp } from "./index.ts";

const RUNS = Number(process.env.FLEXVAR_FUZZ_RUNS ?? 80);
const EDITS = "/v1/images/edits";
const scratch = await scratchFolder();
let pipe: FlexVAR;
let server: ServerApp;
let listening: Listening;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
  const model = { name: "tiny", hash: "0123", config: pipe.config };
  const limits = { pixels: 64 * 64, pictures: 1, bodyBytes: 100_000, bodyMs: 300, jobMs: 5000 };
  server = createServerApp({ model, renderer: localRenderer(pipe), limits, hosts: ["127.0.0.1", "localhost"] });
  listening = await listen(server, { bodyMs: 300 });
});
afterAll(async () => {
  await listening.close();
  await pipe.dispose();
  await scratch.remove();
});

async function answered(response: Response): Promise<void> {
  expect(response.status).toBeLessThan(500);
  if (response.status !== 200) expect(((await response.json()) as ErrorBody).error.message).toMatch(/: expected /);
}

const bytes = fc.uint8Array({ maxLength: 400 });
const png = (): Uint8Array => {
  const side = 3 * pipe.factor;
  return encodePng({ data: new Uint8Array(side * side * 3).fill(90), width: side, height: side });
};

test("broken pictures", async () => {
  const whole = png();
  const cut = fc.nat(whole.length - 1).map((length) => whole.slice(0, length));
  const flipped = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, value]) => whole.with(at, value));
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, cut, flipped), fc.constantFrom("image", "mask"), async (content, broken) => {
      const text = (of: Uint8Array): string => Buffer.from(of).toString("base64");
      const fields = { task: "inpaint", image: text(whole), mask: text(whole), [broken]: text(content) };
      const body = JSON.stringify({ ...fields, class_labels: [1], scales: "1,2,3", greedy: "none" });
      const headers = { "content-type": "application/json" };
      await answered(await server.app.request(`http://localhost${EDITS}`, { method: "POST", body, headers }));
    }),
    { numRuns: RUNS, seed: 2 },
  );
});

test("forms: unknown fields, several values, files for texts, strange names", async () => {
  const name = fc.oneof(
    fc.constantFrom("image", "mask", "image[]", "class_labels", "n", "seed", "stream", "task", "left", "ratio", "size"),
    fc.string({ maxLength: 40 }),
    fc.constantFrom("../../etc/passwd", "__proto__", "constructor", "image\r\nx: y"),
  );
  const value = fc.oneof(fc.string({ maxLength: 60 }), fc.integer().map(String), bytes);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 8 }), async (entries) => {
      const form = new FormData();
      for (const [key, content] of entries)
        if (typeof content === "string") form.append(key, content);
        else form.append(key, new Blob([new Uint8Array(content)]), "../../../tmp/x.png");
      await answered(await server.app.request(`http://localhost${EDITS}`, { method: "POST", body: form }));
    }),
    { numRuns: RUNS, seed: 3 },
  );
});

test("bodies that only claim to be forms", async () => {
  const boundary = fc.constantFrom("x", '"x"', "", "x".repeat(300), "a b");
  const body = fc.oneof(
    bytes,
    fc
      .string()
      .map((text) => new TextEncoder().encode(`--x\r\ncontent-disposition: form-data; ${text}\r\n\r\n1\r\n--x--`)),
  );
  await fc.assert(
    fc.asyncProperty(boundary, body, async (mark, content) => {
      const headers = { "content-type": `multipart/form-data; boundary=${mark}` };
      const request = { method: "POST", body: new Uint8Array(content), headers };
      await answered(await server.app.request(`http://localhost${EDITS}`, request));
    }),
    { numRuns: RUNS, seed: 4 },
  );
});

test("raw bytes on the port, whole or cut short", async () => {
  const { port } = listening;
  const head = fc.constantFrom(
    "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{",
    "POST /v1/images/edits HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    "GET /../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "GET http://evil.example/v1/models HTTP/1.1\r\nhost: evil.example\r\n\r\n",
    "GET /v1/jobs/%00%ff%zz HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "",
  );
  await fc.assert(
    fc.asyncProperty(head, bytes, async (start, rest) => {
      await new Promise<void>((done) => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(start);
          socket.write(rest);
          socket.setTimeout(30, () => socket.destroy());
        });
        socket.on("data", (reply) => {
          expect(reply.toString("latin1")).not.toMatch(/^HTTP\/1\.1 5|root:/);
        });
        socket.on("error", () => socket.destroy());
        socket.on("close", () => done());
      });
    }),
    { numRuns: Math.min(RUNS, 200), seed: 5 },
  );
  const client = createClient({ baseUrl: listening.url });
  const { data } = await client.generate({ class_labels: [1], scales: "1,2,3", greedy: "none" });
  expect(data.length).toBe(1);
});
