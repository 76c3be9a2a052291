/** The HTTP API as a hono app: routes in, replies out. */
import { on } from "node:events";
import { type Context, Hono } from "hono";
import { requestId } from "hono/request-id";
import { streamSSE } from "hono/streaming";
import type { JobsBody, ModelBody, StreamEvent } from "../client/index.ts";
import { downsampling } from "../models/index.ts";
import type { Drawing } from "../options/index.ts";
import { fittingBatch } from "../pipelines/index.ts";
import { gridTokens } from "../sampling/index.ts";
import { readBody } from "./body.ts";
import { type CallerOptions, callerOf, charging } from "./callers.ts";
import type { CallKind, EngineContext, JobEngine, JobState, MadePicture, Order, Work } from "./engine.ts";
import { ApiError, cancelled, invalid, toApiError } from "./errors.ts";
import { checkFields, type Fields, type RequestSchemas, requestSchemas } from "./fields.ts";
import { type GuardOptions, guardOrigin, guardToken, tokenReader } from "./guard.ts";
import { answerHeaders } from "./headers.ts";
import { memoryEngine } from "./jobs.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { faultLog, logRequests, noLog, requestIdOf, type ServerLog } from "./log.ts";
import { unanswered } from "./methods.ts";
import { createMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import { bodyRoom } from "./pieces.ts";
import { type JobQueue, memoryQueue } from "./queue.ts";
import type { Renderer } from "./renderer.ts";
import { imageEvent, imagesBody, jobBody, jobSummary, queuedEvent } from "./replies.ts";
import { generationWork } from "./request-draw.ts";
import { asVariation, editWork } from "./request-edit.ts";
import type { ServedModel } from "./request-sampling.ts";
import { fileName, isShell, type SiteFiles, siteReader } from "./static.ts";
import { worthOf } from "./worth.ts";

export interface ServerOptions extends GuardOptions {
  readonly model: ServedModel;
  /** Makes the pictures; the server is its only caller. Not needed with an engine. */
  readonly renderer?: Renderer | undefined;
  /** Carries jobs out elsewhere; in this process, with the renderer, by default. */
  readonly engine?: ((context: EngineContext) => JobEngine) | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Where jobs wait; in memory by default. */
  readonly queue?: JobQueue | undefined;
  /** What each caller may ask for; without bound by default. */
  readonly callers?: CallerOptions | undefined;
  /** Most pictures side by side, for schedules whose largest scale has so many tokens. */
  readonly batchSize?: ((tokens: number) => number) | undefined;
  /** Files served at `/`, as the studio's; only these, whatever a path says. */
  readonly site?: SiteFiles | undefined;
  /** Where requests and failures are written; nowhere by default. */
  readonly log?: ServerLog | undefined;
  /** Version that the OpenAPI document names. */
  readonly version?: string | undefined;
}

export interface ServerApp {
  readonly app: Hono;
  /** Refuses new work, lets jobs end within the grace time, gives the rest back with 503. The renderer stays open. */
  stop(): Promise<void>;
}

/** What a request's fields ask for. */
type WorkOf = (fields: Fields, model: ServedModel, limits: Limits, signal: AbortSignal) => Work | Promise<Work>;

/** 8 of 16x16 tokens side by side, fewer where grids are larger. */
const batchOf = (tokens: number): number => Math.min(8, Math.max(1, Math.floor(2048 / tokens)));

/** How many pictures of a plan are drawn side by side: as many as are asked for, if they fit into the memory. */
export function batchSizes({
  batchSize = batchOf,
  model: { costs },
}: Pick<ServerOptions, "batchSize" | "model">): (sampling: Drawing) => number {
  return (sampling) => {
    const most = batchSize(Math.max(...sampling.plan.grids.map(gridTokens)));
    return costs === undefined ? most : fittingBatch(costs.model, sampling, most, costs.budget);
  };
}

function engineOf(options: ServerOptions, context: EngineContext): JobEngine {
  const { engine, renderer, queue = memoryQueue(context.limits.queue) } = options;
  if (engine !== undefined) return engine(context);
  if (renderer === undefined) throw new Error("createServerApp: expected a renderer or an engine, got neither");
  return memoryEngine({ ...context, queue, renderer, batchSize: batchSizes(options) });
}

/** The HTTP API over a renderer of pictures. Call `app.fetch`, or {@link listen}. */
export function createServerApp(options: ServerOptions): ServerApp {
  const { model, renderer, site, callers, log = noLog } = options;
  const onFailure = faultLog(log);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const schemas = requestSchemas(limits);
  const metrics = createMetrics(() => renderer?.memoryBytes?.() ?? 0);
  const engine = engineOf(options, { limits, metrics, onFailure });
  const room = bodyRoom(limits.bodiesBytes);
  const charges = callers && { callers, worth: worthOf(model.config) };

  const app = new Hono();
  app.use(requestId());
  app.use(logRequests(log));
  app.use(async (c, next) => {
    await next();
    metrics.request(c.res.status);
  });
  app.use(answerHeaders());
  app.use(guardOrigin(options));
  const admission = tokenReader(options.token);
  app.use(guardToken(admission, (path) => path === "/healthz" || (site !== undefined && isShell(site, path))));
  app.onError((error, c) => {
    const refusal = toApiError(error);
    onFailure(requestIdOf(c), refusal);
    return reply(c, refusal);
  });
  app.notFound(unanswered(app, (path) => site?.has(fileName(path)) === true));

  const answer = (c: Context, order: Order): Promise<Response> => {
    const charged = charges === undefined ? engine : charging(engine, charges.callers, c, charges.worth);
    if (order.fields.stream === true) return stream(c, charged, order);
    return order.fields.async === true ? later(c, charged, order) : wait(c, charged, order);
  };
  const draws =
    (call: CallKind, workOf: WorkOf, kind: keyof RequestSchemas = call) =>
    async (c: Context): Promise<Response> => {
      const order = await room.use(async (share) => {
        const body = await readBody(c.req.raw, limits, call === "edit", share);
        await share.turn();
        const checked = checkFields(schemas[kind], body);
        const fields = kind === "variation" ? asVariation(checked) : checked;
        const caller = callerOf(c, callers?.header);
        return { call, fields, caller, work: await workOf(fields, model, limits, c.req.raw.signal) };
      });
      return answer(c, order);
    };
  app.post("/v1/images/generations", draws("generation", generationWork));
  app.post("/v1/images/edits", draws("edit", editWork));
  app.post("/v1/images/variations", draws("edit", editWork, "variation"));
  addJobRoutes(app, engine, callers?.header);
  addModelRoutes(app, model);
  const document = openApiDocument(options.version ?? "0", schemas);
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/healthz", async (c) => {
    const about = admission(c) === "admitted" ? { model: model.name, waiting: await engine.waiting() } : {};
    return c.json({ status: "ok", ...about });
  });
  app.get("/metrics", async (c) => {
    const state = engine.cluster && ((await engine.cluster()) ?? null);
    const waiting = state === undefined ? await engine.waiting() : state?.open;
    return c.text(await metrics.text(waiting, state), 200, { "content-type": metrics.contentType });
  });
  if (site !== undefined) {
    const read = siteReader(site);
    app.get("*", async (c, next) => (await read(c.req.path, c.req.raw.headers)) ?? next());
  }
  return { app, stop: () => engine.stop(limits.graceMs) };
}

