/** Models as files: config, labels, weights by name. Platform-neutral; `node.ts` adds folders, import and export. */
export * from "./config.ts";
export * from "./dtype.ts";
export * from "./initialize.ts";
export * from "./labels.ts";
export * from "./weights.ts";
