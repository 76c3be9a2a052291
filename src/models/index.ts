/** The two networks. */
export * from "./detect.ts";
export * from "./tokenizer.ts";
export * from "./transformer.ts";
