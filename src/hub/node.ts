/** The Node face: the hub's cache on disk and what it holds. */
export type { HubProgress } from "./blob.ts";
export * from "./index.ts";
export { bytesUnder, cachedModels, removeModel } from "./inventory.ts";
export { cachedModel, ensureModel, type ModelOptions, pullModel } from "./models.ts";
export { type HubPlaces, hubPlaces, hubSettings } from "./settings.ts";
export type { DownloadPlan } from "./snapshot.ts";
