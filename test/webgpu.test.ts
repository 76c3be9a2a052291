import { swiftShaderGroup } from "./support/swiftshader.ts";

await swiftShaderGroup("generation on WebGPU", new URL("./webgpu.swiftshader.ts", import.meta.url));
