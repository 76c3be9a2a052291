/** Many clients at once against a running server: what they get, how long it takes, and what it costs the server. */
import {
  ApiRequestError,
  createClient,
  type FlexVARClient,
  type GenerationFields,
  type ImageEvent,
  type StreamEvent,
} from "../client/index.ts";
import { createRandom, type Random } from "../sampling/index.ts";

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  /** Goes on past its time until so many are done: for machines too busy to say anything sooner. */
  readonly atLeast?: number;
  /** What everybody asks for; class and seed vary. */
  readonly fields: Omit<GenerationFields, "class_labels" | "seed">;
  readonly classes: number;
  /** Share of the requests whose client leaves, and of those that stream every scale; 0 to 1. */
  readonly leaving?: number;
  readonly streaming?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LoadReport {
  readonly seconds: number;
  readonly done: number;
  /** Answered with 429. */
  readonly refused: number;
  /** Given up by their client. */
  readonly left: number;
  /** Every other outcome, in the server's words, with how often. */
  readonly errors: Readonly<Record<string, number>>;
  /** Seconds from asking to the finished pictures: median and 95th percentile; null where nothing was finished. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Finished pictures a second, and how many were drawn side by side on average. */
  readonly picturesPerSecond: number;
  readonly meanBatch: number;
  /** The server's memory in MB: after the first third, at the end, and the most seen. */
  readonly memory: { readonly early: number; readonly late: number; readonly most: number };
}

/** Longest that a client that leaves waits before it does, in ms. */
const MOST_PATIENCE_MS = 1500;
const SAMPLE_MS = 500;
const LEAD_MS = 50;

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Lets `clients` ask again and again for `seconds`, each as soon as it has its answer or was told to come back later. */
export async function loadServer(options: LoadOptions): Promise<LoadReport> {
  const { url, clients, seconds, seed = 1, atLeast = 0 } = options;
  const client = createClient({ baseUrl: url });
  const outcomes: Outcomes = { done: 0, refused: 0, left: 0, took: [], errors: new Map() };
  // What is still open at the end is given up, uncounted: a full queue may take long to empty.
  const ending = new AbortController();
  const over = AbortSignal.any([ending.signal, ...(options.signal ? [options.signal] : [])]);
  const asking = Array.from({ length: clients }, async (_, i) => {
    const random = createRandom(seed, i);
    while (!over.aborted) await askOnce(client, options, random, over, outcomes);
  });
  // Time begins with the end of the first batch: before, the server had nothing to deliver.
  let before = await readMetrics(url);
  const idle = before.pictures_total ?? 0;
  while (!over.aborted && (before.pictures_total ?? 0) === idle) {
    await wait(LEAD_MS);
    before = await readMetrics(url);
  }
  const begin = performance.now();
  const memory: number[] = [];
  do {
    await wait(SAMPLE_MS);
    memory.push((await readMetrics(url)).resident_memory_bytes! / 2 ** 20);
  } while (!over.aborted && (performance.now() < begin + 1000 * seconds || outcomes.done < atLeast));
  const after = await readMetrics(url);
  const spent = (performance.now() - begin) / 1000;
  ending.abort();
  await Promise.all(asking);
  const change = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
  const early = memory.slice(Math.floor(memory.length / 3));
  const tail = Math.max(1, Math.floor(early.length / 3));
  const { took, errors, ...count } = outcomes;
  return {
    seconds: spent,
    ...count,
    errors: Object.fromEntries(errors),
    p50: percentile(took, 0.5),
    p95: percentile(took, 0.95),
    picturesPerSecond: change("pictures_total") / spent,
    meanBatch: change("batched_pictures_total") / Math.max(1, change("batches_total")),
    memory: { early: mean(early.slice(0, tail)), late: mean(early.slice(-tail)), most: Math.max(...memory) },
  };
}

/** What became of the requests, counted as they end. */
interface Outcomes extends Record<"done" | "refused" | "left", number> {
  /** Seconds from asking to the finished pictures. */
  readonly took: number[];
  readonly errors: Map<string, number>;
}

