/** What tries of devices came to, kept in the user's cache: trying takes seconds, and its result changes with the machine only. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { cpus, hostname } from "node:os";
import { join } from "node:path";
import { userCache, writeFileAtomic } from "../files/index.ts";
import { type Installation, installation } from "../runtime/node.ts";
import type { Probe } from "./probe.ts";

/** Changes with what a try does. */
const VERSION = 1;

/** Drivers change without a sign that could be read here. */
const KEPT_MS = 7 * 86_400_000;

interface Kept {
  readonly key: string;
  readonly at: number;
  readonly probes: readonly Probe[];
}

/** What a result depends on: versions, the machine, and what its drivers read of the environment. */
function keyOf({ build, version, hasDownload, backends }: Installation, threads: number | undefined): string {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, CUDA_VISIBLE_DEVICES } = process.env;
  const environment = [VK_ICD_FILENAMES, VK_DRIVER_FILES, CUDA_VISIBLE_DEVICES].map((value) => value ?? null);
  const machine = [hostname(), cpus()[0]?.model ?? null, process.versions.node, threads ?? null];
  const text = JSON.stringify([VERSION, build, version, hasDownload, backends, machine, environment]);
  return createHash("sha256").update(text).digest("hex");
}

const fileIn = (folder: string): string => join(folder, "devices.json");

/** Tries that were kept and still hold. */
export async function rememberedProbes(
  threads: number | undefined,
  folder = userCache(),
): Promise<readonly Probe[] | undefined> {
  try {
    const { key, at, probes } = JSON.parse(await readFile(fileIn(folder), "utf8")) as Kept;
    const age = Date.now() - at;
    return key === keyOf(installation(), threads) && age >= 0 && age < KEPT_MS ? probes : undefined;
  } catch {
    // Missing, unreadable or of another form: devices are tried again.
    return undefined;
  }
}

/** Keeps tries; a cache that cannot be written is no failure. */
export async function rememberProbes(
  probes: readonly Probe[],
  threads: number | undefined,
  folder = userCache(),
): Promise<void> {
  const kept: Kept = { key: keyOf(installation(), threads), at: Date.now(), probes };
  await writeFileAtomic(fileIn(folder), `${JSON.stringify(kept, null, 1)}\n`).catch(() => {});
}
