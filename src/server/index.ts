/** The HTTP API: requests to jobs, jobs to one model. */
export { batchSizes, createServerApp, type ServerApp, type ServerOptions } from "./app.ts";
export { pictureBytes } from "./base64.ts";
export { type Allowance, type CallerBooks, type CallerOptions, memoryBooks, taken } from "./callers.ts";
export type { ClusterState, QueueState } from "./cluster-state.ts";
export {
  type CallKind,
  type EngineContext,
  formOf,
  type JobEngine,
  type JobForm,
  type JobState,
  type MadePicture,
  type OpenJob,
  type Order,
  type Work,
} from "./engine.ts";
export { ApiError, cancelled, queueFull, stopped, toApiError, tooLate } from "./errors.ts";
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
export { generationWork } from "./request-draw.ts";
export { editWork } from "./request-edit.ts";
export type { ServedModel } from "./request-sampling.ts";
export { worthOf } from "./worth.ts";
