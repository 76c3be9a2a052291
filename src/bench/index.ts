/** Speed and memory on this machine, as ratios to its own peaks and to a PyTorch peer. */
export * from "./batch-rate.ts";
export * from "./device.ts";
export * from "./run.ts";
export * from "./server-load.ts";
export * from "./server-table.ts";
export * from "./table.ts";
