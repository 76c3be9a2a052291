import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startHub, type TestHub } from "../../recipes/lib/hub-server.mjs";
import { type ModelOptions, pullModel } from "./node.ts";

const SIZE = 900_000;
const FILES = {
  "config.json": Buffer.from("{}"),
  "tokenizer.safetensors": Buffer.alloc(5000, 1),
  "transformer.safetensors": Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * i) % 251)),
};

let folder: string;
let hub: TestHub;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "flexvar-full-"));
  hub = await startHub();
});
afterEach(async () => {
  restore();
  await hub.close();
  await fs.rm(folder, { recursive: true });
});

const options = (): ModelOptions => ({
  settings: { endpoint: hub.endpoint, cache: join(folder, "hub"), token: undefined, offline: false },
  imported: join(folder, "models"),
});

function restore(): void {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
}

/** From now on every file that is opened for appending takes about `room` bytes. */
function fillDisk(room: number): void {
  const { open } = fs;
  vi.spyOn(fs, "open").mockImplementation(async (path, flags, mode) => {
    const file = await open(path, flags, mode);
    if (flags !== "a") return file;
    let left = room;
    const write = file.writeFile.bind(file);
    const limited = async (bytes: Uint8Array): Promise<void> => {
      await write(bytes.subarray(0, Math.max(0, left)));
      left -= bytes.length;
      if (left < 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    return Object.assign(file, { writeFile: limited });
  });
  syncBuiltinESMExports();
}

test("a disk that fills up while a model comes: said, nothing half in use, gone on with later", async () => {
  await hub.commit("maker/small", FILES);
  fillDisk(SIZE / 2);
  await expect(pullModel("maker/small", options())).rejects.toThrow(/part: could not be written: the disk is full/);
  const blobs = await fs.readdir(join(folder, "hub", "models--maker--small", "blobs"));
  expect(blobs.filter((name) => !name.includes("part"))).toHaveLength(2);
  restore();
  const before = hub.sent.bytes;
  const got = await pullModel("maker/small", options());
  expect(
    Buffer.compare(await fs.readFile(join(got, "transformer.safetensors")), FILES["transformer.safetensors"]),
  ).toBe(0);
  expect(hub.sent.bytes - before).toBeLessThan(SIZE * 0.6);
});

test("a disk without room is known before the first byte", async () => {
  await hub.commit("maker/small", FILES);
  const { statfs } = fs;
  vi.spyOn(fs, "statfs").mockImplementation((async (path: string) => ({
    ...(await statfs(path)),
    bavail: 1,
    bsize: 4096,
  })) as typeof fs.statfs);
  syncBuiltinESMExports();
  await expect(pullModel("maker/small", options())).rejects.toThrow(
    /part: expected \S+ (bytes|kB) of free disk, got 4\.1 kB$/,
  );
});
