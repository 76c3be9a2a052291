/** ONNX Runtime sessions. The platform's entry is `node.ts` in Node and `web.ts` in browsers. */
export * from "./devices.ts";
export * from "./mutex.ts";
export * from "./runtime.ts";
