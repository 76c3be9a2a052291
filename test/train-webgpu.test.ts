import { swiftShaderGroup } from "./support/swiftshader.ts";

await swiftShaderGroup("training on WebGPU", new URL("./train-webgpu.swiftshader.ts", import.meta.url));
