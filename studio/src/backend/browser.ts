/** The model in this browser: a worker with ONNX Runtime, weights kept on the device. */
import type { BrowserSite } from "flexvar/client";
import { modelInfo, readJson } from "./config.ts";
import type { Answer, Order } from "./messages.ts";
import type { Backend, Device, DrawEvent, EditEvent, OpenProgress } from "./types.ts";
import { allKept } from "./weights.ts";

export function browserBackend(site: BrowserSite, base: string): Backend {
  const model = new URL("model/", base).href;
  let running: Running | undefined;
  let opening: { readonly device: Device; readonly ready: Promise<string> } | undefined;

  const release = (why = "The model was closed before this was finished"): void => {
    running?.worker.terminate();
    running?.closed.abort(why);
    running = undefined;
    opening = undefined;
  };
  const start = (): Running => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "flexvar model" });
    worker.addEventListener("error", () =>
      release("The model's worker stopped; perhaps this device ran out of memory"),
    );
    return { worker, closed: new AbortController() };
  };
  const send = (order: Order, signal?: AbortSignal): AsyncGenerator<Answer> => {
    running ??= start();
    return answers(running, order, signal);
  };
  const ask = async <T>(order: Order, onProgress?: (progress: OpenProgress) => void): Promise<T> => {
    for await (const answer of send(order)) {
      if (answer.kind === "progress") onProgress?.(answer.progress);
      if (answer.kind === "done") return answer.result as T;
    }
    throw new Error(`${order.kind}: expected an answer, got none`);
  };
  async function* events<T extends DrawEvent | EditEvent>(order: Order, signal: AbortSignal): AsyncGenerator<T> {
    for await (const answer of send(order, signal)) if (answer.kind === "event") yield answer.event as T;
  }

  return {
    kind: "browser",

    async describe() {
      const config = new URL("config.json", model);
      const weights = site.model.files;
      return modelInfo(await readJson(config, `${config}: expected a file`), base, {
        name: site.model.name,
        hash: site.model.hash,
        downloadBytes: [...weights, ...site.runtime.wasm].reduce((sum, { bytes }) => sum + bytes, 0),
        downloaded: await allKept(model, weights),
        examples: site.examples,
      });
    },

    open({ device, onProgress }) {
      if (opening?.device === device) return opening.ready;
      release();
      const ready = ask<string>({ kind: "open", site, base, device }, onProgress);
      opening = { device, ready };
      ready.catch(() => {
        if (opening?.ready === ready) release();
      });
      return ready;
    },

    draw: (request, signal) => events({ kind: "draw", request }, signal),
    edit: (request, signal) => events({ kind: "edit", request }, signal),
    readSettings: (png) => ask({ kind: "read", png }),
    release: () => release(),
  };
}

/** A worker; `closed` is aborted, with the reason in words, once it answers no more. */
interface Running {
  readonly worker: Worker;
  readonly closed: AbortController;
}

/** Sends an order and hands on its answers as they come; stops it when the reader stops. @throws Error in words. */
async function* answers({ worker, closed }: Running, order: Order, signal?: AbortSignal): AsyncGenerator<Answer> {
  const { port1: port, port2 } = new MessageChannel();
  const over = new AbortController();
  const cancel = (): void => port.postMessage("cancel");
  const arrived: Answer[] = [];
  let wake = (): void => {};
  const take = (answer: Answer): void => {
    arrived.push(answer);
    wake();
  };
  port.onmessage = ({ data }: MessageEvent<Answer>) => take(data);
  const lose = (): void => take(signal?.aborted ? { kind: "done" } : { kind: "failed", message: closed.signal.reason });
  closed.signal.addEventListener("abort", lose, { signal: over.signal });
  signal?.addEventListener("abort", cancel, { signal: over.signal });
  worker.postMessage(order, [port2]);
  try {
    for (;;) {
      for (const answer of arrived.splice(0)) {
        if (answer.kind === "failed") throw new Error(answer.message);
        yield answer;
        if (answer.kind === "done") return;
      }
      if (arrived.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    over.abort();
    cancel();
    port.close();
  }
}
