/**
 * The pipeline in a worker: the page stays responsive while the model computes.
 *
 * @module flexvar/worker
 * @example
 * import { createWorkerPipeline } from "flexvar/worker";
 * const pipe = await createWorkerPipeline("/models/emoji/", { device: "auto" });
 * for await (const step of pipe.generate({ classLabels: ["animal-face"], seed: 7 })) show(await step.picture(0));
 */
import type { FromPretrainedOptions } from "./open-web.ts";
import { askOrder, type OrderWorker, sendOrder } from "./orders/index.ts";
import type {
  ClassScore,
  EditEvent,
  ExpandOptions,
  FlexVARPipeline,
  GenerateOptions,
  InpaintOptions,
  LargeOptions,
  OutpaintOptions,
  RefineOptions,
  RunEvent,
  ScaleEvent,
  ScoreOptions,
} from "./pipelines/index.ts";
import { fromPage, startModelWorker } from "./start-model-worker.ts";
import type { CallOrder, OpenOrder, PictureOrder, RunOrder } from "./worker-orders.ts";

/** As for `FlexVAR.fromPretrained`, without what cannot travel to a worker. `device` may be `auto`: WebGPU where it works. */
export interface WorkerOptions extends Omit<FromPretrainedOptions, "fetch" | "runtime"> {
  /**
   * Address of the folder that `flexvar assets` wrote, for pages whose bundler handles no workers and where the folder is not that of
   * the script; on the page's own origin. ONNX Runtime's files are then looked for there too.
   */
  readonly assets?: string | URL | undefined;
  /** Starts the worker, in place of the package's own file: for pages with rules about workers of their own. */
  readonly start?: (() => Worker) | undefined;
}

/** A pipeline in a worker. Events are the library's own: not asking for the next one stops, and so does the `signal` of the options. */
export interface WorkerPipeline
  extends Pick<FlexVARPipeline, "config" | "factor" | "labels" | "device" | "encode" | "decode"> {
  generate(options: GenerateOptions): AsyncGenerator<ScaleEvent>;
  generateLarge(options: LargeOptions): AsyncGenerator<EditEvent>;
  inpaint(options: InpaintOptions): AsyncGenerator<EditEvent>;
  outpaint(options: OutpaintOptions): AsyncGenerator<EditEvent>;
  expand(options: ExpandOptions): AsyncGenerator<EditEvent>;
  refine(options: RefineOptions): AsyncGenerator<EditEvent>;
  score(options: ScoreOptions): Promise<ClassScore[]>;
  /** Ends the worker, which gives its memory back at once. What is under way and later calls fail in words. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a worker and opens a model in it. Pictures of an event (`image()`, `picture()`, `images()`) are decoded when asked for, also
 * after the run, while they are among the last 64 events; pixels are transferred, not copied, on the page's thread.
 * @param model address of a model folder (a relative one counts from the page), or a name on the hub.
 * @throws as `FlexVAR.fromPretrained`; ExpectedError where the worker does not start.
 */
export async function createWorkerPipeline(
  model: string | URL,
  { assets, start = () => startModelWorker(assets), onProgress, signal, ...options }: WorkerOptions = {},
): Promise<WorkerPipeline> {
  signal?.throwIfAborted();
  const worker = start();
  const closing = new AbortController();
  const close = (why: string): void => {
    worker.terminate();
    closing.abort(why);
  };
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    close(`worker: expected the model's worker to run, got an error${event.message ? `: ${event.message}` : ""}`);
  });
  const channel: OrderWorker = { worker, closed: closing.signal };
  const wasmPaths = options.wasmPaths ?? assets;
  const order: OpenOrder = {
    kind: "open",
    model: String(model),
    address: fromPage(model),
    options: { ...options, ...(wasmPaths !== undefined && { wasmPaths: fromPage(wasmPaths) }) },
  };
  try {
    const known = await askOrder<never, Known>(channel, order, { onEvent: onProgress, signal });
    signal?.throwIfAborted();
    return pipelineOf(channel, known!, close);
  } catch (error) {
    close("worker: expected an opened model, got an error while opening");
    throw error;
  }
}

type Known = Pick<FlexVARPipeline, "config" | "factor" | "labels" | "device">;

function pipelineOf(channel: OrderWorker, known: Known, close: (why: string) => void): WorkerPipeline {
  const call = async <T>(method: CallOrder["method"], ...given: unknown[]): Promise<T> => {
    const order: CallOrder = { kind: "call", method, given };
    return (await askOrder<never, T>(channel, order)) as T;
  };
  const run =
    <O extends { readonly signal?: AbortSignal | undefined }, E extends RunEvent>(task: RunOrder["task"]) =>
    ({ signal, ...options }: O): AsyncGenerator<E> =>
      events<E>(channel, { kind: "run", task, options }, signal);
  const dispose = async (): Promise<void> => close("worker: expected an opened model, got one that was disposed");
  return {
    ...known,
    generate: run("generate"),
    generateLarge: run("generateLarge"),
    inpaint: run("inpaint"),
    outpaint: run("outpaint"),
    expand: run("expand"),
    refine: run("refine"),
    async score({ signal, ...options }) {
      signal?.throwIfAborted();
      const scores = await askOrder<never, ClassScore[]>(
        channel,
        { kind: "call", method: "score", given: [options] } satisfies CallOrder,
        { signal },
      );
      signal?.throwIfAborted();
      return scores!;
    },
    encode: (batch, grids) => call("encode", batch, grids),
    decode: (scale) => call("decode", scale),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** A run's events with their pictures. @throws the signal's reason when aborted. */
async function* events<E extends RunEvent>(
  channel: OrderWorker,
  order: RunOrder,
  signal: AbortSignal | undefined,
): AsyncGenerator<E> {
  signal?.throwIfAborted();
  for await (const { number, event } of sendOrder<{ number: number; event: E }, undefined>(channel, order, signal)) {
    const ask = (what: PictureOrder["what"], row = 0): Promise<never> =>
      askOrder(channel, { kind: "picture", number, what, row } satisfies PictureOrder) as Promise<never>;
    const pictures =
      order.task === "generate"
        ? { image: () => ask("image"), decoded: () => ask("decoded"), picture: (row: number) => ask("picture", row) }
        : { images: () => ask("images") };
    yield { ...event, ...pictures };
    signal?.throwIfAborted();
  }
  signal?.throwIfAborted();
}
