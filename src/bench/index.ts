/** Speed and memory on this machine, as ratios to its own peaks and to a PyTorch peer. */
export * from "./run.ts";
export * from "./table.ts";
