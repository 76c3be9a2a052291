/** Devices: which there are, trying them, and taking one. */
export * from "./choose.ts";
export * from "./open.ts";
export * from "./probe.ts";
export * from "./remember.ts";
export * from "./self-check.ts";