/** One request of one client, which may stream its pictures, or leave before they are there. */
async function askOnce(
  client: FlexVARClient,
  { fields, classes, leaving = 0, streaming = 0 }: LoadOptions,
  random: Random,
  over: AbortSignal,
  outcomes: Outcomes,
): Promise<void> {
  const class_labels = [Math.floor(random.uniform() * classes)];
  const own = { ...fields, class_labels, seed: Math.floor(random.uniform() * 2 ** 31) };
  const leaves = random.uniform() < leaving;
  const streams = random.uniform() < streaming;
  const stop = new AbortController();
  const timer = leaves ? setTimeout(() => stop.abort(), random.uniform() * MOST_PATIENCE_MS) : undefined;
  const asked = performance.now();
  const signal = AbortSignal.any([stop.signal, over]);
  try {
    const finished = streams
      ? await streamed(client.generateStream({ ...own, partial_images: "all" }, signal))
      : (await client.generate(own, signal)).data.length;
    if (finished !== (fields.n ?? 1)) throw new Error(`expected ${fields.n ?? 1} pictures, got ${finished}`);
    outcomes.done++;
    outcomes.took.push((performance.now() - asked) / 1000);
  } catch (error) {
    if (over.aborted) return;
    if (stop.signal.aborted) outcomes.left++;
    else if (error instanceof ApiRequestError && error.status === 429) {
      outcomes.refused++;
      await wait(1000 * (error.retryAfter ?? 1) * (0.5 + random.uniform()));
    } else {
      const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      outcomes.errors.set(words, (outcomes.errors.get(words) ?? 0) + 1);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** How soon a cancelled job frees the model. */
export interface CancelReport {
  /** Seconds between two scales of the job, as its client saw them. */
  readonly scale: number;
  /** Seconds from leaving to the first scale of the next job. */
  readonly freed: number;
}

/** Leaves a job of `n` pictures after its second scale and times the next one's first. */
export async function timeCancel(client: FlexVARClient, fields: GenerationFields, n: number): Promise<CancelReport> {
  const times: number[] = [];
  let index = -1;
  for await (const event of drawn(client, { ...fields, n })) {
    if (event.scale !== index) times.push(performance.now());
    index = event.scale ?? index;
    if (times.length === 3) break;
  }
  const left = performance.now();
  for await (const _ of drawn(client, { ...fields, n: 1 })) break;
  return { scale: (times[2]! - times[1]!) / 1000, freed: (performance.now() - left) / 1000 };
}

/** How soon a person alone with the server sees something: medians in seconds. */
export interface FirstReport {
  /** From asking to the first scale's picture. */
  readonly scale: number;
  /** From asking to the finished picture. */
  readonly picture: number;
}

/** Asks for one picture after another, every scale streamed, and times what arrives. */
export async function timeFirst(client: FlexVARClient, fields: GenerationFields, times: number): Promise<FirstReport> {
  const scales: number[] = [];
  const pictures: number[] = [];
  for (let seed = 1; seed <= times; seed++) {
    const asked = performance.now();
    let first: number | undefined;
    for await (const _ of drawn(client, { ...fields, seed })) first ??= performance.now();
    scales.push(((first ?? Number.NaN) - asked) / 1000);
    pictures.push((performance.now() - asked) / 1000);
  }
  return { scale: percentile(scales, 0.5)!, picture: percentile(pictures, 0.5)! };
}

/** Every scale of every picture, without the places in the queue. */
async function* drawn(client: FlexVARClient, fields: GenerationFields): AsyncGenerator<ImageEvent> {
  for await (const event of client.generateStream({ ...fields, partial_images: "all" }))
    if (event.type !== "image_job.queued") yield event;
}

/** How many pictures of a stream were finished. */
async function streamed(events: AsyncIterable<StreamEvent>): Promise<number> {
  let finished = 0;
  for await (const { type } of events) if (type === "image_generation.completed") finished++;
  return finished;
}

/** Values of the server's own metrics without labels, by name without prefix. */
async function readMetrics(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(new URL("/metrics", url))).text();
  return Object.fromEntries(
    Array.from(text.matchAll(/^flexvar_(\w+) (\S+)$/gm), ([, name, value]) => [name!, Number(value)]),
  );
}

/** The smallest value that at least a share `p` of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? null;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
