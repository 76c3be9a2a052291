/** The two networks, and the helpers that training looks at pictures with. */
export * from "./detect.ts";
export * from "./discriminator.ts";
export * from "./lpips.ts";
export * from "./quantized.ts";
export * from "./tokenizer.ts";
export * from "./transformer.ts";
export * from "./transformer-params.ts";
