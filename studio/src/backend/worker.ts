/** The model in a worker: opens it, draws with it, and stops between scales when told. */
import {
  encodePng,
  FlexVAR,
  type FlexVARPipeline,
  hasWebGpu,
  type PictureInfo,
  pictureSettings,
  planarToRgb,
  runSettings,
  type ScaleEvent,
  type SettingsRecord,
  settingsText,
  shownEvent,
  shownPictures,
  withoutOpaqueAlpha,
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
  const resolved = pipe.resolve({ ...options, firstIndex });
  const settings = runSettings(pipe.config, { task: "generate", options, model: hash });
  answer({ id, kind: "event", event: { kind: "plan", grids: resolved.plan.grids } });
  for await (const scale of pipe.generate({ ...options, firstIndex, signal })) {
    const { index, isLast } = scale;
    const pictures = await pngs(scale, isLast ? settings : undefined);
    signal.throwIfAborted();
    answer({ id, kind: "event", event: { kind: "scale", index, isLast, pictures } });
    await turn();
    signal.throwIfAborted();
  }
}

async function pngs(scale: ScaleEvent, run: SettingsRecord | undefined): Promise<DrawnPicture[]> {
  const batch = await scale.image();
  return scale.pictures.map((info: PictureInfo, i) => {
    const settings = run && pictureSettings(run, info);
    const png = encodePng(planarToRgb(batch, i), settings && settingsText(settings));
    return { number: scale.first + i, image: new Blob([png as BlobPart], { type: "image/png" }), settings };
  });
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
    signal,
  };
  const { width, height } = image;
  const painted = mask && { data: mask, width, height };
  const run = runSettings(pipe.config, {
    task,
    options,
    size: size ?? [width, height],
    mask: painted,
    image: await hashOf(image),
    model: hash,
  });
  const steps =
    painted === undefined ? pipe.refine({ ...options, size: size! }) : pipe.inpaint({ ...options, mask: painted });
  for await (const step of steps) {
    const images = shownEvent(step, "all").isShown
      ? await shownPictures(step, pipe.config.trainedSide * pipe.factor)
      : [];
    signal.throwIfAborted();
    const pictures = images.map((result, i): DrawnPicture => {
      const settings = pictureSettings(run, step.pictures[i]!);
      const png = encodePng(withoutOpaqueAlpha(result), step.isLast ? settingsText(settings) : undefined);
      const blob = new Blob([png as BlobPart], { type: "image/png" });
      return { number: step.first + i, image: blob, ...(step.isLast && { settings }) };
    });
    const side = Math.max(1, step.pictures.length);
    const batches = Math.ceil(count / side);
    const batch = Math.floor(step.first / side);
    const done = (batch + (step.window + (step.index + 1) / step.total) / step.windows) / batches;
    answer({ id, kind: "event", event: { kind: "step", done, pictures } });
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
