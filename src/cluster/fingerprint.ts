/** What decides the bytes of a picture beside its settings: machines of one fingerprint draw the same. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";

/** Extensions of x86-64 by which ONNX Runtime chooses among its kernels. */
const EXTENSIONS = [
  "avx",
  "avx2",
  "fma",
  "f16c",
  "avx_vnni",
  "avx512f",
  "avx512bw",
  "avx512_vnni",
  "avx512_bf16",
  "amx_int8",
];

/** @param what the model's hash, the device, the type and ONNX Runtime's version, by name */
export async function fingerprintOf(
  what: Readonly<Record<string, string>>,
): Promise<{ readonly fingerprint: string; readonly about: Readonly<Record<string, string>> }> {
  const about = { ...what, platform: `${process.platform}-${process.arch}`, instructions: await instructions() };
  const text = JSON.stringify(Object.entries(about).sort());
  return { fingerprint: `f${createHash("sha256").update(text).digest("hex").slice(0, 12)}`, about };
}

/** The instruction set where the system tells it, else the processor's name. */
async function instructions(): Promise<string> {
  const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = new Set(/^flags\s*:(.*)$/m.exec(info)?.[1]?.trim().split(" "));
  const known = EXTENSIONS.filter((name) => flags.has(name));
  return known.length > 0 ? known.join(" ") : (cpus()[0]?.model ?? "unknown");
}
