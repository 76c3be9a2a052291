/** The model in this browser: a worker with ONNX Runtime, weights kept on the device. */
import type { ModelConfig } from "./config.ts";
import { modelInfo } from "./config.ts";
import type { Answer, OpenOrder, Order, SiteFile } from "./messages.ts";
import type {
  Backend,
  Device,
  DrawEvent,
  DrawRequest,
  EditEvent,
  EditRequest,
  ModelInfo,
  OpenProgress,
} from "./types.ts";
import { allKept } from "./weights.ts";

/** What `studio.json` says of a static site. */
export interface BrowserSite {
  readonly backend: "browser";
  readonly model: { readonly name: string; readonly hash: string; readonly files: readonly SiteFile[] };
  readonly runtime: Readonly<Record<"wasm" | "webgpu", readonly SiteFile[]>>;
  readonly examples?: { readonly file: string; readonly columns: number; readonly rows: number } | undefined;
}

/** One order under way: what its answers do. */
interface Waiting {
  onProgress?(progress: OpenProgress): void;
  onEvent?(event: DrawEvent | EditEvent): void;
  done(result: unknown): void;
  failed(error: Error): void;
}

export function browserBackend(site: BrowserSite, base: string): Backend {
  const model = new URL("model/", base).href;
  const runtime = new URL("ort/", base).href;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let opening: { readonly device: Device; readonly ready: Promise<string> } | undefined;
  let lastId = 0;

  const fail = (message: string): void => {
    release();
    for (const one of waiting.values()) one.failed(new Error(message));
    waiting.clear();
  };
  const start = (): Worker => {
    const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "flexvar model" });
    started.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const one = waiting.get(data.id);
      if (one === undefined) return;
      if (data.kind === "progress") one.onProgress?.(data.progress);
      else if (data.kind === "event") one.onEvent?.(data.event);
      else {
        waiting.delete(data.id);
        if (data.kind === "done") one.done(data.result);
        else one.failed(new Error(data.message));
      }
    });
    started.addEventListener("error", () => fail("The model's worker stopped; perhaps this device ran out of memory"));
    return started;
  };
  const send = (order: Order, one: Waiting): void => {
    worker ??= start();
    waiting.set(order.id, one);
    worker.postMessage(order);
  };
  const ask = <T>(order: Order, onProgress?: Waiting["onProgress"]): Promise<T> =>
    new Promise((done, failed) => {
      send(order, { done: done as (result: unknown) => void, failed, ...(onProgress && { onProgress }) });
    });
  const release = (): void => {
    worker?.terminate();
    worker = undefined;
    opening = undefined;
  };

  /** Sends an order and hands on its events as they come; stops it when the reader stops. */
  async function* events<T extends DrawEvent | EditEvent>(order: Order, signal: AbortSignal): AsyncGenerator<T> {
    const { id } = order;
    const arrived: T[] = [];
    let ended: { readonly error?: Error } | undefined;
    let wake = (): void => {};
    send(order, {
      onEvent: (event) => {
        arrived.push(event as T);
        wake();
      },
      done: () => {
        ended = {};
        wake();
      },
      failed: (error) => {
        ended = { error };
        wake();
      },
    });
    const cancel = (): void => worker?.postMessage({ id, kind: "cancel" } satisfies Order);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      for (;;) {
        while (arrived.length > 0) yield arrived.shift()!;
        if (ended?.error !== undefined) throw ended.error;
        if (ended !== undefined) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", cancel);
      if (ended === undefined) cancel();
    }
  }

  return {
    kind: "browser",

    async describe(): Promise<ModelInfo> {
      const address = `${model}config.json`;
      const response = await fetch(address).catch((error: unknown) => {
        throw new Error("The studio could not reach its files. Is this device online?", { cause: error });
      });
      if (!response.ok) throw new Error(`${address}: expected a file, got ${response.status}`);
      const weights = site.model.files;
      return modelInfo((await response.json()) as ModelConfig, {
        name: site.model.name,
        downloadBytes: [...weights, ...site.runtime.wasm].reduce((sum, { bytes }) => sum + bytes, 0),
        downloaded: await allKept(model, weights),
        examples: site.examples && { ...site.examples, address: new URL(site.examples.file, base).href },
      });
    },

    open({ device, onProgress }): Promise<string> {
      if (opening?.device === device) return opening.ready;
      release();
      const order: OpenOrder = {
        model,
        runtime,
        modelFiles: site.model.files,
        runtimeFiles: site.runtime,
        modelHash: site.model.hash,
        device,
      };
      const ready = ask<string>({ id: ++lastId, kind: "open", order }, onProgress);
      opening = { device, ready };
      ready.catch(() => release());
      return ready;
    },

    draw: (request: DrawRequest, signal) => events<DrawEvent>({ id: ++lastId, kind: "draw", request }, signal),
    edit: (request: EditRequest, signal) => events<EditEvent>({ id: ++lastId, kind: "edit", request }, signal),
    readSettings: (png) => ask<DrawRequest | undefined>({ id: ++lastId, kind: "read", png }),
    release,
  };
}
