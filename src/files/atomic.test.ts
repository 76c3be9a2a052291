import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeLeftovers, writeFileAtomic } from "./atomic.ts";
import { writeErrorMessage } from "./words.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-atomic-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("writeFileAtomic", () => {
  it("writes text, bytes and pieces, making folders", async () => {
    const path = join(folder, "a", "b.bin");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(path, async (target) => {
      await target.write(Uint8Array.of(3));
      await target.write(Uint8Array.of(4, 5));
    });
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    expect(await readdir(join(folder, "a"))).toEqual(["b.bin"]);
  });

  it("leaves the old file and nothing else when the writer fails", async () => {
    const path = join(folder, "state.json");
    await writeFileAtomic(path, "old");
    const failing = writeFileAtomic(path, async (target) => {
      await target.write(Uint8Array.of(1));
      throw new Error("stopped half way");
    });
    await expect(failing).rejects.toThrow("stopped half way");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  it("says in words why it cannot write", async () => {
    await mkdir(join(folder, "taken"));
    await expect(writeFileAtomic(join(folder, "taken"), "x")).rejects.toThrow("a folder has this name");
    await writeFile(join(folder, "file"), "x");
    await expect(writeFileAtomic(join(folder, "file", "y"), "x")).rejects.toThrow("part of the path is a file");
    expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(writeErrorMessage("out/000.png", full)).toBe("out/000.png: could not be written: the disk is full");
  });
});

describe("removeLeftovers", () => {
  it("removes old temporary files only", async () => {
    const leftover = join(folder, ".a.png.0123456789ab.tmp");
    const checkpoint = join(folder, ".step-0000001.safetensors.01234567.tmp");
    for (const path of [leftover, checkpoint, join(folder, ".b.png.0123456789ab.tmp"), join(folder, "c.tmp")])
      await writeFile(path, "");
    for (const path of [leftover, checkpoint]) await utimes(path, new Date(0), new Date(0));
    expect(await removeLeftovers(folder)).toBe(2);
    expect((await readdir(folder)).sort()).toEqual([".b.png.0123456789ab.tmp", "c.tmp"]);
    expect(await removeLeftovers(folder, 0)).toBe(1);
    expect(await removeLeftovers(join(folder, "none"))).toBe(0);
  });
});
