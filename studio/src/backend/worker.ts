/** The model in a worker: opens it, draws with it, and stops between scales when told. */
import {
  type EditEvent,
  FlexVAR,
  type FlexVARPipeline,
  hasWebGpu,
  pngOf,
  type RunPicture,
  runSteps,
} from "flexvar/web";
import type { Answer, OpenOrder, Order, SiteFile } from "./messages.ts";
import { requestOf } from "./settings.ts";
import type { DrawnPicture, DrawRequest, EditRequest, Pixels } from "./types.ts";
import { checkedFile, forgetOthers } from "./weights.ts";

let opened: { readonly pipe: FlexVARPipeline; readonly hash: string } | undefined;
const running = new Map<number, AbortController>();

const answer = (message: Answer): void => postMessage(message);

addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  const { id } = data;
  if (data.kind === "cancel") {
    running.get(id)?.abort();
    return;
  }
  const stop = new AbortController();
  running.set(id, stop);
  try {
    if (data.kind === "open") answer({ id, kind: "done", result: await open(id, data.order) });
    else if (data.kind === "read")
      answer({ id, kind: "done", result: requestOf(new Uint8Array(await data.png.arrayBuffer())) });
    else {
      if (data.kind === "draw") await draw(id, data.request, stop.signal);
      else await edit(id, data.request, stop.signal);
      answer({ id, kind: "done" });
    }
  } catch (error) {
    if (stop.signal.aborted) answer({ id, kind: "done" });
    else answer({ id, kind: "failed", message: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
});

/** Opens on the device asked for; where WebGPU is there but fails, on Wasm. */
async function open(id: number, order: OpenOrder): Promise<string> {
  const webgpu = order.device !== "wasm" && (await hasWebGpu());
  if (order.device === "webgpu" && !webgpu)
    throw new Error("device: expected a browser with WebGPU, got none here; choose Automatic or Wasm");
  const pipe = await (webgpu ? openOn(id, order, "webgpu") : openOn(id, order, "wasm")).catch((error: unknown) => {
    if (!webgpu || order.device === "webgpu") throw error;
    return openOn(id, order, "wasm");
  });
  opened = { pipe, hash: order.modelHash };
  return pipe.device;
}

async function openOn(id: number, order: OpenOrder, device: "wasm" | "webgpu"): Promise<FlexVARPipeline> {
  const { model, runtime, modelFiles } = order;
  const runtimeFiles = order.runtimeFiles[device];
  const total = [...modelFiles, ...runtimeFiles].reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  const onBytes = (count: number): void => {
    loaded += count;
    answer({ id, kind: "progress", progress: { stage: "download", loaded, total } });
  };
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const get = async (file: SiteFile): Promise<void> => {
    files.set(file.file, await checkedFile(model, file, onBytes));
  };
  await Promise.all([...modelFiles.map(get), ...runtimeFiles.map((file) => fetchRuntime(runtime, file, onBytes))]);
  answer({ id, kind: "progress", progress: { stage: "start", loaded, total } });
  await forgetOthers(model, modelFiles);
  return FlexVAR.fromPretrained(model, {
    device,
    wasmPaths: runtime,
    fetch: async (address) => {
      const name = new URL(address).pathname.split("/").at(-1)!;
      const bytes = files.get(name);
      files.delete(name);
      return bytes === undefined
        ? new Response(null, { status: 404 })
        : new Response(bytes, { headers: { "Content-Length": `${bytes.length}` } });
    },
  });
}

/** Brings a runtime file into the browser's cache, where ONNX Runtime finds it. */
async function fetchRuntime(
  folder: string,
  { file, bytes }: SiteFile,
  onBytes: (count: number) => void,
): Promise<void> {
  const response = await fetch(folder + file).catch((error: unknown) => {
    throw new Error(`${file}: expected an answer, got none; is this device online?`, { cause: error });
  });
  if (!response.ok)
    throw new Error(`${file}: expected a file, got ${response.status} ${response.statusText}`.trimEnd());
  let loaded = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    loaded += value.length;
    onBytes(value.length);
  }
  if (loaded !== bytes) throw new Error(`${file}: expected ${bytes} bytes, got ${loaded}`);
}

async function draw(id: number, request: DrawRequest, signal: AbortSignal): Promise<void> {
  if (opened === undefined) throw new Error("draw: expected an opened model, got none");
  const { pipe, hash } = opened;
  const { classId, width, height, steps, guidance, seed, count, firstIndex, style, more } = request;
  const drawing = { ...more, steps, guidance, seed, count, ...(style !== undefined && { style }) };
  const options = { classLabels: [classId], size: [width, height] as [number, number], ...drawing };
  answer({ id, kind: "event", event: { kind: "plan", grids: pipe.resolve({ ...options, firstIndex }).plan.grids } });
  const run = { task: "generate", options: { ...options, firstIndex }, model: hash } as const;
  for await (const { event, isLast, pictures } of runSteps(pipe, run, { shown: "all", signal })) {
    signal.throwIfAborted();
    const drawn = pictures.map(drawnPicture);
    answer({ id, kind: "event", event: { kind: "scale", index: event.index, isLast, pictures: drawn } });
    await turn();
    signal.throwIfAborted();
  }
}

function drawnPicture(picture: RunPicture): DrawnPicture {
  const { number, settings } = picture;
  return {
    number,
    image: new Blob([pngOf(picture) as BlobPart], { type: "image/png" }),
    ...(settings && { settings }),
  };
}

async function edit(id: number, request: EditRequest, signal: AbortSignal): Promise<void> {
  if (opened === undefined) throw new Error("edit: expected an opened model, got none");
  const { pipe, hash } = opened;
  const { task, image, mask, size, classId, guidance, seed, count } = request;
  const options = {
    image,
    classLabels: classId === undefined ? ("auto" as const) : [classId],
    ...(guidance !== undefined && { guidance }),
    seed,
    count,
  };
  const { width, height } = image;
  const run = {
    task,
    options,
    size: size ?? ([width, height] as const),
    mask: mask && { data: mask, width, height },
    image: await hashOf(image),
    model: hash,
  };
  for await (const { event, pictures } of runSteps(pipe, run, { shown: "all", signal })) {
    signal.throwIfAborted();
    const step = event as EditEvent;
    const side = Math.max(1, step.pictures.length);
    const batches = Math.ceil(count / side);
    const batch = Math.floor(step.first / side);
    const done = (batch + (step.window + (step.index + 1) / step.total) / step.windows) / batches;
    answer({ id, kind: "event", event: { kind: "step", done, pictures: pictures.map(drawnPicture) } });
    await turn();
    signal.throwIfAborted();
  }
}

/** As `pictureHash` of the library; pages without a secure address (plain http on a network) cannot hash. */
async function hashOf({ data, width, height }: Pixels): Promise<string> {
  if (crypto.subtle === undefined) return "unknown";
  const named = await new Blob([`${width}x${height}:`, data]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Lets a waiting message, such as a cancellation, come in. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));
