import { swiftShaderGroup } from "../../test/support/swiftshader.ts";

await swiftShaderGroup("the runtime on WebGPU", new URL("./webgpu.swiftshader.ts", import.meta.url));