/** Most jobs that a list holds, and how many by default. */
const [MOST_LISTED, LISTED] = [100, 20];

function addJobRoutes(app: Hono, engine: JobEngine, header: string | undefined): void {
  app.get("/v1/jobs", async (c) => {
    if (engine.list === undefined)
      throw new ApiError(
        501,
        "jobs: expected a server of one process, got one of a cluster, whose jobs are asked for by their ids",
        {
          code: "not_supported",
        },
      );
    const given = c.req.query("limit");
    const limit = given === undefined ? LISTED : Number(/^\d{1,3}$/.test(given) ? given : Number.NaN);
    if (!(limit >= 1 && limit <= MOST_LISTED))
      throw invalid("limit", `expected a whole number from 1 to ${MOST_LISTED}, got another`);
    const jobs = await engine.list(callerOf(c, header), limit + 1);
    const data = await Promise.all(
      jobs.slice(0, limit).map(async (job) => jobSummary(job, await engine.position(job.id))),
    );
    return c.json({ object: "list", data, has_more: jobs.length > limit } satisfies JobsBody);
  });
  const jobOf = async (c: Context): Promise<JobState> => {
    const job = await engine.find(c.req.param("id") ?? "");
    if (job === undefined)
      throw new ApiError(404, "job: expected the id of a job, got none of the kept ones", { code: "job_not_found" });
    return job;
  };
  app.get("/v1/jobs/:id", async (c) => {
    const job = await jobOf(c);
    return c.json(await jobBody(job, await engine.position(job.id)));
  });
  app.delete("/v1/jobs/:id", async (c) => {
    await engine.cancel((await jobOf(c)).id);
    return c.json(await jobBody(await jobOf(c), undefined));
  });
}

