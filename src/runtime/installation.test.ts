import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deviceNames, factsOf } from "./devices.ts";
import { expectDevice, type Installation, installation, presenceOf, presentDevices } from "./installation.ts";

const here = installation();
const native = here.native;

/** An installation on another machine. */
const on = (build: string, backends: readonly string[], hasDownload = false): Installation => ({
  build,
  version: "1.30.0",
  folder: "/somewhere/onnxruntime-node",
  native,
  backends,
  hasDownload,
});

describe("the table of devices and the package", () => {
  const builds = readdirSync(join(here.folder, "bin", "napi-v6")).flatMap((platform) =>
    readdirSync(join(here.folder, "bin", "napi-v6", platform)).map((arch) => `${platform}/${arch}`),
  );

  test("the processor is in every build that the package has", () => {
    expect([...factsOf("cpu").bundled].sort()).toEqual(builds.sort());
  });

  test("CUDA and TensorRT are added where the package's own script does", () => {
    const load = createRequire(import.meta.url);
    const { requirements } = load(join(here.folder, "script", "install-metadata.js")) as {
      requirements: Record<string, string[]>;
    };
    const adding = Object.keys(requirements).filter((build) => requirements[build]!.includes("cuda12"));
    for (const name of ["cuda", "tensorrt"] as const) expect(factsOf(name).added).toEqual(adding);
    expect(existsSync(join(here.folder, "script", "install.js"))).toBe(true);
  });

  test("DirectML is in the builds that carry its library", () => {
    const carrying = builds.filter((build) => existsSync(join(here.folder, "bin", "napi-v6", build, "DirectML.dll")));
    expect([...factsOf("dml").bundled].sort()).toEqual(carrying.sort());
  });

  test("what the table says of this machine's build is what its binding lists", () => {
    const said = deviceNames.filter((name) => {
      const { bundled, added } = factsOf(name);
      return [...bundled, ...added].some((build) => build === here.build);
    });
    expect([...here.backends].sort()).toEqual(said.sort());
  });
});

describe("presence", () => {
  test.each<[string, Installation, string[]]>([
    ["Linux on x64", on("linux/x64", ["cpu", "webgpu", "cuda", "tensorrt"]), ["cpu", "webgpu"]],
    [
      "the same with the download",
      on("linux/x64", ["cpu", "webgpu", "cuda", "tensorrt"], true),
      ["cpu", "cuda", "tensorrt", "webgpu"],
    ],
    ["Windows", on("win32/x64", ["cpu", "dml", "webgpu"]), ["cpu", "dml", "webgpu"]],
    ["macOS on Apple silicon", on("darwin/arm64", ["cpu", "coreml", "webgpu"]), ["cpu", "coreml", "webgpu"]],
    ["no native build", { ...on("darwin/x64", []), native: { problem: "no build" } }, ["cpu"]],
  ])("%s", (_name, at, expected) => {
    expect(presentDevices(at)).toEqual(expected);
  });

  test("a device that is missing is refused with what there is and the command that adds it", () => {
    const at = on("linux/x64", ["cpu", "webgpu", "cuda", "tensorrt"]);
    expect(() => expectDevice("cuda", at)).toThrow(
      "device: expected one of auto, cpu, webgpu (what this installation can open), got cuda (its libraries are not downloaded; this adds it: " +
        'node "/somewhere/onnxruntime-node/script/install.js" --onnxruntime-node-install=cuda12, and it needs an NVIDIA GPU, CUDA 12 and cuDNN 9)',
    );
    expect(() => expectDevice("coreml", at)).toThrow(
      "got coreml (onnxruntime-node 1.30.0 has it on darwin/arm64, not on linux/x64)",
    );
    expect(() => expectDevice("tpu", at)).toThrow("device: expected one of auto, cpu, cuda,");
    expect(presenceOf("cpu", at)).toEqual({ here: true });
  });
});
