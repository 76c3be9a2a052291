import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { FileError, isExpected, OptionError } from "../errors/index.ts";
import type { DrawBatch, MadeScale, Renderer } from "./index.ts";
import { remoteRenderer, serveRenderer } from "./index.ts";

const scale = (index: number): MadeScale => ({ index, total: 100, isLast: false, pictures: [] });
const batch = { sampling: {}, rows: [] } as unknown as DrawBatch;

/** A renderer at the other end of a channel, as a worker has it. */
async function across(draw: Renderer["draw"]): Promise<{ renderer: Renderer; close: () => void }> {
  const { port1, port2 } = new MessageChannel();
  const made = remoteRenderer({
    on: (event: string, listener: (value: never) => void) =>
      port1.on(event, (value: unknown) => listener(value as never)),
    postMessage: (message) => port1.postMessage(message),
    terminate: async () => port1.close(),
  });
  serveRenderer(
    { draw, edit: () => draw(batch, new AbortController().signal), dispose: async () => {} },
    {
      on: (event, listener) => port2.on(event, (message: unknown) => listener(message as never)),
      postMessage: (message) => port2.postMessage(message),
    },
  );
  return { renderer: await made, close: () => port1.close() };
}

test("scales come through in order, and errors keep their option", async () => {
  const { renderer, close } = await across(async function* () {
    yield scale(0);
    yield scale(1);
    throw new OptionError("size", "less", "more");
  });
  const seen: number[] = [];
  const all = (async () => {
    for await (const { index } of renderer.draw(batch, new AbortController().signal)) seen.push(index);
  })();
  await expect(all).rejects.toMatchObject({
    name: "OptionError",
    parameter: "size",
    message: "size: expected less, got more",
  });
  expect(seen).toEqual([0, 1]);
  close();
});

test("a stop reaches the other side within a scale", async () => {
  let drawn = 0;
  const { renderer, close } = await across(async function* (_, signal) {
    for (; drawn < 100; drawn++) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield scale(drawn);
    }
  });
  const abort = new AbortController();
  const all = (async () => {
    for await (const { index } of renderer.draw(batch, abort.signal)) if (index === 2) abort.abort(new Error("enough"));
  })();
  await expect(all).rejects.toThrow("enough");
  expect(drawn).toBeLessThan(6);
  close();
});

test("an error written for people stays one, and a fault stays a fault", async () => {
  for (const [thrown, told] of [
    [new FileError("model", "weights", "none"), true],
    [new Error("model: expected weights"), false],
  ] as const) {
    const { renderer, close } = await across(async function* () {
      yield scale(0);
      throw thrown;
    });
    const all = (async () => {
      for await (const { index } of renderer.draw(batch, new AbortController().signal)) expect(index).toBe(0);
    })();
    const error = await all.catch((error: unknown) => error);
    expect(error).toMatchObject({ name: thrown.name, message: thrown.message });
    expect(isExpected(error)).toBe(told);
    close();
  }
});
