/** The worker that `createWorkerPipeline` starts: one opened model, whose runs and pictures are ordered by messages. */
import "./no-eval.ts";
import { ExpectedError } from "./errors/index.ts";
import { FlexVAR, isModelAt, type WebProgress } from "./open-web.ts";
import { type Ended, paced, type Reader, sendable, serveOrders } from "./orders/index.ts";
import { type EditEvent, type FlexVARPipeline, pngOf, type RunEvent, runSteps } from "./pipelines/index.ts";
import { hasWebGpu } from "./runtime/web.ts";
import type { ModelOrder, OpenOrder, PictureOrder, RunOrder, TaskOrder, TaskStep } from "./worker-orders.ts";

/** Events whose pictures can still be asked for: those of runs that are over too. */
const KEPT_EVENTS = 64;

let opened: FlexVARPipeline | undefined;
const kept = new Map<number, RunEvent>();
let told = 0;

serveOrders(async (order: ModelOrder, reader: Reader<unknown>): Promise<Ended<unknown>> => {
  if (order.kind === "open") return { result: await open(order, reader) };
  if (opened === undefined) throw new ExpectedError(`${order.kind}: expected an opened model, got none`);
  if (order.kind === "run") return { result: await run(opened, order, reader) };
  if (order.kind === "task") return { result: await task(opened, order, reader) };
  const result = await (order.kind === "picture"
    ? picture(order)
    : (opened[order.method] as (...given: unknown[]) => Promise<unknown>)(...order.given));
  const { value, transfer } = sendable(result);
  return { result: value, transfer };
});

/** Opens the model; `auto` is WebGPU where there is one and it opens there, else Wasm. */
async function open({ model, address, options }: OpenOrder, { tell, signal }: Reader<unknown>): Promise<unknown> {
  const named = (await isModelAt(address, model, signal)) ? address : model;
  const openOn = (device: string | undefined): Promise<FlexVARPipeline> =>
    FlexVAR.fromPretrained(named, {
      ...options,
      ...(device && { device }),
      signal,
      onProgress: paced<WebProgress>(tell, ({ loaded, total }) => loaded === 0 || loaded === total),
    });
  const { device } = options;
  if (device !== "auto") opened = await openOn(device);
  else if (await hasWebGpu()) opened = await openOn("webgpu").catch(() => openOn("wasm"));
  else opened = await openOn("wasm");
  return { config: opened.config, factor: opened.factor, labels: opened.labels, device: opened.device };
}

/** Sends a run's events, each once the reader asks for it; their pictures are asked for by number. */
async function run(pipe: FlexVARPipeline, { task, options }: RunOrder, { tell, taken, signal }: Reader<unknown>) {
  const events = (pipe[task] as (given: object) => AsyncGenerator<RunEvent>).call(pipe, { ...options, signal });
  for await (const event of events) {
    const number = told++;
    kept.set(number, event);
    kept.delete(number - KEPT_EVENTS);
    const { value, transfer } = sendable(event);
    tell({ number, event: value }, transfer);
    await taken();
  }
}

/** Sends a run's steps with their pictures, each once the reader asks for it. */
async function task(pipe: FlexVARPipeline, { run }: TaskOrder, { tell, taken, signal }: Reader<unknown>) {
  for await (const { event, isLast, pictures } of runSteps(pipe, run, { shown: "all", signal })) {
    const shown = pictures.map((one) => ({ number: one.number, png: pngOf(one), settings: one.settings }));
    const { index, total, first, pictures: row } = event;
    const { window = 0, windows = 1 } = event as Partial<EditEvent>;
    const place = { index, total, window, windows, first, side: row.length };
    tell(
      { place, isLast, pictures: shown } as TaskStep,
      shown.map(({ png }) => png.buffer),
    );
    await taken();
  }
}

async function picture({ number, what, row }: PictureOrder): Promise<unknown> {
  const event = kept.get(number) as unknown as Record<string, (row: number) => Promise<unknown>> | undefined;
  if (event === undefined)
    throw new ExpectedError(`${what}: expected one of the last ${KEPT_EVENTS} events, got an older one`);
  return event[what]!(row);
}
