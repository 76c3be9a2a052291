import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../test/support/imports.ts";
import type { ErrorBody, JobBody } from "../client/index.ts";
import { openFolder } from "../pretrained/node.ts";
import { createServerApp, type Renderer } from "./index.ts";
import { remoteRenderer } from "./remote.ts";

const { config, close } = await openFolder(join(projectRoot, "models", "emoji"));
await close();
const model = { name: "emoji", hash: "0123", config };

interface Line {
  readonly level: "info" | "error";
  readonly about: Record<string, unknown>;
}

function start(renderer: Partial<Renderer>) {
  const lines: Line[] = [];
  const log = {
    info: (about: object) => void lines.push({ level: "info", about: { ...about } }),
    error: (about: object) => void lines.push({ level: "error", about: { ...about } }),
  };
  const { app } = createServerApp({ model, renderer: { dispose: async () => {}, ...renderer } as Renderer, log });
  const post = (body: object) =>
    app.request("http://localhost/v1/images/generations", {
      method: "POST",
      body: JSON.stringify({ class_labels: [0], scales: "1,2", greedy: "none", ...body }),
      headers: { "content-type": "application/json" },
    });
  return { app, post, lines };
}

/** Fails as a fault of the program does. */
const failing: Partial<Renderer> = {
  // biome-ignore lint/correctness/useYield: it fails before its first scale
  async *draw() {
    throw new TypeError("secret of a file /etc/passwd");
  },
};

test("every request is one line with its id, which the answer carries too", async () => {
  const { app, lines } = start({});
  const given = await app.request("http://localhost/healthz?token=secret", { headers: { "x-request-id": "mine-1" } });
  expect(given.headers.get("x-request-id")).toBe("mine-1");
  const forged = await app.request("http://localhost/nothing", { headers: { "x-request-id": 'a" level=50' } });
  const id = forged.headers.get("x-request-id");
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(((await forged.json()) as ErrorBody).error.request_id).toBe(id);
  expect(lines).toEqual([
    { level: "info", about: { id: "mine-1", method: "GET", path: "/healthz", status: 200, ms: expect.any(Number) } },
    { level: "info", about: { id, method: "GET", path: "/nothing", status: 404, ms: expect.any(Number) } },
  ]);
});

test("a fault is logged once with its stack, whichever way its job was asked for; the answer has the id and no detail", async () => {
  for (const body of [{}, { stream: true }, { async: true }]) {
    const { app, post, lines } = start(failing);
    const response = await post(body);
    const id = response.headers.get("x-request-id")!;
    let text = await response.text();
    if (response.status === 202) {
      const { poll_url } = JSON.parse(text) as JobBody;
      do {
        await new Promise((resolve) => setTimeout(resolve, 1));
        text = await (await app.request(`http://localhost${poll_url}`)).text();
      } while ((JSON.parse(text) as JobBody).error === null);
    } else expect(response.status).toBe("stream" in body ? 200 : 500);
    expect(text).toContain(`"request_id":"${id}"`);
    expect(text).not.toMatch(/secret|passwd/);
    const faults = lines.filter(({ level }) => level === "error");
    expect(faults).toMatchObject([{ about: { id, status: 500, code: "server_fault" } }]);
    const err = faults[0]!.about.err as Error;
    expect(err.stack).toMatch(/^TypeError: secret.*log\.test\.ts/s);
  }
});

test("the stack of another thread comes across", async () => {
  const { Worker } = await import("node:worker_threads");
  const answering = `
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", ({ id }) => parentPort.postMessage({ kind: "end", id, failure:
      { name: "TypeError", message: "x", param: undefined, stack: "TypeError: x\\n    at there.ts:1:1" } }));
    parentPort.postMessage({ kind: "ready" });`;
  const worker = new Worker(answering, { eval: true });
  const renderer = await remoteRenderer({
    on: (event: string, listener) => worker.on(event, (value: unknown) => listener(value as never)),
    postMessage: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  });
  const { post, lines } = start(renderer);
  expect((await post({})).status).toBe(500);
  expect((lines.find(({ level }) => level === "error")!.about.err as Error).stack).toContain("at there.ts:1:1");
  await renderer.dispose();
});
