/** The model in a worker: opens it, draws with it, and stops between scales when told. */
import type { SiteFile } from "flexvar/client";
import { paced, type Reader, serveOrders } from "flexvar/orders";
import { formatScales } from "flexvar/sampling";
import {
  FlexVAR,
  type FlexVARPipeline,
  hasWebGpu,
  pngOf,
  type RunPicture,
  type RunStep,
  runSteps,
  type TaskRun,
  type EditEvent as WindowEvent,
} from "flexvar/web";
import { doneShare, editRun } from "./edit-run.ts";
import type { Order } from "./messages.ts";
import { requestOfPng } from "./settings.ts";
import type { DrawEvent, DrawnPicture, DrawRequest, EditEvent, EditRequest, OpenProgress } from "./types.ts";
import { checkedFile, fetchRuntime, forgetOthers } from "./weights.ts";

type OpenOrder = Extract<Order, { kind: "open" }>;

let opened: { readonly pipe: FlexVARPipeline; readonly hash: string } | undefined;

serveOrders(async (order: Order, reader: Reader<OpenProgress | DrawEvent | EditEvent>) => ({
  result: await carryOut(order, reader),
}));

async function carryOut(
  order: Order,
  reader: Reader<OpenProgress | DrawEvent | EditEvent>,
): Promise<string | DrawRequest | undefined> {
  if (order.kind === "open") return open(order, reader);
  if (order.kind === "read") return requestOfPng(new Uint8Array(await order.png.arrayBuffer()));
  if (opened === undefined) throw new Error(`${order.kind}: expected an opened model, got none`);
  await (order.kind === "draw" ? draw : edit)(order.request as never, opened, reader);
  return undefined;
}

/** Opens on the device asked for; where WebGPU is there but fails, on Wasm. */
async function open(order: OpenOrder, reader: Reader<OpenProgress>): Promise<string> {
  const webgpu = order.device !== "wasm" && (await hasWebGpu());
  if (order.device === "webgpu" && !webgpu)
    throw new Error("device: expected a browser with WebGPU, got none here; choose Automatic or Wasm");
  const pipe = await (webgpu ? openOn(order, reader, "webgpu") : openOn(order, reader, "wasm")).catch(
    (error: unknown) => {
      if (!webgpu || order.device === "webgpu") throw error;
      return openOn(order, reader, "wasm");
    },
  );
  opened = { pipe, hash: order.site.model.hash };
  return pipe.device;
}

async function openOn(
  { site, base }: OpenOrder,
  reader: Reader<OpenProgress>,
  device: "wasm" | "webgpu",
): Promise<FlexVARPipeline> {
  const model = new URL("model/", base).href;
  const runtime = new URL("ort/", base).href;
  const modelFiles = site.model.files;
  const runtimeFiles = site.runtime[device];
  const total = [...modelFiles, ...runtimeFiles].reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  const report = paced(
    (loaded: number) => reader.tell({ stage: "download", loaded, total }),
    (loaded) => loaded >= total,
  );
  const onBytes = (count: number): void => {
    loaded += count;
    report(loaded);
  };
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const get = async (file: SiteFile): Promise<void> => {
    files.set(file.file, await checkedFile(model, file, onBytes));
  };
  await Promise.all([...modelFiles.map(get), ...runtimeFiles.map((file) => fetchRuntime(runtime, file, onBytes))]);
  reader.tell({ stage: "start", loaded, total });
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

type Opened = NonNullable<typeof opened>;

async function draw(
  request: DrawRequest,
  { pipe, hash }: Opened,
  reader: Reader<DrawEvent | EditEvent>,
): Promise<void> {
  const { classId, width, height, more, style, steps, scales, ...drawing } = request;
  const size: [number, number] = [width, height];
  const ladder = scales === undefined ? { steps } : { scales: formatScales(scales) };
  const options = {
    classLabels: [classId],
    size,
    ...more,
    ...drawing,
    ...ladder,
    ...(style !== undefined && { style }),
  };
  reader.tell({ kind: "plan", grids: pipe.resolve(options).plan.grids });
  await run(pipe, { task: "generate", options, model: hash }, reader, () => 0);
}

async function edit(
  request: EditRequest,
  { pipe, hash }: Opened,
  reader: Reader<DrawEvent | EditEvent>,
): Promise<void> {
  await run(pipe, await editRun(request, hash), reader, (event) => {
    const step = event as WindowEvent;
    return doneShare({ ...step, side: step.pictures.length }, request.count);
  });
}

/** Answers with the pictures of every scale. @param done share of the work that is done after an event. */
async function run(
  pipe: FlexVARPipeline,
  task: TaskRun,
  { tell, signal }: Reader<DrawEvent | EditEvent>,
  done: (event: RunStep["event"]) => number,
): Promise<void> {
  for await (const { event, isLast, pictures } of runSteps(pipe, task, { shown: "all", signal })) {
    signal.throwIfAborted();
    tell({ kind: "step", isLast, done: done(event), pictures: pictures.map(drawnPicture) });
    // Lets a waiting message, such as a cancellation, come in.
    await new Promise((next) => setTimeout(next));
    signal.throwIfAborted();
  }
}

function drawnPicture(picture: RunPicture): DrawnPicture {
  const { number, settings } = picture;
  const image = new Blob([pngOf(picture) as BlobPart], { type: "image/png" });
  return { number, image, ...(settings && { settings }) };
}
