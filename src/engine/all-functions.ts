/** All tensor functions in one namespace. */
export * from "./convolution.ts";
export * from "./functions.ts";
