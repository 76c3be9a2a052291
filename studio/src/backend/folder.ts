/** A model folder at an address, opened in the package's own worker: no manifest beside it, no files of a site. */
import { askOrder, sendOrder } from "flexvar/orders";
import type { OpenOrder, TaskOrder, TaskStep } from "flexvar/worker-orders";
import { type ModelConfig, modelInfo, readJson } from "./config.ts";
import { doneShare, editRun } from "./edit-run.ts";
import type { Backend, Device, OpenProgress } from "./types.ts";
import { workerLine } from "./worker-line.ts";

interface FolderSource {
  /** Address of the folder. */
  readonly model: string;
  /** Address of ONNX Runtime's files, where they do not lie beside the worker. */
  readonly wasmPaths?: string | undefined;
  startWorker(): Worker;
}

interface Progress {
  readonly file?: string;
  readonly loaded?: number;
  readonly total?: number;
}

/** Draws nothing: it is for editing alone. */
export function folderBackend({ model, wasmPaths, startWorker }: FolderSource): Backend {
  const base = model.endsWith("/") ? model : `${model}/`;
  const name = decodeURIComponent(new URL(base).pathname.split("/").at(-2) ?? "") || "model";
  let opening: { readonly device: Device; readonly ready: Promise<string> } | undefined;
  const line = workerLine(startWorker, () => {
    opening = undefined;
  });

  const open = async (device: Device, onProgress: (progress: OpenProgress) => void): Promise<string> => {
    const order: OpenOrder = {
      kind: "open",
      model: base,
      address: base,
      options: { device, ...(wasmPaths !== undefined && { wasmPaths }) },
    };
    const files = new Map<string, { readonly loaded: number; readonly total: number }>();
    const onEvent = ({ file, loaded = 0, total = 0 }: Progress): void => {
      if (file !== undefined) files.set(file, { loaded, total });
      const sum = (key: "loaded" | "total"): number => [...files.values()].reduce((all, one) => all + one[key], 0);
      onProgress({ stage: "download", loaded: sum("loaded"), total: sum("total") });
    };
    const known = await askOrder<Progress, { readonly device: string }>(line.started(), order, { onEvent });
    return known!.device;
  };

  return {
    kind: "browser",

    async describe() {
      const config = new URL("config.json", base);
      const read = await readJson<ModelConfig>(config, `${config}: expected a model's config.json`);
      return modelInfo(read, base, { name, hash: name, downloadBytes: 0, downloaded: false });
    },

    open({ device, onProgress }) {
      if (opening?.device === device) return opening.ready;
      line.release();
      const ready = open(device, onProgress);
      opening = { device, ready };
      ready.catch(() => {
        if (opening?.ready === ready) line.release();
      });
      return ready;
    },

    // biome-ignore lint/correctness/useYield: it refuses.
    async *draw() {
      throw new Error("draw: expected the studio, got an editor");
    },

    async *edit(request, signal) {
      const order: TaskOrder = { kind: "task", run: await editRun(request, name) };
      for await (const step of sendOrder<TaskStep, undefined>(line.started(), order, signal)) {
        const { place, isLast } = step;
        const pictures = step.pictures.map(({ number, png, settings }) => ({
          number,
          image: new Blob([png], { type: "image/png" }),
          ...(settings && { settings }),
        }));
        yield { kind: "step", isLast, done: doneShare(place, request.count), pictures };
      }
    },

    readSettings: async () => undefined,
    release: () => line.release(),
  };
}
