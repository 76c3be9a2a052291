/** The Node face: the hub's cache on disk and what it holds. */
export type { HubProgress } from "./blob.ts";
export * from "./index.ts";
export { type CachedModel, cachedModels, removeModel } from "./inventory.ts";
export { cachedModel, ensureModel, knownNames, type ModelOptions, namesHubModel, pullModel } from "./models.ts";
export { type HubSettings, hubSettings } from "./settings.ts";
export type { DownloadPlan, PullOptions } from "./snapshot.ts";
