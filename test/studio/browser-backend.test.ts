import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BrowserSite } from "../../src/client/index.ts";
import { browserBackend } from "../../studio/src/backend/browser.ts";
import type { Order } from "../../studio/src/backend/messages.ts";

const request = { classId: 0, width: 8, height: 8, steps: 2, guidance: 1, seed: 0, count: 1, firstIndex: 0 };
const site: BrowserSite = {
  backend: "browser",
  model: { name: "toy", hash: "0", files: [] },
  runtime: { wasm: [], webgpu: [] },
};

let workers: FakeWorker[] = [];

/** Takes orders; tests answer them. */
class FakeWorker extends EventTarget {
  readonly ports: MessagePort[] = [];
  isTerminated = false;
  constructor() {
    super();
    workers.push(this);
  }
  postMessage(_order: Order, [port]: [MessagePort]): void {
    this.ports.push(port);
  }
  terminate(): void {
    this.isTerminated = true;
  }
}

beforeEach(() => {
  workers = [];
  vi.stubGlobal("Worker", FakeWorker);
});
afterEach(() => void vi.unstubAllGlobals());

async function opened() {
  const backend = browserBackend(site, "http://localhost/");
  const open = (device: "wasm" | "webgpu") => backend.open({ device, onProgress() {} });
  const ready = open("wasm");
  workers[0]!.ports[0]!.postMessage({ kind: "done", result: "wasm" });
  expect(await ready).toBe("wasm");
  return { backend, open };
}

test("another device ends the drawing under way in words and opens anew", async () => {
  const { backend, open } = await opened();
  const drawing = backend.draw(request, new AbortController().signal)[Symbol.asyncIterator]().next();
  const lost = expect(drawing).rejects.toThrow("closed before this was finished");
  const first = open("webgpu");
  const refused = expect(first).rejects.toThrow("closed before this was finished");
  await lost;
  expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
  const second = open("wasm");
  await refused;
  expect(open("wasm")).toBe(second);
  workers[2]!.ports[0]!.postMessage({ kind: "done", result: "wasm" });
  expect(await second).toBe("wasm");
});

test("a drawing that was stopped ends without an error when the memory is freed", async () => {
  const { backend } = await opened();
  const stopper = new AbortController();
  const drawing = backend.draw(request, stopper.signal)[Symbol.asyncIterator]().next();
  stopper.abort();
  backend.release();
  expect(await drawing).toMatchObject({ done: true });
});

test("a worker that dies says so to whoever waits", async () => {
  const { backend } = await opened();
  const drawing = backend.draw(request, new AbortController().signal)[Symbol.asyncIterator]().next();
  workers[0]!.dispatchEvent(new Event("error"));
  await expect(drawing).rejects.toThrow("ran out of memory");
});