function addModelRoutes(app: Hono, model: ServedModel): void {
  const body = modelBody(model, Math.floor(Date.now() / 1000));
  app.get("/v1/models", (c) => c.json({ object: "list", data: [body] }));
  app.get("/v1/models/:id", (c) => {
    if (c.req.param("id") === model.name) return c.json(body);
    throw new ApiError(404, `model: expected ${model.name}, got another`, { param: "model", code: "model_not_found" });
  });
}

function reply(c: Context, error: ApiError): Response {
  if (error.retryAfter !== undefined) c.header("retry-after", String(error.retryAfter));
  if (error.allow !== undefined) c.header("allow", error.allow);
  if (error.status === 401) c.header("www-authenticate", "Bearer");
  // A body that was not read to its end leaves the connection unusable.
  if (error.status === 408 || error.status === 413) c.header("connection", "close");
  return c.json(error.body(requestIdOf(c)), error.status as 400);
}

async function wait(c: Context, engine: JobEngine, order: Order): Promise<Response> {
  const job = await engine.submit(order, requestIdOf(c));
  const gone = (): void => void engine.cancel(job.id).catch(() => undefined);
  c.req.raw.signal.addEventListener("abort", gone);
  if (c.req.raw.signal.aborted) gone();
  await job.ended;
  c.req.raw.signal.removeEventListener("abort", gone);
  if (job.status !== "done") throw job.error ?? cancelled();
  return c.json(await imagesBody(job));
}

async function later(c: Context, engine: JobEngine, order: Order): Promise<Response> {
  const job = await engine.submit(order, requestIdOf(c));
  const shown = await jobBody(job, await engine.position(job.id));
  return c.json(shown, 202, { location: shown.poll_url, "retry-after": "1" });
}

/** How often a stream that waits looks for its place in the queue: one that is begun at once is never told of one. */
const PLACE_MS = 500;

async function stream(c: Context, engine: JobEngine, order: Order): Promise<Response> {
  const job = await engine.submit(order, requestIdOf(c));
  const pictures = on(job.news, "picture", { close: ["end"] }) as AsyncIterable<[MadePicture]>;
  return streamSSE(c, async (events) => {
    events.onAbort(() => void engine.cancel(job.id).catch(() => undefined));
    const send = (event: StreamEvent) => events.writeSSE({ event: event.type, data: JSON.stringify(event) });
    let place: number | undefined;
    const places = setInterval(async () => {
      if (job.status !== "queued") return clearInterval(places);
      // A place that cannot be told now is told later.
      const position = await engine.position(job.id).catch(() => undefined);
      if (job.status !== "queued" || position === undefined || position === place) return;
      place = position;
      await send(queuedEvent(job.created, position));
    }, PLACE_MS);
    try {
      for await (const [picture] of pictures) await send(await imageEvent(picture, job));
    } finally {
      clearInterval(places);
    }
    if (job.error !== undefined)
      await events.writeSSE({ event: "error", data: JSON.stringify(job.error.body(job.requestId)) });
  });
}

function modelBody({ name, hash, config }: ServedModel, created: number): ModelBody {
  return {
    id: name,
    object: "model",
    created,
    owned_by: "flexvar",
    hash,
    num_classes: config.transformer?.numClasses ?? 0,
    labels: config.id2label,
    groups: config.groups ?? {},
    styles: config.styles ?? [],
    trained_size: config.trainedSide * downsampling(config.tokenizer),
  };
}
