import { swiftShaderGroup } from "./support/swiftshader.ts";

await swiftShaderGroup("the runtime on WebGPU", new URL("./runtime-webgpu.swiftshader.ts", import.meta.url));
