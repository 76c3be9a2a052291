/** The HTTP API: requests to jobs, jobs to one model. */
export { createServerApp, type ServerApp, type ServerOptions } from "./app.ts";

export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { type Listening, listen } from "./listen.ts";
export { LOG_LEVELS, type LogLevel, type ServerLog, stderrLog } from "./log.ts";
export { type Claim, type JobQueue, memoryQueue, type QueuedJob } from "./queue.ts";
export { type RendererEnd, remoteRenderer, serveRenderer } from "./remote.ts";
export {
  type Calibration,
  type DrawBatch,
  type DrawRow,
  type EditWork,
  type LargeWork,
  localRenderer,
  type MadePng,
  type MadeScale,
  type Renderer,
} from "./renderer.ts";
export type { ServedModel } from "./requests.ts";
