/** The transformer's products in integers: smoothing, what it costs, and model folders that are stored so. */
export * from "./drawn.ts";
export * from "./folder.ts";
export * from "./layers.ts";
export * from "./loss.ts";
