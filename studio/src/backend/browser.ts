/** The model in this browser: a worker with ONNX Runtime, weights kept on the device. */
import type { BrowserSite } from "flexvar/client";
import { askOrder, sendOrder } from "flexvar/orders";
import { modelInfo, readJson } from "./config.ts";
import type { Order } from "./messages.ts";
import type { Backend, Device, DrawEvent, EditEvent, OpenProgress } from "./types.ts";
import { allKept } from "./weights.ts";
import { workerLine } from "./worker-line.ts";

export function browserBackend(site: BrowserSite, base: string): Backend {
  const model = new URL("model/", base).href;
  let opening: { readonly device: Device; readonly ready: Promise<string> } | undefined;
  const line = workerLine(
    () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "flexvar model" }),
    () => {
      opening = undefined;
    },
  );
  const ask = <T, E = never>(order: Order, onEvent?: (event: E) => void): Promise<T> =>
    askOrder<E, T>(line.started(), order, { onEvent }) as Promise<T>;
  const events = <T extends DrawEvent | EditEvent>(order: Order, signal: AbortSignal): AsyncGenerator<T> =>
    sendOrder<T, undefined>(line.started(), order, signal);

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
      line.release();
      const ready = ask<string, OpenProgress>({ kind: "open", site, base, device }, onProgress);
      opening = { device, ready };
      ready.catch(() => {
        if (opening?.ready === ready) line.release();
      });
      return ready;
    },

    draw: (request, signal) => events({ kind: "draw", request }, signal),
    edit: (request, signal) => events({ kind: "edit", request }, signal),
    readSettings: (png) => ask({ kind: "read", png }),
    release: () => line.release(),
  };
}
